"""A passage (通行): one attempt to pass, granted or not."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.chain import Link, text_of
from contracts.ids import BootId, PassId, PersonId, StaffId
from contracts.wire import Wire
from contracts.words import Direction, Method, Outcome, Reason


class PassageWho(Wire):
    """Whose passage it was, by opaque ids; empty for a stranger."""

    person: PersonId | None = None
    pass_id: PassId | None = None
    staff: StaffId | None = None  # who ordered a manual opening


class PassageWhat(Wire):
    """What happened. Times are the gate's own; distances are in the units of the gate's model."""

    id: UUID  # version 7, made at the gate, or of the order that opened; ingest recognises repeats by it
    at: AwareDatetime
    boot: BootId
    monotonic_ms: Annotated[int, Field(ge=0)]
    outcome: Outcome
    reason: Reason | None = None
    method: Method
    direction: Direction
    roster_version: Annotated[int, Field(ge=0)]
    score: float | None = None  # L2 distance to the nearest person
    margin: float | None = None  # distance to the second nearest person minus `score`
    frames: Annotated[int, Field(ge=0)] | None = None  # usable frames that made the decision
    waited_ms: Annotated[int, Field(ge=0)] | None = None  # first usable frame to decision
    live: float | None = None  # 0 to 1 where liveness was measured
    clock_trusted: bool = True
    # Since 1.1: so many refusals alike, the first `at`; since 1.2 also openings of the way out that had to be
    # recorded afterwards.
    times: Annotated[int, Field(ge=2)] | None = None
    until: AwareDatetime | None = None  # since 1.1: the last of them


class PassageV1(Link):
    """A passage as a link of its gate's chain."""

    def read_who(self) -> PassageWho:
        """Raises WireError where the part was erased or is not a PassageWho."""
        return PassageWho.decode(text_of(self.who, "PassageWho"))

    def read_what(self) -> PassageWhat:
        """Raises WireError where the part was erased or is not a PassageWhat."""
        return PassageWhat.decode(text_of(self.what, "PassageWhat"))
