"""The words people agree to, by kind and version. A version that was ever shown is never changed:
add the next.

`{operator}` and `{phone}` stand for the compound's property company and its service centre; `filled` puts
them in. Sources: 个人信息保护法 articles 14, 17, 23, 28 to 31, 47; 人脸识别技术应用安全管理办法 (2025)
articles 4 to 10; 法释〔2021〕15号 article 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables.people import ConsentText


class ConsentKind(StrEnum):
    """Asked and withdrawn separately."""

    FACE = "face"  # describing the face and comparing it at this compound's gates
    CENTRAL = "central"  # keeping the template on the compound's server
    INTERNET = "internet"  # sending the template to a gate over the Internet


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of one kind, in both languages."""

    kind: ConsentKind
    version: int
    zh: str
    en: str


_FACE_ZH: Final = """人脸信息处理单独同意书（刷脸通行）

个人信息处理者：{operator}，联系电话：{phone}。

一、处理目的：仅用于核验您本人进出本小区出入口的身份。不用于考勤、营销、画像，也不推断年龄、性别、情绪。

二、处理方式：拍摄或上传一张照片，由本小区服务器提取人脸特征值，原始照片在提取完成后立即删除。您走近门口时\
，设备现场提取特征值与名单比对；未匹配的人脸特征值不保存。特征值加密保存，不对外提供，不公开。

三、信息种类与必要性：人脸特征值属于敏感个人信息，一旦泄露难以更改，可能影响您的人身、财产安全，因此我们只\
保存特征值、逐人加密、限制访问，并记录每一次查阅。刷脸只是通行方式之一，并非必需。

四、保存期限：至您撤回同意或不再居住、工作于本小区时止。届时服务器立即删除，联网的门口设备随即删除；断网的\
设备最迟七日后停止使用旧名单。通行记录保存三十日。同意与删除的凭证保存三年。

五、您的权利：您可以随时查阅、复制、更正、删除您的信息，要求我们解释处理规则，撤回同意，或向网信、公安等部\
门投诉。

六、撤回方式：到服务中心当面办理，或拨打上述电话。撤回与同意一样方便，撤回前已完成的处理不受影响。

七、不同意没有任何不利后果：您可以使用二维码、密码或门禁卡，在同样的出入口、同样的时间通行，不另收费，服务\
不打折扣。

八、不满十四周岁的，须由父母或者其他监护人同意。

我已阅读并理解以上内容，自愿、单独同意处理我的人脸信息用于刷脸通行。"""

_FACE_EN: Final = """Separate consent to the processing of face information (passing by face)

Who processes it: {operator}, telephone {phone}.

1. Purpose: only to check that you are yourself at the entrances of this compound. Not for attendance, \
marketing or profiling; age, sex and emotions are never inferred.

2. How: one photo is taken or uploaded, the compound's server makes a face template from it, and the \
photo is deleted as soon as that is done. When you come near a gate, the gate makes a template on the \
spot and compares it with its list; a template that matches nobody is not kept. Templates are encrypted, \
given to nobody else, and not published.

3. What kind, and why it matters: a face template is sensitive personal information. If it leaked it \
could hardly be changed, and your safety or property might suffer. So we keep the template only, under a \
key of your own, restrict who can reach it, and record each time it is looked up. Passing by face is one \
way among several, never necessary.

4. For how long: until you withdraw, or no longer live or work here. The server then deletes it at once \
and so do the gates that are connected; a gate that is cut off stops using its old list after seven days \
at the latest. Passages are kept for thirty days, proof of consent and of deletion for three years.

5. Your rights: at any time you may see, copy, correct and delete your information, have the rules \
explained, withdraw, or complain to the cyberspace or public security authorities.

6. How to withdraw: at the service centre, or by the telephone above. It is as easy as agreeing was; what \
was done before remains lawful.

7. Declining costs nothing: QR code, PIN or card open the same entrances at the same hours, free of \
charge and with the same service.

8. For somebody under fourteen a parent or other guardian must consent.

I have read and understood this, and agree of my own free will, separately, to the processing of my face \
information for passing by face."""

_CENTRAL_ZH: Final = """人脸特征值集中保存单独同意书

个人信息处理者：{operator}，联系电话：{phone}。

一、目的：在本小区服务器上加密保存您的人脸特征值，以便门口设备更换、断电或新增后，无需您再次拍照即可继续刷\
脸通行。

二、方式：特征值与您的姓名分开存放，使用您专属的密钥加密；只发送给您有权通行的门口设备，且只有该设备能够解\
密。网页、日志、导出文件和其他备份中均不含可读的特征值。

三、影响：集中保存可能增加泄露的风险，我们以逐人加密、分开存放、限制访问来降低这一风险。

四、保存期限：至您撤回本同意、撤回人脸信息处理同意，或不再居住、工作于本小区时止；届时立即删除特征值并销毁\
您的密钥，备份中的副本随之无法读取。

五、权利与撤回方式：您可以随时查阅、更正、删除或撤回同意，到服务中心当面办理，或拨打上述电话，与同意一样方\
便。

六、不同意没有任何不利后果：本系统目前需要集中保存才能启用刷脸；不同意的，您可以使用二维码、密码或门禁卡，\
在同样的出入口、同样的时间通行，不另收费。

我已阅读并理解以上内容，自愿、单独同意在本小区服务器上保存我的人脸特征值。"""

