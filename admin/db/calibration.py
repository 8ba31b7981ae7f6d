"""Calibration reports as the worker keeps them and pages read them: enrollment's report, without its mathematics.

enrollment/audit.py and enrollment/advice.py say what each figure means; the server may not import them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from admin.db.tables.calibrations import Calibration
from contracts.ids import GateId, ModelId, PersonId

MONTH_DAYS: Final = 30
_COMPOUND: Final = "compound:"


class OutlierKind(StrEnum):
    """Why somebody should be enrolled again."""

    UNUSABLE = "unusable"
    NEARER_TO_ANOTHER = "nearer_to_another"
    LIKE_ANOTHER = "like_another"
    FAR_FROM_OWN = "far_from_own"


class Step(StrEnum):
    """Which way to turn the target."""

    KEEP = "keep"
    LOWER = "lower"
    RAISE = "raise"


class Why(StrEnum):
    """What the advice stands on."""

    TOO_FEW = "too_few"
    WITHIN = "within"
    OFTEN = "often"
    MISTAKEN = "mistaken"
    MISSED = "missed"


class Kept(BaseModel):
    """A part of a report; read as strictly as it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(Kept):
    """A figure and its interval of 95 % confidence."""

    value: float
    low: float
    high: float


class Pair(Kept):
    first: PersonId
    second: PersonId
    distance: float


class Outlier(Kept):
    person: PersonId
    kind: OutlierKind
    other: PersonId | None
    distance: float | None
    own: float | None


class Histogram(Kept):
    start: float
    step: float
    counts: tuple[int, ...]


class Likeness(Kept):
    near: float
    closest: tuple[Pair, ...]
    outliers: tuple[Outlier, ...]
    same: Histogram | None
    missed: float | None


class HeldOut(Kept):
    hits: int
    tries: int
    at_most: float


class Measured(Kept):
    different: Histogram | None
    held_out: HeldOut
    false_accepts: Rate


class Door(Kept):
    gate: GateId
    people: int
    seen: int
    days: float
    target_fpir: float
    distance: float
    margin: float
    fpir: Rate | None
    false_accepts: Rate | None

    @property
    def strangers(self) -> float:
        """Approaches a month."""
        return self.seen * MONTH_DAYS / self.days


class Advice(Kept):
    step: Step
    why: Why
    target_fpir: float


class Report(Kept):
    model: ModelId
    people: int
    templates: int
    fewest: int
    mistakes: int
    doors: tuple[Door, ...]
    likeness: Likeness
    measured: Measured | None
    advice: Advice


@dataclass(frozen=True, slots=True)
class Last:
    """A compound's last report and when it was made."""

    made_at: datetime
    report: Report


def subject_of(compound: int) -> str:
    """As the job and the audit trail name a compound."""
    return f"{_COMPOUND}{compound}"


def compound_of(subject: str) -> int:
    """Raises ValueError where the subject is no compound."""
    return int(subject.removeprefix(_COMPOUND))


def keep(session: Session, compound: int, report: Report, now: datetime) -> None:
    """In place of the one before."""
    session.merge(Calibration(compound_id=compound, made_at=now, report=report.model_dump_json()))


def last(session: Session, compound: int) -> Last | None:
    """None where nothing was measured yet, or a version that wrote another form did it."""
    row = session.get(Calibration, compound)
    if row is None:
        return None
    try:
        return Last(row.made_at, Report.model_validate_json(row.report))
    except ValidationError:
        return None
