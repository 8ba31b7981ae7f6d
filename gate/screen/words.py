"""What the screen says, Chinese first: two words and one line of remedy for every code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.words import Outcome, Reason


class Shape(StrEnum):
    """Colour and shape of an answer; never colour alone."""

    OPEN = "open"  # ●
    REFUSED = "refused"  # ▲
    ASK = "ask"  # ◆


class Condition(StrEnum):
    """What is the matter with the gate itself, for as long as it is."""

    CAMERA_LOST = "camera_lost"
    NO_RECORD = "no_record"
    JOURNAL_NEARLY_FULL = "journal_nearly_full"
    ROSTER_MISSING = "roster_missing"
    ROSTER_STALE = "roster_stale"
    NO_CLOCK = "no_clock"
    FIRE = "fire"
    LOCK_DOWN = "lock_down"
    HELD_OPEN = "held_open"
    DEMONSTRATION = "demonstration"


class Prompt(StrEnum):
    """What whoever stands before the camera is asked to do."""

    FACE = "face"
    SIGNS = "signs"  # of life, where both are waited for


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in both languages."""

    zh: str
    en: str


PROMPTS: Final[Mapping[Prompt, Line]] = {
    Prompt.FACE: Line("请正对摄像头", "Please face the camera"),
    Prompt.SIGNS: Line("请左右转头，再慢慢眨眼", "Turn your head, then blink slowly"),
}


@dataclass(frozen=True, slots=True)
class Saying:
    """Two words and a remedy, in one language."""

    word: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Words:
    """The same answer in both languages."""

    zh: Saying
    en: Saying


def _words(zh: tuple[str, str], en: tuple[str, str]) -> Words:
    return Words(Saying(*zh), Saying(*en))


GRANTED: Final = _words(("请进", "门已打开"), ("Welcome", "The door is open"))

# Block list, look-alike and doubt share neutral texts: a bystander learns nothing about the person.
REASONS: Final[Mapping[Reason, Words]] = {
    Reason.UNKNOWN: _words(
        ("未能识别", "请使用二维码或密码，或联系门岗"),
        ("Not recognised", "Use a QR code or a PIN, or ask the guard desk"),
    ),
    Reason.AMBIGUOUS: _words(
        ("请再验证", "请使用二维码或密码"),
        ("One more step", "Please use a QR code or a PIN"),
    ),
    Reason.POOR_QUALITY: _words(
        ("看不清楚", "请走近一些，正对摄像头"),
        ("Not clear", "Step closer and face the camera"),
    ),
    Reason.NOT_LIVE: _words(
        ("未能确认", "请正对摄像头，或使用二维码、密码"),
        ("Not confirmed", "Face the camera, or use a QR code or a PIN"),
    ),
    Reason.NO_RIGHTS: _words(
        ("不可通行", "请联系门岗或物业服务中心"),
        ("No access", "Please ask the guard desk or the service centre"),
    ),
    Reason.NOT_NOW: _words(
        ("时段不符", "当前时段不可通行，请联系物业服务中心"),
        ("Not now", "Not valid at this time: ask the service centre"),
    ),
    Reason.STALE_RIGHTS: _words(
        ("暂停识别", "本门离线过久，请联系门岗"),
        ("Out of date", "This gate was offline too long: ask the guard desk"),
    ),
    Reason.TOO_EARLY: _words(
        ("尚未生效", "请在通行证开始时间之后再来"),
        ("Too early", "Come back once the pass has begun"),
    ),
    Reason.EXPIRED: _words(
        ("通行证已过期", "请联系邀请人重新发送"),
        ("Pass expired", "Ask your host for a new one"),
    ),
    Reason.SPENT: _words(
        ("次数已用完", "请联系邀请人重新发送"),
        ("Pass used up", "Ask your host for a new one"),
    ),
    Reason.CANCELLED: _words(
        ("通行证已取消", "请联系邀请人或门岗"),
        ("Pass cancelled", "Ask your host or the guard desk"),
    ),
    Reason.FORGED: _words(
        ("通行码无效", "请打开邀请链接，出示其中的二维码"),
        ("Code not valid", "Open your invitation and show its QR code"),
    ),
    Reason.WRONG_GATE: _words(
        ("不是此门", "请到通行证上写明的门"),
        ("Other gate", "Please go to the gate named on the pass"),
    ),
    Reason.UNCONFIRMED: _words(
        ("暂不能确认", "网络中断，请联系门岗"),
        ("Not confirmed", "The network is down: ask the guard desk"),
    ),
    Reason.WRONG_PIN: _words(
        ("密码不符", "请核对房号与密码后再试"),
        ("PIN not right", "Check room and PIN, then try again"),
    ),
    Reason.LOCKED_OUT: _words(
        ("请稍候", "输入次数过多，请稍后再试或联系门岗"),
        ("Please wait", "Too many tries: wait a little or ask the guard desk"),
    ),
    Reason.NO_CLOCK: _words(
        ("时间未校准", "请联系门岗"),
        ("Clock not set", "Please ask the guard desk"),
    ),
    Reason.NO_RECORD: _words(
        ("暂不能开门", "无法记录通行，请联系门岗"),
        ("Cannot open", "Nothing can be recorded: ask the guard desk"),
    ),
    Reason.DOOR_FAULT: _words(
        ("门未应答", "请联系门岗"),
        ("Door fault", "Please ask the guard desk"),
    ),
    Reason.LOCK_DOWN: _words(
        ("暂停通行", "请听从门岗指引"),
        ("Closed now", "Please follow the guard's directions"),
    ),
    Reason.FIRE: _words(
        ("门已打开", "请从此门离开"),
        ("Door open", "Please leave through this door"),
    ),
}

