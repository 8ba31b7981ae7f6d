"""A gate's chain as a real gate makes it, for tests of the side that receives it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import NO_PARENT, Place, commit, link_hash
from contracts.ids import BootId, EpochId, GateId, PassId, PersonId, uuid7
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.receipt import Missing
from contracts.words import AlarmKind, Direction, Method, Outcome, Reason

Kind = TypeVar("Kind", PassageV1, AlarmV1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@dataclass
class Chain:
    """The next link follows the last. `boot` and `epoch` are new unless told."""

    gate: GateId
    epoch: EpochId = field(default_factory=EpochId.random)
    boot: BootId = field(default_factory=BootId.random)
    seq: int = 0
    last: str = NO_PARENT
    at: datetime = NOON

    @property
    def place(self) -> Place:
        return Place(epoch=self.epoch, seq=self.seq, hash=self.last)

    def passage(
        self,
        person: PersonId | None = None,
        pass_id: PassId | None = None,
        outcome: Outcome = Outcome.GRANTED,
        late: bool = False,
    ) -> PassageV1:
        """The next link: a passage by a face, or by a QR code where there is a pass."""
        what = PassageWhat(
            id=uuid7(),
            at=self.at,
            boot=self.boot,
            monotonic_ms=1000,
            outcome=outcome,
            reason=None if outcome is Outcome.GRANTED else Reason.UNKNOWN,
            method=Method.QR if pass_id else Method.FACE,
            direction=Direction.IN,
            roster_version=1,
        )
        who = PassageWho(person=person, pass_id=pass_id)
        return self._next(PassageV1, (who.encode().decode(), what.encode().decode()), late)

    def alarm(self, kind: AlarmKind, parent: Place | None = None, gone: Missing | None = None) -> AlarmV1:
        """The next link: an alarm."""
        if parent is not None:
            self.last = parent.hash
        what = AlarmWhat(
            id=uuid7(), at=self.at, boot=self.boot, monotonic_ms=1000, kind=kind, parent=parent, gone=gone
        )
        return self._next(AlarmV1, ("{}", what.encode().decode()))

    def opened(self, parent: Place | None = None) -> AlarmV1:
        """The first link of an epoch."""
        return self.alarm(AlarmKind.JOURNAL_OPENED, parent)

    def _next(self, kind: type[Kind], texts: tuple[str, str], late: bool = False) -> Kind:
        self.seq += 1
        who, what = (commit(text) for text in texts)
        previous = self.last
        self.last = link_hash(self.epoch, self.seq, previous, who.commitment, what.commitment)
        return kind(
            gate=self.gate,
            epoch=self.epoch,
            seq=self.seq,
            previous=previous,
            hash=self.last,
            who=who,
            what=what,
            late=late,
        )
