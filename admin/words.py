"""What people read for each code. Codes themselves are never shown."""

from enum import StrEnum
from typing import Final

from admin.catalogue import say_later as _l
from admin.db.consent_texts import ConsentKind
from admin.db.tables.confusions import ConfusedBy
from admin.security.permissions import Role
from contracts.words import AlarmKind, CameraState, Direction, DoorState, GateStatus, Method, Outcome, Reason

OUTCOMES: Final[dict[Outcome, str]] = {
    Outcome.GRANTED: _l("Let in"),
    Outcome.DENIED: _l("Not let in"),
    Outcome.ASKED: _l("Asked for more"),
}
REASONS: Final[dict[Reason, str]] = {
    Reason.UNKNOWN: _l("Face not enrolled here"),
    Reason.AMBIGUOUS: _l("Face too much like another"),
    Reason.POOR_QUALITY: _l("Face not seen clearly"),
    Reason.NOT_LIVE: _l("A picture, not a person"),
    Reason.NO_RIGHTS: _l("No right at this gate"),
    Reason.NOT_NOW: _l("Not at this hour"),
    Reason.STALE_RIGHTS: _l("The gate's list is out of date"),
    Reason.TOO_EARLY: _l("The pass has not begun"),
    Reason.EXPIRED: _l("The pass has ended"),
    Reason.SPENT: _l("The pass is used up"),
    Reason.CANCELLED: _l("The pass was cancelled"),
    Reason.FORGED: _l("Not a pass of this compound"),
    Reason.WRONG_GATE: _l("The pass is for another gate"),
    Reason.UNCONFIRMED: _l("The pass could not be confirmed"),
    Reason.WRONG_PIN: _l("Room or PIN is wrong"),
    Reason.LOCKED_OUT: _l("Too many wrong tries"),
    Reason.NO_CLOCK: _l("The gate does not know the time"),
    Reason.NO_RECORD: _l("The gate could not record"),
    Reason.DOOR_FAULT: _l("The door did not answer"),
    Reason.LOCK_DOWN: _l("Locked down"),
    Reason.FIRE: _l("Fire: the doors are open"),
}
REMEDIES: Final[dict[Reason, str]] = {
    Reason.UNKNOWN: _l("Use a QR code or a PIN, or enrol at the property office."),
    Reason.AMBIGUOUS: _l("Use a QR code or a PIN as well."),
    Reason.POOR_QUALITY: _l("Face the camera from one step nearer, with light on the face."),
    Reason.NOT_LIVE: _l("Face the camera yourself, or use a PIN."),
    Reason.NO_RIGHTS: _l("Use the gate of the own building, or ask the property office."),
    Reason.NOT_NOW: _l("Come at the agreed hours, or ask the guard desk."),
    Reason.STALE_RIGHTS: _l("Ask the guard desk; the gate has been without network for long."),
    Reason.TOO_EARLY: _l("Come when the pass begins, or ask the host for an earlier one."),
    Reason.EXPIRED: _l("Ask the host for a new pass."),
    Reason.SPENT: _l("Ask the host for a new pass."),
    Reason.CANCELLED: _l("Ask the host."),
    Reason.FORGED: _l("Open the link the host sent and show its code."),
    Reason.WRONG_GATE: _l("Go to the gate named on the pass."),
    Reason.UNCONFIRMED: _l("Go to the gate named first on the pass, or ask the guard desk."),
    Reason.WRONG_PIN: _l("Check the room and the PIN, and try again."),
    Reason.LOCKED_OUT: _l("Wait a few minutes, or ask the guard desk."),
    Reason.NO_CLOCK: _l("Use a face or a card, or ask the guard desk."),
    Reason.NO_RECORD: _l("Ask the guard desk; the gate needs service."),
    Reason.DOOR_FAULT: _l("Ask the guard desk; the door needs service."),
    Reason.LOCK_DOWN: _l("Follow the guard's directions. The way out stays open."),
    Reason.FIRE: _l("Leave by the nearest way out."),
}
METHODS: Final[dict[Method, str]] = {
    Method.FACE: _l("Face"),
    Method.PIN: _l("PIN"),
    Method.QR: _l("QR code"),
    Method.CARD: _l("Card"),
    Method.GUARD: _l("Opened by the guard"),
    Method.EXIT: _l("Exit button"),
}
DIRECTIONS: Final[dict[Direction, str]] = {
    Direction.IN: _l("Way in"),
    Direction.OUT: _l("Way out"),
    Direction.BOTH: _l("Both ways"),
}
GATE_STATUSES: Final[dict[GateStatus, str]] = {
    GateStatus.ONLINE: _l("Connected"),
    GateStatus.OFFLINE: _l("Not connected"),
}
DOORS: Final[dict[DoorState, str]] = {
    DoorState.SHUT: _l("Door shut"),
    DoorState.OPEN: _l("Door open"),
    DoorState.FAULT: _l("Door fault"),
    DoorState.UNKNOWN: _l("Door not watched"),
}
CAMERAS: Final[dict[CameraState, str]] = {
    CameraState.SEEING: _l("Camera works"),
    CameraState.LOST: _l("Camera lost"),
}
ALARMS: Final[dict[AlarmKind, str]] = {
    AlarmKind.JOURNAL_OPENED: _l("The gate began a new journal"),
    AlarmKind.JOURNAL_NEARLY_FULL: _l("The gate's journal is nearly full"),
    AlarmKind.EXIT_UNRECORDED: _l("People left by the exit button while the gate could not record"),
    AlarmKind.LINKS_GONE: _l("The gate lost a part of its record"),
    AlarmKind.PULSE_UNKNOWN: _l("Unclear whether the door opened"),
    AlarmKind.DOOR_FAULT: _l("The door does not answer"),
    AlarmKind.CAMERA_LOST: _l("The camera is lost"),
    AlarmKind.CAMERA_BACK: _l("The camera is back"),
    AlarmKind.LOCKOUT: _l("Many wrong tries in a row"),
    AlarmKind.SPOOF: _l("Somebody showed a picture of a face"),
    AlarmKind.CLOCK: _l("The gate's clock is not to be trusted"),
    AlarmKind.FORCED: _l("The door was forced"),
    AlarmKind.HELD_OPEN: _l("The door was held open"),
    AlarmKind.TAMPER: _l("The gate box was opened"),
    AlarmKind.DURESS: _l("Somebody asks for help in silence"),
    AlarmKind.FIRE: _l("Fire: the door is open"),
    AlarmKind.FIRE_OVER: _l("The fire signal has ended"),
    AlarmKind.LOCK_DOWN: _l("The gate is locked down"),
    AlarmKind.HOLD_OPEN: _l("The door is held open"),
    AlarmKind.RELEASED: _l("The gate is back to normal"),
}
ROLES: Final[dict[Role, str]] = {
    Role.MANAGER: _l("Manager"),
    Role.STAFF: _l("Property staff"),
    Role.GUARD: _l("Guard"),
}


