"""What the access log shows, as its address says it. Pure: arguments and now are handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from admin.web.moments import ZONE, day_bounds
from contracts.words import Method, Outcome, Reason

Code = TypeVar("Code", bound=StrEnum)
LONGEST: Final = timedelta(days=31)
DATE_CHARACTERS: Final = 10


class Span(StrEnum):
    """A stretch of time by name. The log is never asked for all time."""

    DAY = "24h"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7d"
    MONTH = "30d"
    DATES = "dates"


@dataclass(frozen=True, slots=True)
class Stretch:
    """`until` is outside."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters. None means any."""

    span: Span
    time: Stretch
    gate: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    method: Method | None = None
    person: UUID | None = None


def wanted(arguments: Mapping[str, str], now: datetime) -> Wanted:
    """What an address asks for; what it says that nobody can mean counts as not said."""
    span = _code(Span, arguments.get("when")) or Span.DAY
    return Wanted(
        span=span,
        time=stretch(span, (arguments.get("from"), arguments.get("to")), now),
        gate=arguments.get("gate") or None,
        outcome=_code(Outcome, arguments.get("outcome")),
        reason=_code(Reason, arguments.get("reason")),
        method=_code(Method, arguments.get("method")),
        person=id_in(arguments.get("person")),
    )


def stretch(span: Span, dates: tuple[str | None, str | None], now: datetime) -> Stretch:
    """The time meant; two dates include both days and reach at most 31 days back from the second."""
    begin, end = day_bounds(now)
    # A gate's clock may run a little ahead: the end of the day is open.
    if span is Span.TODAY:
        return Stretch(begin, end)
    if span is Span.YESTERDAY:
        return Stretch(begin - timedelta(days=1), begin)
    if span is Span.WEEK:
        return Stretch(end - timedelta(days=7), end)
    if span is Span.MONTH:
        return Stretch(end - timedelta(days=30), end)
    if span is Span.DATES:
        return _between(_day(dates[0]), _day(dates[1]), now)
    return Stretch(now - timedelta(hours=24), end)


def id_in(text: str | None) -> UUID | None:
    """None for what is not an id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _between(first: datetime | None, last: datetime | None, now: datetime) -> Stretch:
    end = (last or day_bounds(now)[0]) + timedelta(days=1)
    begin = first or end - timedelta(days=1)
    begin, end = min(begin, end - timedelta(days=1)), max(begin + timedelta(days=1), end)
    return Stretch(max(begin, end - LONGEST), end)


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "")[:DATE_CHARACTERS]).replace(tzinfo=ZONE)
    except ValueError:
        return None


def _code(kind: type[Code], text: str | None) -> Code | None:
    return kind(text) if text in set(kind) else None
