"""`kaimen gate join CODE`: a box makes its keys, asks to be a gate, and is one once a second person has said so."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from admin.security.keys import load_sealing_key, make_sealing_key, write_private
from contracts.join import (
    PURPOSE,
    Admission,
    JoinAnswerV1,
    JoinCode,
    JoinRequestV1,
    Newcomer,
    ProvenV1,
    open_proven,
    read_code,
    request,
    shown,
)
from contracts.sealing import NotForUs, unseal
from contracts.wire import WireError
from kaimen.gatefile import Box, Broker, Camera, GateFile, Keys, Server
from kaimen.joinline import JoinLine
from kaimen.state import CannotStart
from kaimen.weights import weights_folder

COMPARE: Final = (
    "请第二位工作人员在“门”页面核对以上数字并确认。\n"
    "A second person compares these figures on the gates page and confirms. Waiting …"
)


@dataclass(frozen=True, slots=True)
class JoinOptions:
    """What was typed after `kaimen gate join`. `wait_s` is how long to wait for the second person."""

    code: str
    folder: Path
    camera: str
    screen_port: int
    wait_s: float

    @property
    def box(self) -> Box:
        return Box(Camera(self.camera), self.folder.resolve() / "data", weights_folder(), self.screen_port)


@dataclass(frozen=True, slots=True)
class BoxFolder:
    """Names of everything that a joined box keeps; secrets readable by their owner alone."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "gate.toml"

    @property
    def asked(self) -> Path:
        """The request as sent: the same bytes again ask how far it has come, also after a power cut."""
        return self.root / "join.request"

    def key(self, name: str) -> Path:
        return self.root / "keys" / name


def join(options: JoinOptions, say: Callable[[str], None]) -> Path:
    """The path of gate.toml, once all is written. Raises CannotStart with the remedy; may be run again as it was."""
    folder = BoxFolder(options.folder.resolve())
    if folder.settings.exists():
        raise CannotStart(f"{folder.root} already holds a gate. Use another folder: --state DIR")
    try:
        code = read_code(options.code)
    except WireError as wrong:
        raise CannotStart(f"This is no usable code ({wrong}). Copy it whole from the gates page.") from None
    with JoinLine(code) as line:
        asked = _asked(code, folder)
        line.ask(asked)
        say(f"\n  {shown(asked.fingerprint)}\n")
        say(COMPARE)
        admission = _opened(line.admitted(asked, options.wait_s), code, folder)
        _check(admission, line.authority, folder)
        _keep(folder, admission, code, options.box, line.authority)
    folder.asked.unlink()
    return folder.settings


def _asked(code: JoinCode, folder: BoxFolder) -> JoinRequestV1:
    """The request of before where the same code is typed again, else a new one with this box's keys."""
    try:
        before = JoinRequestV1.decode(folder.asked.read_bytes())
        if before.newcomer().code == code.lookup:
            return before
    except (FileNotFoundError, WireError):
        pass
    made = request(_newcomer(code, folder), code.key)
    write_private(folder.asked, made.encode())
    return made


def _newcomer(code: JoinCode, folder: BoxFolder) -> Newcomer:
    own, tls = folder.key("gate.key"), folder.key("tls.key")
    make_sealing_key(own, folder.key("gate.pub"))
    if not tls.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        write_private(tls, pem)
    public = load_sealing_key(own).public_key().public_bytes_raw()
    return Newcomer(code=code.lookup, seal_key=b64encode(public).decode(), csr=_csr(_tls_key(folder)))


def _csr(key: ec.EllipticCurvePrivateKey) -> str:
    """The authority names the certificate itself; what is asked for here says only who asks."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kaimen gate")])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def _tls_key(folder: BoxFolder) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(folder.key("tls.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CannotStart(f"{folder.key('tls.key')} is not this box's key. Use an empty folder: --state DIR")
    return key


def _opened(answer: JoinAnswerV1, code: JoinCode, folder: BoxFolder) -> Admission:
    """What only this box can read and only whoever knows the code can have written."""
    try:
        content = unseal(load_sealing_key(folder.key("gate.key")), PURPOSE, b64decode(answer.sealed or ""))
        return open_proven(ProvenV1.decode(content), Admission, code.key)
    except (NotForUs, WireError):
        raise CannotStart(
            "The answer was not made for this box and this code: nothing was written."
        ) from None


def _check(admission: Admission, authority: bytes | None, folder: BoxFolder) -> None:
    """TLS only with a certificate that the authority signed for this box's own key."""
    if not admission.broker.tls:
        return
    fault = CannotStart(
        "The certificate in the answer is not this box's: nothing was written. Tell the operator."
    )
    if authority is None or admission.certificate is None:
        raise fault
    try:
        own = x509.load_pem_x509_certificate(admission.certificate.encode())
        own.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, InvalidSignature):
        raise fault from None
    if own.public_key() != _tls_key(folder).public_key():
        raise fault


def _keep(folder: BoxFolder, admission: Admission, code: JoinCode, box: Box, authority: bytes | None) -> None:
    """Secrets first, the settings that name them last: a power cut between leaves no half gate."""
    write_private(folder.key("credential.secret"), admission.credential.encode())
    write_private(folder.key("broker.secret"), admission.broker.password.encode())
    if authority is not None:
        write_private(folder.key("ca.crt"), authority)
    if admission.certificate is not None:
        write_private(folder.key("tls.crt"), admission.certificate.encode())
    tls = admission.broker.tls
    broker = Broker(
        host=admission.broker.host,
        port=admission.broker.port,
        user=admission.broker.user,
        password_file=folder.key("broker.secret"),
        ca_file=folder.key("ca.crt") if tls else None,
        certificate_file=folder.key("tls.crt") if tls else None,
        key_file=folder.key("tls.key") if tls else None,
    )
    server = Server(code.url, folder.key("credential.secret"), folder.key("ca.crt") if authority else None)
    GateFile(
        gate=admission.gate,
        compound=admission.compound,
        direction=admission.direction,
        liveness=admission.liveness,
        box=box,
        server=server,
        broker=broker,
        keys=Keys(folder.key("gate.key"), admission.receipt, admission.manifest, admission.order),
    ).write(folder.settings)
