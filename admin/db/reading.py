"""Whether a row of the log reads as the texts that its gate committed to. Pure.

Pages show and filter by columns, and commitments are to texts: a changed column would else go unseen.
"""

from typing import Final

from admin.db.tables import Alarm, Passage
from contracts.alarm import AlarmWhat
from contracts.passage import PassageWhat
from contracts.wire import WireError

_PASSAGE: Final = (
    "id",
    "at",
    "until",
    "outcome",
    "reason",
    "method",
    "direction",
    "score",
    "margin",
    "frames",
    "waited_ms",
    "live",
    "roster_version",
    "clock_trusted",
)
_ALARM: Final = ("id", "at", "kind")


def reads_as_committed(row: Passage | Alarm) -> bool:
    """Whether the columns say what happened as the text does; so they do where there is no text any more."""
    if row.what_text is None:
        return True
    try:
        if isinstance(row, Alarm):
            return _same(row, AlarmWhat.decode(row.what_text), _ALARM)
        what = PassageWhat.decode(row.what_text)
    except WireError:
        return False
    return row.times == (what.times or 1) and _same(row, what, _PASSAGE)


def _same(row: Passage | Alarm, what: PassageWhat | AlarmWhat, names: tuple[str, ...]) -> bool:
    return all(getattr(row, name) == getattr(what, name) for name in names)
