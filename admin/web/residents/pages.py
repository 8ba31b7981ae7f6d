"""The list, one person's page, and the forms that change them."""

from uuid import UUID

import segno
from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.tables import people as tables
from admin.security.permissions import Permission
from admin.web.confusions.queries import marks_about
from admin.web.errors import nothing_here
from admin.web.gates.told import Told, last_change, told
from admin.web.guard import current, db, keys, may, now, settings
from admin.web.privacy.queries import trail
from admin.web.residents import queries, service
from admin.web.residents.forms import Home, NewPerson, Person
from admin.web.residents.queries import Cursor, Line, Search
from admin.web.residents.service import Editor, OutsideScope

pages = Blueprint("residents", __name__, template_folder="templates", url_prefix="/residents")


pages.register_error_handler(OutsideScope, nothing_here)


@pages.get("/")
@may(Permission.SEE_RESIDENTS)
def index() -> ResponseReturnValue:
    search = Search(request.args.get("q", "").strip()[:64], request.args.get("gone") == "1")
    page = queries.list_people(db(), current().scope, search, _cursor())
    return render_template(
        "residents/index.html",
        page=page,
        search=search,
        previous=_page_address("before", page.earlier),
        next=_page_address("after", page.further),
    )


@pages.route("/new", methods=["GET", "POST"])
@may(Permission.EDIT_RESIDENTS)
def add() -> ResponseReturnValue:
    form = NewPerson(name=request.args.get("name", ""))
    form.offer(queries.units(db(), current().scope))
    if not form.sent_well():
        return render_template("residents/add.html", form=form, enrol="enrol" in request.values), _status()
    person = service.add_person(db(), _editor(), form.details(), form.room())
    flash(_("%(name)s was added.", name=person.name))
    return redirect(url_for("faces.enrol" if "enrol" in request.form else ".show", person_id=person.id))


@pages.get("/<uuid:person_id>")
@may(Permission.SEE_RESIDENTS)
def show(person_id: UUID) -> ResponseReturnValue:
    story = queries.tell(db(), current().scope, person_id) or abort(404)
    marks = marks_about(db(), current().scope, person_id)
    passages = trail(db(), story.person) if current().may(Permission.KEEP_PRIVACY) else None
    gates = _told(story.person)
    return render_template("residents/show.html", story=story, marks=marks, told=gates, passages=passages)


@pages.get("/<uuid:person_id>/gates")
@may(Permission.SEE_RESIDENTS)
def gates(person_id: UUID) -> ResponseReturnValue:
    """For the page's script: a mark that changes when a gate has learnt something."""
    person = queries.find_person(db(), current().scope, person_id) or abort(404)
    return jsonify(mark=_told(person).mark)


@pages.route("/<uuid:person_id>/edit", methods=["GET", "POST"])
@may(Permission.EDIT_RESIDENTS)
def edit(person_id: UUID) -> ResponseReturnValue:
    person = service.own_person(db(), _editor(), person_id)
    form = Person(name=person.name, phone=person.phone, born=person.born)
    if not form.sent_well():
        return render_template("residents/edit.html", form=form, person=person), _status()
    service.change_person(db(), _editor(), person_id, form.details())
    flash(_("The changes are kept."))
    return redirect(url_for(".show", person_id=person_id))


@pages.route("/<uuid:person_id>/homes", methods=["GET", "POST"])
@may(Permission.EDIT_RESIDENTS)
def add_home(person_id: UUID) -> ResponseReturnValue:
    person = service.own_person(db(), _editor(), person_id)
    form = Home()
    form.offer(queries.units(db(), current().scope))
    if not form.sent_well():
        return render_template("residents/add_home.html", form=form, person=person), _status()
    service.add_home(db(), _editor(), person_id, form.room())
    flash(_("The home is added; the gates are told."))
    return redirect(url_for(".show", person_id=person_id))


@pages.post("/<uuid:person_id>/homes/<int:membership_id>/end")
@may(Permission.EDIT_RESIDENTS)
def end_home(person_id: UUID, membership_id: int) -> ResponseReturnValue:
    service.end_home(db(), _editor(), person_id, membership_id)
    flash(_("The home is ended; the gates are told."))
    return redirect(url_for(".show", person_id=person_id))


@pages.post("/<uuid:person_id>/pin")
@may(Permission.EDIT_RESIDENTS)
def set_pin(person_id: UUID) -> ResponseReturnValue:
    person = service.own_person(db(), _editor(), person_id)
    issued = service.set_pin(db(), _editor(), person_id, keys().dispatch)
    homes = queries.homes_of(db(), current().scope, person_id)
    return render_template("residents/pin.html", person=person, pin=issued.secret, homes=homes)


@pages.post("/<uuid:person_id>/link")
@may(Permission.EDIT_RESIDENTS)
def make_link(person_id: UUID) -> ResponseReturnValue:
    person = service.own_person(db(), _editor(), person_id)
    issued = service.make_link(db(), _editor(), person_id)
    address = settings().base_url.rstrip("/") + url_for("portal.mine", secret=issued.secret)
    code = segno.make(address, error="m").svg_data_uri(border=4, scale=6)
    return render_template(
        "residents/link.html", person=person, address=address, code=code, lasts=now() + service.LINK_LASTS
    )


def _told(person: tables.Person) -> Told:
    return told(db(), current().scope, person, last_change(db(), person, now()), now())


def _editor() -> Editor:
    return Editor(current(), now())


def _status() -> int:
    return 200 if request.method == "GET" else 422


def _cursor() -> Cursor | None:
    """From the id in the address: a name would stand in histories and logs."""
    backwards = "before" in request.args
    try:
        edge = UUID(request.args.get("before") or request.args.get("after") or "")
    except ValueError:
        return None
    person = queries.find_person(db(), current().scope, edge)
    return Cursor(person.pinyin, person.id, backwards) if person else None


def _page_address(argument: str, edge: Line | None) -> str | None:
    if edge is None:
        return None
    kept = {key: value for key, value in request.args.items() if key in ("q", "gone")}
    return url_for(".index", **kept, **{argument: str(edge.id)})  # pyright: ignore[reportArgumentType]
