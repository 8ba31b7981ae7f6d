"""Who may pass where, and whose face may be known there. Pure: rows in, answers out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

GUARDIAN_UNTIL: Final = 14  # years; 个人信息保护法 art. 31
AHEAD: Final = timedelta(
    days=7
)  # rights that begin within a lease are sent along, for a gate that is cut off by then
PASS_KEPT: Final = timedelta(
    days=1
)  # an ended pass stays known so long: its holder hears "ended", not "unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until before `until`; an open end is None."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One recorded answer to one kind of consent."""

    kind: str
    agreed: bool
    at: datetime
    withdrawn: bool
    guardian: bool


def may_know_face(answers: Iterable[Agreement], born: date | None) -> bool:
    """Whether gates may be sent this person's templates.

    A roster is made from the central copy, so both the consent to the face and the one to keeping it centrally
    must stand: of each kind the last answer counts.
    """
    last: dict[str, Agreement] = {}
    for answer in sorted(answers, key=lambda answer: answer.at):
        last[answer.kind] = answer
    return all(kind in last and _stands(last[kind], born) for kind in ("face", "central"))


def _stands(answer: Agreement, born: date | None) -> bool:
    guarded = answer.guardian or born is None or age(born, answer.at.date()) >= GUARDIAN_UNTIL
    return answer.agreed and not answer.withdrawn and guarded


def age(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def window_of(memberships: Sequence[Window], now: datetime) -> Window | None:
    """When somebody with these memberships may pass: now and until the last of them ends, or from the next on."""
    current = [one for one in memberships if one.holds(now)]
    if current:
        ends = [one.until for one in current if one.until is not None]
        return Window(None, max(ends) if len(ends) == len(current) else None)
    coming = [one for one in memberships if one.since is not None and now < one.since <= now + AHEAD]
    return min(coming, key=lambda one: one.since or now, default=None)


def next_edge(moments: Iterable[datetime | None], now: datetime) -> datetime | None:
    """The first of these that is still to come."""
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


@dataclass(frozen=True, slots=True)
class Good:
    """Where a pass is good: these gates, the first its home; none means every gate of the compound."""

    gates: tuple[str, ...]

    def at(self, gate: str) -> bool:
        return not self.gates or gate in self.gates

    def home(self, gate: str) -> bool:
        return bool(self.gates) and self.gates[0] == gate
