"""Enrol: who, consent, face, and which gates know it. Every step works without script."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.tables.people import Person
from admin.security.permissions import Permission
from admin.web.bodies import LARGEST_UPLOAD, takes
from admin.web.errors import nothing_here
from admin.web.faces import queries, service
from admin.web.faces.queries import Progress
from admin.web.faces.service import Answer, Missing, Photo
from admin.web.gates.told import Told, enrolment, last_change, told
from admin.web.guard import current, db, keys, may, now
from admin.web.residents.queries import Search, list_people, tell
from admin.web.residents.service import Editor, OutsideScope

pages = Blueprint("faces", __name__, template_folder="templates", url_prefix="/enrol")
OFFERED: Final = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """What the progress page shows."""

    person: Person
    progress: Progress
    told: Told

    @property
    def mark(self) -> str:
        """Changes when the page has something new to show."""
        return f"{self.progress.job}:{self.progress.state}:{self.told.mark}"


pages.register_error_handler(OutsideScope, nothing_here)


@pages.get("/")
@may(Permission.ENROL_FACE)
def index() -> ResponseReturnValue:
    """Step one: who."""
    words = request.args.get("q", "").strip()[:64]
    found = list_people(db(), current().scope, Search(words), None, OFFERED) if words else None
    return render_template("faces/who.html", words=words, found=found)


@pages.get("/<uuid:person_id>")
@may(Permission.ENROL_FACE)
def enrol(person_id: UUID) -> ResponseReturnValue:
    """Step two until every consent stands, then step three."""
    return _step(person_id)


@pages.post("/<uuid:person_id>/consent")
@may(Permission.ENROL_FACE)
def consent(person_id: UUID) -> ResponseReturnValue:
    said = _answer() or abort(400)
    missing = service.answer(db(), _editor(), person_id, said)
    if missing is not None:
        return _step(person_id, missing), 422
    if not said.agreed:
        return redirect(url_for(".declined", person_id=person_id))
    return redirect(url_for(".enrol", person_id=person_id))


@pages.get("/<uuid:person_id>/declined")
@may(Permission.ENROL_FACE)
def declined(person_id: UUID) -> ResponseReturnValue:
    """Declining costs nothing: the PIN is one press away."""
    story = tell(db(), current().scope, person_id) or abort(404)
    return render_template("faces/declined.html", story=story)


@pages.post("/<uuid:person_id>/photo")
@may(Permission.ENROL_FACE)
@takes(LARGEST_UPLOAD)
def photo(person_id: UUID) -> ResponseReturnValue:
    upload = request.files.get("photo")
    content = Photo(upload.read() if upload else b"", adds=_adds())
    sent = service.send_photo(db(), _editor(), person_id, content, keys().worker)
    if isinstance(sent, Missing):
        return _step(person_id, sent), 422
    return redirect(url_for(".progress", person_id=person_id))


@pages.get("/<uuid:person_id>/progress")
@may(Permission.ENROL_FACE)
def progress(person_id: UUID) -> ResponseReturnValue:
    return render_template("faces/progress.html", shown=_shown(person_id))


@pages.get("/<uuid:person_id>/status")
@may(Permission.ENROL_FACE)
def status(person_id: UUID) -> ResponseReturnValue:
    """For the progress page's script: codes and counts."""
    shown = _shown(person_id)
    return jsonify(
        mark=shown.mark,
        state=shown.progress.state,
        faults=shown.progress.faults,
        knowing=[gate.gate for gate in shown.told.gates if gate.knows],
    )


@pages.post("/<uuid:person_id>/withdraw")
@may(Permission.ENROL_FACE)
def withdraw(person_id: UUID) -> ResponseReturnValue:
    service.withdraw(db(), _editor(), person_id)
    flash(_("Consent is withdrawn; the face is being deleted everywhere."))
    return redirect(url_for("residents.show", person_id=person_id))


def _step(person_id: UUID, missing: Missing | None = None) -> str:
    today = service.today(_editor())
    standing = queries.standing(db(), current().scope, person_id, today) or abort(404)
    if standing.asks is None:
        adds = _adds() and standing.looks > 0
        return render_template("faces/face.html", standing=standing, missing=missing, adds=adds)
    return render_template(
        "faces/consent.html",
        standing=standing,
        missing=missing,
        text=queries.text_for(db(), standing.person, standing.asks) or abort(503),
        guardians=queries.guardians(db(), current().scope, standing.person, today)
        if standing.guarded
        else [],
    )


def _adds() -> bool:
    """Whether the picture is a further look beside those enrolled."""
    return request.values.get("adds") == "1"


def _shown(person_id: UUID) -> Shown:
    standing = queries.standing(db(), current().scope, person_id, service.today(_editor())) or abort(404)
    found = queries.progress(db(), person_id) or abort(404)
    person, scope = standing.person, current().scope
    change = enrolment(db(), person) or last_change(db(), person, now())
    return Shown(person, found, told(db(), scope, person, change, now()))


def _answer() -> Answer | None:
    """What the two buttons say; None for anything else."""
    said, text = request.form.get("answer"), request.form.get("text", "")
    if said not in ("yes", "no") or not text.isdecimal():
        return None
    try:
        guardian = UUID(request.form["guardian"]) if request.form.get("guardian") else None
    except ValueError:
        return None
    return Answer(int(text), said == "yes", guardian)


def _editor() -> Editor:
    return Editor(current(), now())
