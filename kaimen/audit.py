"""`kaimen audit gallery`: each compound's calibration report, as the page shows it, with names masked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin.db.calibration import Door, Last, Outlier, OutlierKind, Rate, Report, Why, keep, last, subject_of
from admin.db.session import reading, writing
from admin.db.tables import Compound, Gate, Person, Place
from admin.jobs.audit import NotMeasurable, measure
from admin.security.audit import Act, record
from admin.security.keys import KeyFileError
from admin.security.principals import process
from admin.settings import WorkerSettings, WrongSettings
from admin.vault import VaultError, open_vault
from admin.web.calibration.words import between, figure, percent
from admin.web.moments import exact, masked
from contracts.ids import PersonId
from kaimen.register import register_in
from kaimen.state import CannotStart, StateFolder

OPERATOR: Final = process("kaimen")
WHY: Final[dict[Why, str]] = {
    Why.TOO_FEW: "too few people are enrolled to measure; the built-in distance is used",
    Why.WITHIN: "at most one false accept a month is to be expected",
    Why.OFTEN: "more than one false accept a month is to be expected",
    Why.MISTAKEN: "somebody was taken for another; nothing is made looser after that",
    Why.MISSED: "residents' own pictures lie too far apart for this setting, and strangers are rare",
}
KINDS: Final[dict[OutlierKind, str]] = {
    OutlierKind.UNUSABLE: "a template that cannot be compared",
    OutlierKind.NEARER_TO_ANOTHER: "nearer to somebody else than to the own other pictures",
    OutlierKind.LIKE_ANOTHER: "the only picture, and near somebody else's",
    OutlierKind.FAR_FROM_OWN: "unlike the own other pictures",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the terminal prints: lines for people, and one line of JSON without a name."""

    text: str
    json: str


@dataclass(frozen=True, slots=True)
class _Found:
    """One compound's report. `trouble` says why there is none."""

    compound: int
    title: str
    last: Last | None
    trouble: str | None


def gallery(state: Path, anew: bool) -> Told:
    """The last reports of a state folder; measured now where there is none, or where asked for.

    Measuring takes the vault's keys, so it is for whoever runs the server. Raises CannotStart.
    """
    folder = StateFolder(state.resolve())
    with register_in(folder) as engine:
        found = [_found(engine, folder, place, anew) for place in _compounds(engine)]
        with reading(engine) as session:
            text = "\n\n".join("\n".join(_lines(session, each)) for each in found)
    return Told(text or "No compound is in the register yet.", json.dumps([_as_json(each) for each in found]))


def _compounds(engine: Engine) -> list[Place]:
    with reading(engine) as session:
        known = select(Place).join(Compound, Compound.place_id == Place.id).order_by(Place.id)
        return list(session.scalars(known))


def _found(engine: Engine, folder: StateFolder, place: Place, anew: bool) -> _Found:
    title = f"{place.name_zh} {place.name_en}"
    with reading(engine) as session:
        kept = last(session, place.id)
    if kept is not None and not anew:
        return _Found(place.id, title, kept, None)
    try:
        return _Found(place.id, title, _measured(engine, folder, place.id), None)
    except NotMeasurable as trouble:
        return _Found(place.id, title, None, trouble.fault)


def _measured(engine: Engine, folder: StateFolder, compound: int) -> Last:
    """Measures as the worker does, and keeps it as the worker does."""
    now = datetime.now(UTC)
    try:
        with open_vault(WorkerSettings.read(folder.config("worker")).vault) as vault:
            report = measure(engine, vault, compound, now)
    except (WrongSettings, KeyFileError, VaultError) as trouble:
        raise CannotStart(f"The templates cannot be read: {trouble}") from trouble
    with writing(engine) as session:
        keep(session, compound, report, now)
        record(
            session, OPERATOR, Act("gallery_audited", subject_of(compound), {"people": report.people}), now
        )
    return Last(now, report)


def _as_json(found: _Found) -> dict[str, object]:
    if found.last is None:
        return {"compound": found.compound, "trouble": found.trouble}
    report = found.last.report.model_dump(mode="json")
    return {"compound": found.compound, "made_at": found.last.made_at.isoformat(), "report": report}


def _lines(session: Session, found: _Found) -> Iterator[str]:
    if found.last is None:
        yield f"{found.title}: nothing to measure ({found.trouble})"
        return
    report = found.last.report
    yield (
        f"{found.title} · measured {exact(found.last.made_at)} ·"
        f" {report.people} people, {report.templates} templates"
    )
    yield _answer(report)
    yield (
        f"{report.advice.step.value.capitalize()} target_fpir"
        f" = {report.advice.target_fpir:g}: {WHY[report.advice.why]}."
    )
    names = _names(session, report)
    gates = {gate.id: gate for gate in session.scalars(select(Gate))}
    for door in report.doors:
        name = f"{gates[door.gate].name_zh} {gates[door.gate].name_en}" if door.gate in gates else door.gate
        yield f"  {name}: {_door(door)}"
    for pair in report.likeness.closest:
        near = "  nearer than gates accept" if pair.distance <= report.likeness.near else ""
        yield f"  {pair.distance:.3f}  {names.get(pair.first, '–')}  {names.get(pair.second, '–')}{near}"
    for one in report.likeness.outliers:
        yield f"  enrol again: {_outlier(one, names)}"


def _answer(report: Report) -> str:
    if report.measured is None:
        return f"False accepts can be measured from {report.fewest} people on."
    rate = report.measured.false_accepts
    return f"{figure(rate.value)} false accepts a month are to be expected (95 % interval {between(rate)})."


def _door(door: Door) -> str:
    expected = "too few people to measure" if door.fpir is None else f"FPIR {_interval(door.fpir)}"
    return (
        f"knows {door.people}, target {percent(door.target_fpir)}, distance {door.distance:.3f},"
        f" margin {door.margin:.2f}, strangers {door.seen} in {door.days:.0f} days, {expected}"
    )


def _interval(rate: Rate) -> str:
    return f"{percent(rate.value)} ({percent(rate.low)} to {percent(rate.high)})"


def _outlier(one: Outlier, names: dict[PersonId, str]) -> str:
    other = f" ({names.get(one.other, '–')})" if one.other else ""
    return f"{names.get(one.person, '–')}, {KINDS[one.kind]}{other}"


def _names(session: Session, report: Report) -> dict[PersonId, str]:
    """Masked, of everybody the report mentions and the register still knows."""
    told = {one for pair in report.likeness.closest for one in (pair.first, pair.second)}
    told |= {who for one in report.likeness.outliers for who in (one.person, one.other) if who}
    rows = session.execute(select(Person.wire_id, Person.name).where(Person.wire_id.in_(told)))
    return {PersonId(row.wire_id): masked(row.name) for row in rows}