CONDITIONS: Final[Mapping[Condition, Words]] = {
    Condition.CAMERA_LOST: _words(
        ("摄像头无画面", "请使用密码，或联系门岗"),
        ("Camera lost", "Use a PIN, or ask the guard desk"),
    ),
    Condition.NO_RECORD: _words(
        ("无法记录通行", "门暂不能打开，请联系门岗"),
        ("No record possible", "The door stays shut: please call the guard desk"),
    ),
    Condition.JOURNAL_NEARLY_FULL: _words(
        ("通行记录将满", "请门岗通知物业"),
        ("Record nearly full", "Guard desk: please tell the property office"),
    ),
    Condition.ROSTER_MISSING: _words(
        ("尚未收到名单", "暂不能识别，请联系门岗"),
        ("No roster yet", "Nobody is known here yet: ask the guard desk"),
    ),
    Condition.ROSTER_STALE: _words(
        ("名单已过期", "本门离线过久，请联系门岗"),
        ("Roster out of date", "This gate was offline too long: ask the guard desk"),
    ),
    Condition.NO_CLOCK: _words(
        ("时间未校准", "暂不接受通行证，请联系门岗"),
        ("Clock not set", "Passes are not taken now: ask the guard desk"),
    ),
    Condition.FIRE: _words(
        ("门已打开", "请从此门离开"),
        ("Door open", "Please leave through this door"),
    ),
    Condition.LOCK_DOWN: _words(
        ("暂停通行", "请听从门岗指引，出口保持畅通"),
        ("Closed now", "Please follow the guard's directions. The way out stays open"),
    ),
    Condition.HELD_OPEN: _words(
        ("门已打开", "请直接通行"),
        ("Door open", "Please walk through"),
    ),
    Condition.DEMONSTRATION: _words(
        ("演示", "画面由静态照片合成，非真人通行"),
        ("Demonstration", "This clip is made of still pictures, not of people passing"),
    ),
}


def words_for(outcome: Outcome, reason: Reason | None) -> Words:
    """What to say to the person; a grant is a welcome whatever remark its record carries."""
    if reason is None or (outcome is Outcome.GRANTED and reason is not Reason.FIRE):
        return GRANTED
    return REASONS[reason]


def shape_of(outcome: Outcome) -> Shape:
    """The shape an answer takes."""
    return {Outcome.GRANTED: Shape.OPEN, Outcome.ASKED: Shape.ASK, Outcome.DENIED: Shape.REFUSED}[outcome]
