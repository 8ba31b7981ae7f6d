"""What became of everything, from the witnesses' words and the register. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kaimen.chaos.relay import Pulse
from kaimen.chaos.witness import Made

HAND_MS: Final = 250
"""From a gate's last look at its clock to the relay that hears of it: a request on loopback, on a busy machine."""

RELAY_MS: Final = 2_000
"""A gate waits for its relay no longer."""

BY_ORDER: Final = "guard"
"""The method of a passage that an order made."""


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as the register has it; `times` for those that share the row.

    `let_out` where it stands for people who were let out without a record.
    """

    id: str
    gate: str
    epoch: str
    seq: int
    hash: str
    times: int = 1
    let_out: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An order as it was signed: dead at `deadline_ms` of the gate's clock, and for one boot.

    `boot` is None where nobody heard the order itself; the deadline is then the latest it can have had.
    """

    deadline_ms: int
    boot: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything there is to judge by. `counted` are refusals without rows of their own, a gate; `let_out` when a
    gate said that it would let somebody out without a record."""

    made: Sequence[Made]
    rows: Sequence[Row]
    pulses: Sequence[Pulse] = ()
    orders: Mapping[str, Told] = field(default_factory=dict[str, Told])
    counted: Mapping[str, int] = field(default_factory=dict[str, int])
    let_out: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    chain_ok: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passages made and what is wrong with the record of them; orders obeyed and those obeyed wrongly; people let
    out by the exit button without a record, and how many of these the register has learnt of since."""

    made: int
    lost: int
    doubled: int
    obeyed: int
    late_orders: int
    unrecorded: int
    let_out: int
    let_out_kept: int
    chain_ok: bool

    @property
    def holds(self) -> bool:
        wrong = self.lost + self.doubled + self.late_orders + self.unrecorded
        return wrong == 0 and self.chain_ok


def judge(evidence: Evidence) -> Verdict:
    """The whole verdict."""
    pulses = _pulses_to_record(evidence)
    opened = [pulse for pulse in pulses if pulse.passage is not None]
    boots = {one.id: one.boot for one in evidence.made}
    by_order = {one.id for one in evidence.made if one.method == BY_ORDER}
    obeyed = [pulse for pulse in opened if pulse.passage in evidence.orders or pulse.passage in by_order]
    return Verdict(
        made=len(evidence.made) + sum(evidence.counted.values()),
        lost=_lost(evidence),
        doubled=_doubled(evidence.rows),
        obeyed=len(obeyed),
        late_orders=sum(_is_wrong(pulse, evidence.orders, boots) for pulse in obeyed) + _again(obeyed),
        unrecorded=_unrecorded(pulses, evidence.rows),
        let_out=sum(map(len, evidence.let_out.values())),
        let_out_kept=sum(row.times for row in evidence.rows if row.let_out),
        chain_ok=evidence.chain_ok,
    )


def _pulses_to_record(evidence: Evidence) -> list[Pulse]:
    """All but those of people let out: each time that a gate announced excuses one pulse of its own door, at once."""
    pulses = list(evidence.pulses)
    for gate, times in evidence.let_out.items():
        for at_ms in times:
            excused = (one for one in pulses if one.gate == gate and 0 <= one.at_ms - at_ms <= RELAY_MS)
            found = next(excused, None)
            if found is not None:
                pulses.remove(found)
    return pulses


def _lost(evidence: Evidence) -> int:
    """Made and not in its place, and refusals that no row counts."""
    places = {(row.id, row.gate, row.epoch, row.seq, row.hash) for row in evidence.rows}
    missing = sum((one.id, one.gate, one.epoch, one.seq, one.hash) not in places for one in evidence.made)
    kept, made = Counter[str](), Counter[str](evidence.counted)
    for row in evidence.rows:
        kept[row.gate] += 0 if row.let_out else row.times
    made.update(one.gate for one in evidence.made)
    uncounted = sum(max(0, number - kept[gate]) for gate, number in made.items())
    return max(missing, uncounted)


def _doubled(rows: Iterable[Row]) -> int:
    """Rows beyond the first of one id or one place."""
    ids, places, doubled = set[str](), set[tuple[str, str, int]](), 0
    for row in rows:
        place = (row.gate, row.epoch, row.seq)
        doubled += row.id in ids or place in places
        ids.add(row.id)
        places.add(place)
    return doubled


def _is_wrong(pulse: Pulse, orders: Mapping[str, Told], boots: Mapping[str, str]) -> bool:
    """Nobody ordered it, it came after its deadline, or the gate had started again since."""
    told = orders.get(pulse.passage or "")
    if told is None or pulse.at_ms > told.deadline_ms + HAND_MS:
        return True
    return told.boot is not None and boots.get(pulse.passage or "") != told.boot


def _again(obeyed: Iterable[Pulse]) -> int:
    """Pulses beyond the first of one order."""
    times = Counter(pulse.passage for pulse in obeyed)
    return sum(count - 1 for count in times.values())


def _unrecorded(pulses: Iterable[Pulse], rows: Iterable[Row]) -> int:
    """Doors that opened with no record committed before, or with one that is nowhere now."""
    kept = {row.id for row in rows}
    return sum(pulse.passage not in kept for pulse in pulses)
