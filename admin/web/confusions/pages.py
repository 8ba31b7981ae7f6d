"""Marking a passage as another's, naming two people who are easily confused, and lifting either."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.tables.confusions import ConfusedBy
from admin.db.tables.passages import Passage
from admin.db.tables.people import Person
from admin.security.permissions import Permission
from admin.web.confusions import queries, service
from admin.web.confusions.queries import Ways
from admin.web.errors import nothing_here
from admin.web.guard import current, db, engine, may, now
from admin.web.links import own_path
from admin.web.passages.purpose import said_today
from admin.web.passages.service import note_passage_read
from admin.web.residents.queries import Line, Search, find_person, list_people
from admin.web.residents.service import Editor, OutsideScope

pages = Blueprint("confusions", __name__, template_folder="templates")
OFFERED: Final = 8
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Choice:
    """Step one: people found by the words typed. Step two: somebody chosen, or nobody of the register."""

    person: Person
    words: str
    found: list[Line]
    nobody: bool
    other: Person | None
    ways: Ways
    other_ways: Ways | None


pages.register_error_handler(OutsideScope, nothing_here)


@pages.get("/log/<uuid:passage_id>/not-this-person")
@may(Permission.TELL_APART)
def mistaken(passage_id: UUID) -> ResponseReturnValue:
    purpose, passage, person = _passage(passage_id)
    if purpose is None:
        return redirect(_story(passage_id))
    note_passage_read(engine(), current(), passage_id, purpose, now())
    return render_template("confusions/mistaken.html", passage=passage, choice=_choice(person))


@pages.post("/log/<uuid:passage_id>/not-this-person")
@may(Permission.TELL_APART)
def mark(passage_id: UUID) -> ResponseReturnValue:
    purpose, _passage_row, _person = _passage(passage_id)
    if purpose is None:
        return redirect(_story(passage_id))
    said = request.form.get("other", "")
    other = None if said == NOBODY else _id(said) or abort(400)
    service.mark_passage(db(), _editor(), passage_id, other, purpose)
    flash(_("The passage is marked; the gates are told."))
    return redirect(_story(passage_id))


@pages.get("/residents/<uuid:person_id>/alike")
@may(Permission.TELL_APART)
def pair(person_id: UUID) -> ResponseReturnValue:
    person = find_person(db(), current().scope, person_id) or abort(404)
    return render_template("confusions/pair.html", choice=_choice(person), reasons=service.BY_HAND)


@pages.post("/residents/<uuid:person_id>/alike")
@may(Permission.TELL_APART)
def set_pair(person_id: UUID) -> ResponseReturnValue:
    other, reason = _id(request.form.get("other")), request.form.get("reason", "")
    if other is None or reason not in service.BY_HAND:
        abort(400)
    service.set_pair(db(), _editor(), person_id, other, ConfusedBy(reason))
    flash(_("The pair is kept; the gates are told."))
    return redirect(url_for("residents.show", person_id=person_id))


@pages.post("/confusions/<int:mark_id>/lift")
@may(Permission.TELL_APART)
def lift(mark_id: int) -> ResponseReturnValue:
    service.lift(db(), _editor(), mark_id)
    flash(_("The mark is lifted; the gates are told."))
    return redirect(own_path(request.form.get("next"), url_for("residents.index")))


def _passage(passage_id: UUID) -> tuple[str | None, Passage, Person]:
    """Today's purpose and the passage; marking one takes the right to read it."""
    if not current().may(Permission.SEE_LOG):
        abort(403)
    passage, person = queries.recognised(db(), current().scope, passage_id) or abort(404)
    return said_today(), passage, person


def _choice(person: Person) -> Choice:
    words, said = request.args.get("q", "").strip()[:64], request.args.get("other")
    chosen = _id(said)
    other = queries.other_person(db(), current().scope, person, chosen) if chosen else None
    found = list_people(db(), current().scope, Search(words), None, OFFERED).lines if words else []
    return Choice(
        person=person,
        words=words,
        found=[line for line in found if line.id != person.id],
        nobody=said == NOBODY,
        other=other,
        ways=queries.ways(db(), person.id),
        other_ways=queries.ways(db(), other.id) if other else None,
    )


def _story(passage_id: UUID) -> str:
    return url_for("passages.index", open=str(passage_id), when=request.args.get("when"))


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _editor() -> Editor:
    return Editor(current(), now())