CONSENTS: Final[dict[ConsentKind, str]] = {
    ConsentKind.FACE: _l("Passing by face"),
    ConsentKind.CENTRAL: _l("Keeping the template on the server"),
    ConsentKind.INTERNET: _l("Sending the template over the Internet"),
}


CONFUSED: Final[dict[ConfusedBy, str]] = {
    ConfusedBy.PASSAGE: _l("Mixed up at a gate"),
    ConfusedBy.TWINS: _l("Twins"),
    ConfusedBy.FAMILY: _l("Alike in the family"),
    ConfusedBy.ALIKE: _l("Easily confused"),
    ConfusedBy.LIKENESS: _l("Found alike when enrolled"),
}


class Part(StrEnum):
    """A person's part in a household, as `membership.role` holds it."""

    OWNER = "owner"
    FAMILY = "family"
    TENANT = "tenant"
    CARER = "carer"


PARTS: Final[dict[Part, str]] = {
    Part.OWNER: _l("Owner"),
    Part.FAMILY: _l("Family"),
    Part.TENANT: _l("Tenant"),
    Part.CARER: _l("Carer"),
}


class EnrolFault(StrEnum):
    """Why the worker made no template: what `enrollment` says of a photo, and what stands against making one."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_A_PICTURE = "not_a_picture"
    WRONG_FORMAT = "wrong_format"
    DAMAGED = "damaged"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    CUT_OFF = "cut_off"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    UNEVEN = "uneven"
    TURNED = "turned"
    BLURRED = "blurred"
    EYES_COVERED = "eyes_covered"
    OTHER_PERSON = "other_person"
    NO_FACE_CONSENT = "no_face_consent"
    NO_CENTRAL_CONSENT = "no_central_consent"
    NO_GUARDIAN_CONSENT = "no_guardian_consent"
    PERSON_LEFT = "person_left"
    NO_PERSON = "no_person"
    UNREADABLE = "unreadable"


ENROL_FAULTS: Final[dict[EnrolFault, str]] = {
    EnrolFault.EMPTY: _l("The file is empty. Choose another."),
    EnrolFault.TOO_LARGE: _l("The picture is too large. Take it with the phone's usual setting."),
    EnrolFault.NOT_A_PICTURE: _l("The file is not a picture. Choose a JPEG, PNG or WebP file."),
    EnrolFault.WRONG_FORMAT: _l("Pictures of this kind are not taken. Save it as JPEG, PNG or WebP."),
    EnrolFault.DAMAGED: _l("The picture is damaged or cut short. Send it again, or take another."),
    EnrolFault.NO_FACE: _l("No face was found. Take the picture from the front, in good light."),
    EnrolFault.SEVERAL_FACES: _l("There is more than one face. Only the person to enrol should be seen."),
    EnrolFault.TOO_SMALL: _l("The face is too small. Come closer."),
    EnrolFault.CUT_OFF: _l("The face is cut off. Bring the whole face into the oval."),
    EnrolFault.TOO_DARK: _l("The face is too dark. Turn towards the light."),
    EnrolFault.TOO_BRIGHT: _l("The face is too bright. Step out of the glare."),
    EnrolFault.UNEVEN: _l("Half of the face is in shadow. Turn towards the light."),
    EnrolFault.TURNED: _l("The face is turned. Look straight at the camera."),
    EnrolFault.BLURRED: _l("The face is blurred. Hold still."),
    EnrolFault.EYES_COVERED: _l("The eyes are covered. Take off the sunglasses, and turn towards the light."),
    EnrolFault.OTHER_PERSON: _l(
        "This face is unlike the one enrolled before. Check who it is; if it is right, enrol again instead."
    ),
    EnrolFault.NO_FACE_CONSENT: _l("The consent to passing by face is missing. Ask for it first."),
    EnrolFault.NO_CENTRAL_CONSENT: _l("The consent to keeping the template is missing. Ask for it first."),
    EnrolFault.NO_GUARDIAN_CONSENT: _l("A parent or other guardian must consent. Ask them first."),
    EnrolFault.PERSON_LEFT: _l("This person has moved away. Add a home first."),
    EnrolFault.NO_PERSON: _l("This person is no longer in the register."),
    EnrolFault.UNREADABLE: _l("The server could not open the picture. Send it again."),
}


class EnrolRemark(StrEnum):
    """What would make an enrolled picture better."""

    EYES_CLOSED = "eyes_closed"
    MOUTH_OPEN = "mouth_open"


ENROL_REMARKS: Final[dict[EnrolRemark, str]] = {
    EnrolRemark.EYES_CLOSED: _l("The eyes look closed in this picture. A further look with open eyes helps."),
    EnrolRemark.MOUTH_OPEN: _l(
        "The mouth is wide open in this picture. A further look with a calm face helps."
    ),
}

BY_KIND: Final[dict[type[StrEnum], dict[str, str]]] = {
    Outcome: {**OUTCOMES},
    Reason: {**REASONS},
    Method: {**METHODS},
    Direction: {**DIRECTIONS},
    GateStatus: {**GATE_STATUSES},
    DoorState: {**DOORS},
    CameraState: {**CAMERAS},
    AlarmKind: {**ALARMS},
    Role: {**ROLES},
    Part: {**PARTS},
    ConsentKind: {**CONSENTS},
    ConfusedBy: {**CONFUSED},
    EnrolFault: {**ENROL_FAULTS},
    EnrolRemark: {**ENROL_REMARKS},
}
UNKNOWN_CODE: Final = _l("Not known to this version")


def said(kind: type[StrEnum], code: str) -> str:
    """The words for a code as a table holds it; a code from a newer gate has words too."""
    return BY_KIND[kind].get(code, UNKNOWN_CODE)
