"""The access log."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.security.permissions import Permission
from admin.web import keyset
from admin.web.confusions.queries import Mark, mark_of, marked, recognised
from admin.web.guard import current, db, engine, may, now
from admin.web.links import own_path
from admin.web.passages import filters, purpose, queries, service
from admin.web.passages.proof import proof
from admin.web.passages.words import PROOFS, SPANS
from admin.web.pictures.service import PictureFate, fate_of_picture
from admin.web.residents.queries import Search, find_person, list_people
from admin.words import METHODS, OUTCOMES, REASONS

pages = Blueprint("passages", __name__, template_folder="templates")
PEOPLE_SHOWN: Final = 8
FILTERS: Final = ("compound", "when", "from", "to", "gate", "outcome", "reason", "method", "person")


@dataclass(frozen=True, slots=True)
class Told:
    """An attempt as its story shows it: what staff said of it, and whether they may say it here."""

    story: queries.Story
    mark: Mark | None
    markable: bool
    picture: PictureFate | None


@pages.get("/log")
@may(Permission.SEE_LOG)
def index() -> ResponseReturnValue:
    mine = queries.compounds(db(), current().scope)
    if not mine:
        abort(404)
    chosen = next((one.id for one in mine if str(one.id) == request.args.get("compound")), mine[0].id)
    typed = request.args.get("q", "").strip()
    people = list_people(db(), current().scope, Search(typed), None, PEOPLE_SHOWN).lines if typed else []
    if len(people) == 1:
        return redirect(_address(q=None, person=str(people[0].id)))
    wanted = filters.wanted(request.args, now())
    person = find_person(db(), current().scope, wanted.person) if wanted.person else None
    opened = filters.id_in(request.args.get("open"))
    asks_why = bool(wanted.person or opened) and purpose.said_today() is None
    unread = asks_why or bool(typed)  # a name not settled yet: everybody's passages would pass for that one's
    page = None if unread else _page(chosen, wanted)
    return render_template(
        "passages/index.html",
        compounds=mine,
        compound=chosen,
        gates=queries.gates(db(), current().scope, chosen),
        wanted=wanted,
        person=person,
        typed=typed,
        people=people,
        asks_why=asks_why,
        page=page,
        marked=marked(db(), [line.id for line in page.lines]) if page else frozenset(),
        told=_story(opened) if opened and not unread else None,
        proof=proof,
        proofs=PROOFS,
        spans=SPANS,
        outcomes=OUTCOMES,
        reasons=REASONS,
        methods=METHODS,
        purposes=service.PURPOSES,
        address=_address,
        cursor=_cursor,
    )


@pages.post("/log/purpose")
@may(Permission.SEE_LOG)
def say_purpose() -> ResponseReturnValue:
    """Asked once a day of everybody who reads about somebody."""
    code = request.form.get("purpose", "")
    if code not in service.PURPOSES:
        abort(400)
    purpose.say(code)
    return redirect(own_path(request.form.get("next"), url_for(".index")))


def _page(compound: int, wanted: filters.Wanted) -> queries.LogPage:
    if wanted.person is not None:
        service.note_person_read(engine(), current(), wanted, purpose.said_today() or "", now())
    before, after = keyset.read(request.args.get("before")), keyset.read(request.args.get("after"))
    cursor = queries.Cursor(*before) if before else queries.Cursor(*after, newer=True) if after else None
    return queries.log(db(), current().scope, compound, wanted, cursor)


def _story(passage: UUID) -> Told | None:
    scope = current().scope
    found = queries.story(db(), scope, passage)
    if found is None:
        return None
    service.note_passage_read(engine(), current(), passage, purpose.said_today() or "", now())
    markable = current().may(Permission.TELL_APART) and recognised(db(), scope, passage) is not None
    seen = current().may(Permission.SEE_PICTURES)
    picture = fate_of_picture(db(), scope, passage, now()) if seen else None
    return Told(found, mark_of(db(), scope, passage), markable, picture)


def _cursor(line: queries.PassageLine) -> str:
    return keyset.written(line.at, line.id)


def _address(**changed: str | None) -> str:
    """This view with some arguments changed, or dropped where None; where one is in the list stays."""
    said = {**{key: request.args.get(key) for key in (*FILTERS, "q", "before", "after", "open")}, **changed}
    return f"{url_for('.index')}?{urlencode({key: value for key, value in said.items() if value})}"
