"""The live board and its stream."""

import json
import queue
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final, cast
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] # the package has none
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.session import reading
from admin.db.tables.gates import Gate
from admin.security.permissions import Permission
from admin.security.principals import Principal
from admin.web import guard
from admin.web.desk import queries, service
from admin.web.desk.feed import Closed, Feed, News
from admin.web.desk.queries import AlarmLine
from admin.web.gates.queries import GateLine, demonstrates
from admin.web.gates.words import STAGES
from admin.web.guard import current, db, may, now
from admin.web.languages import chosen
from admin.web.passages.queries import recorded_since

pages = Blueprint("desk", __name__, template_folder="templates")
FEED: Final = "kaimen_feed"
BEAT_S: Final = 15
# A stream ends by itself, so that whoever lost the right to watch is asked again.
LONGEST: Final = timedelta(minutes=10)
MISSED_AT_MOST: Final = 200
FURTHEST_BACK: Final = timedelta(minutes=10)


@pages.record_once
def _feed_for(state: object) -> None:
    app = cast(Flask, state.app)  # type: ignore[attr-defined] # Flask's BlueprintSetupState
    house = app.extensions["kaimen"]

    def ask(question: Callable[[Session], list[News]]) -> list[News]:
        def transaction() -> list[News]:
            with reading(house.engine) as session:
                return question(session)

        return house.around.aside(transaction)

    app.extensions[FEED] = Feed(ask, house.around.clock)


@pages.get("/live")
@may(Permission.SEE_LIVE)
def index() -> ResponseReturnValue:
    since = now()  # taken first: what is committed meanwhile comes twice, never not at all
    scope = current().scope
    return render_template(
        "desk/index.html",
        columns=queries.board(db(), scope, now()),
        alarms=queries.alarms(db(), scope, now()),
        demonstration=demonstrates(db(), scope),
        since=since.isoformat(),
        stages=STAGES,
    )


@pages.get("/live/stream")
@may(Permission.SEE_LIVE)
def stream() -> ResponseReturnValue:
    feed: Feed = current_app.extensions[FEED]
    who = current()
    gates = frozenset(db().scalars(select(Gate.id).where(Gate.id.in_(who.scope.gates))))
    watch = _Watch(current_app._get_current_object(), who, chosen())  # type: ignore[attr-defined] # noqa: SLF001 - Flask's documented way
    missed = _missed(who)
    if not feed.take_seat(str(who)):
        abort(429)
    answer = Response(_events(feed, watch, gates, missed), mimetype="text/event-stream")
    answer.call_on_close(partial(feed.leave_seat, str(who)))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@pages.post("/live/alarms/<uuid:alarm_id>/seen")
@may(Permission.SEE_LIVE)
def seen(alarm_id: UUID) -> ResponseReturnValue:
    if not service.see_alarm(db(), current(), alarm_id, now()):
        abort(404)
    return redirect(url_for(".index"))


class _Watch:
    """Draws news for one board: its language, its right to names."""

    def __init__(self, app: Flask, who: Principal, language: str) -> None:
        self.app, self.who, self.language = app, who, language

    def event(self, one: News) -> str:
        """The board replaces, adds or drops by `key`."""
        # A request of its own, for addresses; the one that opened the stream is over.
        with self.app.test_request_context(), force_locale(self.language):
            guard.become(self.who)
            if isinstance(one, GateLine):
                html = render_template("desk/_gate.html", gate=one, stages=STAGES)
                return _event("gate", one.id, one.id, html)
            if isinstance(one, AlarmLine):
                html = render_template("desk/_alarm.html", alarm=one, streamed=True)
                return _event("alarm", one.gate_id, str(one.id), html, one.recorded_at)
            html = render_template("desk/_card.html", line=one)
            return _event("passage", one.gate_id, str(one.id), html, one.recorded_at)


def _events(feed: Feed, watch: _Watch, gates: frozenset[str], missed: list[News]) -> Iterator[str]:
    """Runs outside the request: it takes nothing from it but what is handed in."""
    subscription = feed.subscribe(str(watch.who), gates)
    clock = watch.app.extensions["kaimen"].around.clock
    begun = clock()
    try:
        yield "retry: 1500\n\n"
        for one in missed:
            yield watch.event(one)
        while clock() - begun < LONGEST:
            try:
                one = subscription.news.get(timeout=BEAT_S)
            except queue.Empty:
                yield ": beat\n\n"
                continue
            if isinstance(one, Closed):
                return
            yield watch.event(one)
    finally:
        feed.leave(subscription)


def _missed(who: Principal) -> list[News]:
    """What was committed since this board was drawn, or since its last event."""
    said = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    try:
        since = datetime.fromisoformat(said)
    except ValueError:
        return []
    if since.tzinfo is None:
        return []
    since = max(since, now() - FURTHEST_BACK)
    news: list[News] = [*recorded_since(db(), who.scope, since, MISSED_AT_MOST)]
    return [*news, *reversed(queries.alarms_since(db(), who.scope, since, MISSED_AT_MOST))]


def _event(kind: str, gate: str, key: str, html: str, at: datetime | None = None) -> str:
    name = f"id: {at.isoformat()}\n" if at else ""
    data = json.dumps({"gate": gate, "key": key, "html": html}, ensure_ascii=False)
    return f"{name}event: {kind}\ndata: {data}\n\n"
