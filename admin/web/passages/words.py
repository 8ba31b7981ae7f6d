"""What people read of the log's filters and proofs."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.web.passages.filters import Span
from admin.web.passages.proof import Proof

SPANS: Final[dict[Span, str]] = {
    Span.DAY: _l("the last 24 hours"),
    Span.TODAY: _l("today"),
    Span.YESTERDAY: _l("yesterday"),
    Span.WEEK: _l("the last 7 days"),
    Span.MONTH: _l("the last 30 days"),
    Span.DATES: _l("chosen days"),
}
PROOFS: Final[dict[Proof, tuple[str, str]]] = {
    Proof.WHOLE: ("granted", _l("Unchanged since the gate wrote it")),
    Proof.ERASED: ("silent", _l("The person was erased; the chain holds")),
    Proof.EXPIRED: ("silent", _l("Older than it is kept, so it was emptied; the chain holds")),
    Proof.BROKEN: ("denied", _l("Does not fit its hash. Tell the operator.")),
}
