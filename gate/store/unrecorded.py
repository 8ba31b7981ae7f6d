"""Openings of the way out that could not be recorded (docs/decisions/0053). Pure but for fresh salts and ids."""

from dataclasses import dataclass

from contracts.alarm import AlarmWhat
from contracts.ids import GateId, uuid7
from contracts.passage import PassageWhat, PassageWho
from contracts.words import AlarmKind
from gate.store.links import Tip, alarm_after, passage_after
from gate.store.rows import Entry


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """So many of them, in memory until the disk takes records again."""

    first: PassageWhat
    last: PassageWhat
    times: int = 1

    def and_also(self, what: PassageWhat) -> "Unrecorded":
        return Unrecorded(self.first, what, self.times + 1)

    def links(self, tip: Tip, gate: GateId) -> list[Entry]:
        """One row that counts them all, and the alarm that names it."""
        what = self._what
        passage = passage_after(tip, gate, PassageWho(), what)
        alarm = AlarmWhat(
            id=uuid7(),
            at=self.last.at,
            boot=self.last.boot,
            monotonic_ms=self.last.monotonic_ms,
            kind=AlarmKind.EXIT_UNRECORDED,
            passage=what.id,
        )
        return [Entry(passage, what), Entry(alarm_after(Tip.of(passage.place), gate, alarm), alarm)]

    @property
    def _what(self) -> PassageWhat:
        if self.times == 1:
            return self.first
        return self.first.model_copy(update={"times": self.times, "until": self.last.at})