_CENTRAL_EN: Final = """Separate consent to keeping the face template centrally

Who processes it: {operator}, telephone {phone}.

1. Purpose: to keep your face template, encrypted, on the compound's server, so that when a gate is \
replaced, loses power or is added you can go on passing by face without another photo.

2. How: the template lies apart from your name, under a key that is yours alone. It is sent only to gates \
that you may pass, and only that gate can decrypt it. Pages, logs, exports and other backups hold no \
readable template.

3. What it means for you: keeping templates in one place may raise the risk of a leak. Separate keys, \
separate places and restricted access lower it.

4. For how long: until you withdraw this consent or the one to face processing, or no longer live or work \
here. The template is then deleted at once and your key destroyed, so that copies in backups become \
unreadable.

5. Rights and withdrawal: at any time you may see, correct or delete your information or withdraw, at the \
service centre or by the telephone above, as easily as you agreed.

6. Declining costs nothing: at present this system needs the central copy to pass you by face; without it \
you pass by QR code, PIN or card, at the same entrances and hours, free of charge.

I have read and understood this, and agree of my own free will, separately, to keeping my face template \
on the compound's server."""

_INTERNET_ZH: Final = """人脸特征值经互联网传输单独同意书

个人信息处理者：{operator}，联系电话：{phone}。

一、目的：当门口设备与小区服务器不在同一局域网时，经互联网把您的人脸特征值传送到该设备，使您能在该门口刷脸\
通行。

二、方式：仅传送特征值，不传送照片和姓名；传输前以该设备专用的密钥加密，并使用加密连接；接收方只有本小区的\
门口设备，不提供给任何其他单位或个人，不向境外提供。

三、影响：经互联网传输可能增加被截获的风险；因内容只有该设备能够解密，截获者无法读取。

四、保存期限：除等待设备取走的加密名单外，服务器不留存传输内容；门口设备上的特征值在您撤回同意或不再居住、\
工作于本小区时删除，断网的设备最迟七日后停止使用旧名单。

五、权利与撤回方式：您可以随时查阅、更正、删除或撤回同意，到服务中心当面办理，或拨打上述电话，与同意一样方\
便。

六、不同意没有任何不利后果：局域网内的门口照常刷脸；其余门口您可以使用二维码、密码或门禁卡，同样的时间，不\
另收费。

我已阅读并理解以上内容，自愿、单独同意经互联网向本小区门口设备传输我的人脸特征值。"""

_INTERNET_EN: Final = """Separate consent to sending the face template over the Internet

Who processes it: {operator}, telephone {phone}.

1. Purpose: where a gate is not on the same local network as the compound's server, to send your face \
template to it over the Internet, so that you can pass by face there.

2. How: only the template is sent, no photo and no name. It is encrypted for that one gate before it \
leaves, and goes over an encrypted connection. Only gates of this compound receive it; it is given to \
nobody else and never abroad.

3. What it means for you: what travels over the Internet may be intercepted. As only that gate can \
decrypt it, nobody who does so can read it.

4. For how long: beside the encrypted list waiting to be fetched the server keeps nothing of the \
transfer; the gate deletes the template when you withdraw or no longer live or work here, and a gate that \
is cut off stops using its old list after seven days at the latest.

5. Rights and withdrawal: at any time you may see, correct or delete your information or withdraw, at the \
service centre or by the telephone above, as easily as you agreed.

6. Declining costs nothing: gates on the local network still know your face; at the others you pass by QR \
code, PIN or card, at the same hours, free of charge.

I have read and understood this, and agree of my own free will, separately, to sending my face template \
over the Internet to this compound's gates."""

WORDINGS: Final = (
    Wording(ConsentKind.FACE, 1, _FACE_ZH, _FACE_EN),
    Wording(ConsentKind.CENTRAL, 1, _CENTRAL_ZH, _CENTRAL_EN),
    Wording(ConsentKind.INTERNET, 1, _INTERNET_ZH, _INTERNET_EN),
)


def ensure_consent_texts(session: Session, now: datetime, wordings: Sequence[Wording] = WORDINGS) -> None:
    """Adds the versions that the register does not have; those it has stay as they were agreed to."""
    known = {(kind, version) for kind, version in session.execute(_KNOWN)}
    for each in wordings:
        if (each.kind.value, each.version) not in known:
            session.add(
                ConsentText(
                    kind=each.kind.value, text_version=each.version, zh=each.zh, en=each.en, added_at=now
                )
            )
    session.flush()


def current_text(session: Session, kind: ConsentKind) -> ConsentText | None:
    """The newest version of a kind: the one to show. None before `ensure_consent_texts` ran."""
    newest = select(ConsentText).where(ConsentText.kind == kind.value)
    return session.scalars(newest.order_by(ConsentText.text_version.desc()).limit(1)).first()


def filled(text: str, operator: str, phone: str) -> str:
    """The text as a person reads it."""
    return text.replace("{operator}", operator).replace("{phone}", phone)


_KNOWN = select(ConsentText.kind, ConsentText.text_version)
