"""What people read of why a message was set aside."""

from typing import Final

from admin.catalogue import say_later as _l
from contracts.topics import ALARM, HAVE, HEALTH, PASSAGE, RESULT, STATE
from contracts.wire import Fault

KINDS: Final[dict[str, str]] = {
    PASSAGE.name: _l("Passage"),
    ALARM.name: _l("Alarm"),
    STATE.name: _l("Birth or end of a connection"),
    HEALTH.name: _l("Health report"),
    HAVE.name: _l("Roster held"),
    RESULT.name: _l("Answer to an order"),
}
UNSTORABLE: Final = "unstorable"  # said by ingest of what the database refuses

FAULTS: Final[dict[str, str]] = {
    Fault.TOO_LARGE: _l("Larger than any honest message"),
    Fault.NOT_JSON: _l("Not readable"),
    Fault.NEWER_VERSION: _l("From a gate with newer software"),
    Fault.MALFORMED: _l("A field is missing or out of range"),
    Fault.WRONG_GATE: _l("Sent in another gate's name, or the gate is not registered here"),
    Fault.UNKNOWN_TOPIC: _l("Sent under a topic that there is not"),
    Fault.BAD_SIGNATURE: _l("The signature does not fit"),
    Fault.BAD_HASH: _l("Changed on the way, or another record has its place"),
    UNSTORABLE: _l("The database refuses a value in it"),
}
REMEDIES: Final[dict[str, str]] = {
    Fault.NEWER_VERSION: _l("Update the server, then try it again: it is kept whole."),
    Fault.WRONG_GATE: _l(
        "Where the gate was registered since, try it again. Else somebody may use its credential."
    ),
    Fault.BAD_HASH: _l("Tell the operator: a box was tampered with, or its disk was put back."),
}
ANY_REMEDY: Final = _l("Tell the operator of the gate. It blocks nothing and goes by itself after 30 days.")
