"""An alarm: something at a gate that a person should look at. It shares the passages' chain."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.chain import Link, Place, text_of
from contracts.ids import BootId
from contracts.receipt import Missing
from contracts.wire import Wire
from contracts.words import AlarmKind


class AlarmWhat(Wire):
    """What is the matter, since when."""

    id: UUID
    at: AwareDatetime
    boot: BootId
    monotonic_ms: Annotated[int, Field(ge=0)]
    kind: AlarmKind
    parent: Place | None = None  # journal_opened: the last link this disk holds of the epoch before
    passage: UUID | None = None  # pulse_unknown: which passage; exit_unrecorded: the row that counts them
    gone: Missing | None = None  # since 1.1; links_gone: asked for and no longer held


class AlarmV1(Link):
    """An alarm as a link of its gate's chain. Its `who` part is the empty object."""

    def read_what(self) -> AlarmWhat:
        """Raises WireError where the part is not an AlarmWhat."""
        return AlarmWhat.decode(text_of(self.what, "AlarmWhat"))
