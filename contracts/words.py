"""Codes both sides share. People read catalogue text made from them, never the codes themselves."""

from enum import StrEnum


class Outcome(StrEnum):
    """What came of one attempt to pass."""

    GRANTED = "granted"
    DENIED = "denied"
    ASKED = "asked"  # a second credential was asked for; the attempt that brings it is a passage of its own


class Reason(StrEnum):
    """Why a passage was not a plain grant, or what opened the door without a credential."""

    # Face
    UNKNOWN = "unknown"  # nobody in this gate's gallery is near enough
    AMBIGUOUS = "ambiguous"  # two people are near, or a known look-alike: a second credential decides
    POOR_QUALITY = "poor_quality"  # too small, dark, blurred or turned for a template
    NOT_LIVE = "not_live"  # a picture of a face rather than a face
    # Rights
    NO_RIGHTS = "no_rights"  # known, but not for this gate
    NOT_NOW = "not_now"  # known, but not at this hour
    STALE_RIGHTS = "stale_rights"  # the gate's roster is older than its lease
    # Passes and PINs
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    SPENT = "spent"
    CANCELLED = "cancelled"
    FORGED = "forged"  # not signed by this compound, or changed since
    WRONG_GATE = "wrong_gate"
    UNCONFIRMED = "unconfirmed"  # cut off from the server, and not the pass's home gate
    WRONG_PIN = "wrong_pin"
    LOCKED_OUT = "locked_out"  # too many wrong tries
    # The gate itself
    NO_CLOCK = "no_clock"  # no trusted time, so no window can be judged
    NO_RECORD = "no_record"  # the journal cannot be written; granted: the way out, recorded afterwards
    DOOR_FAULT = "door_fault"  # the relay did not answer
    LOCK_DOWN = "lock_down"
    FIRE = "fire"


class Method(StrEnum):
    """What was shown to the gate."""

    FACE = "face"
    PIN = "pin"
    QR = "qr"
    CARD = "card"
    GUARD = "guard"
    EXIT = "exit"


class Direction(StrEnum):
    """Which way a gate lets people through."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class GateStatus(StrEnum):
    """What a gate's state topic says."""

    ONLINE = "online"
    OFFLINE = "offline"  # the will, or a clean stop


class DoorState(StrEnum):
    """What a gate knows of its door."""

    SHUT = "shut"
    OPEN = "open"
    FAULT = "fault"
    UNKNOWN = "unknown"  # no contact sensor


class CameraState(StrEnum):
    """Whether pictures arrive."""

    SEEING = "seeing"
    LOST = "lost"


class AlarmKind(StrEnum):
    """What needs a person's attention; alarms share the passages' chain."""

    JOURNAL_OPENED = "journal_opened"  # first link of an epoch: names its parent
    JOURNAL_NEARLY_FULL = "journal_nearly_full"
    EXIT_UNRECORDED = "exit_unrecorded"  # the way out was opened while the journal could not be written
    LINKS_GONE = "links_gone"  # the server asked for links that this gate no longer holds
    PULSE_UNKNOWN = "pulse_unknown"  # a crash between record and relay: it may have opened
    DOOR_FAULT = "door_fault"
    CAMERA_LOST = "camera_lost"
    CAMERA_BACK = "camera_back"
    LOCKOUT = "lockout"
    SPOOF = "spoof"
    CLOCK = "clock"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    TAMPER = "tamper"
    DURESS = "duress"
    FIRE = "fire"  # the wired input: lock power is cut in hardware, software only learns of it
    FIRE_OVER = "fire_over"
    LOCK_DOWN = "lock_down"
    HOLD_OPEN = "hold_open"
    RELEASED = "released"  # a lock-down or hold-open has ended
