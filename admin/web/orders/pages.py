"""Opening by hand, and what gates stand under."""

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.security.permissions import Permission
from admin.web.gates.queries import gates
from admin.web.guard import current, db, may, now
from admin.web.orders import queries, words
from admin.web.orders.forms import Why, WhyAndHowLong
from admin.web.orders.service import OrderRefusal, put_down
from admin.web.passages.service import PURPOSES
from admin.web.pictures.service import fate_of_picture
from contracts.order import Mode, Operation

pages = Blueprint("orders", __name__, template_folder="templates")


@pages.get("/orders")
@may(Permission.OPEN_GATE)
def index() -> ResponseReturnValue:
    return _list()


@pages.get("/orders/<uuid:order>")
@may(Permission.OPEN_GATE)
def show(order: UUID) -> ResponseReturnValue:
    line = queries.one(db(), current().scope, order)
    if line is None:
        abort(404)
    return render_template(
        "orders/show.html",
        line=line,
        awaited=line.is_awaited(now()),
        picture=fate_of_picture(db(), current().scope, order, now()),
        purposes=PURPOSES,
        words_of=words,
    )


@pages.post("/orders/<gate>/open")
@may(Permission.OPEN_GATE)
def open_gate(gate: str) -> ResponseReturnValue:
    return _order([gate], Operation.OPEN, Why())


@pages.post("/orders/<gate>/close")
@may(Permission.OPEN_GATE)
def close_gate(gate: str) -> ResponseReturnValue:
    return _order([gate], Operation.CLOSE, Why())


@pages.post("/orders/<gate>/lock_down")
@may(Permission.HOLD_GATE)
def lock_down(gate: str) -> ResponseReturnValue:
    return _stand(gate, Mode.LOCK_DOWN)


@pages.post("/orders/<gate>/hold_open")
@may(Permission.HOLD_GATE)
def hold_open(gate: str) -> ResponseReturnValue:
    return _stand(gate, Mode.HOLD_OPEN)


@pages.post("/orders/<gate>/normal")
@may(Permission.HOLD_GATE)
def release(gate: str) -> ResponseReturnValue:
    return _order([gate], Mode.NORMAL, Why())


@pages.post("/orders/<gate>/reboot")
@may(Permission.HOLD_GATE)
def restart(gate: str) -> ResponseReturnValue:
    return _order([gate], Operation.REBOOT, Why())


@pages.post("/orders/<gate>/test_picture")
@may(Permission.SEE_PICTURES)
def test_picture(gate: str) -> ResponseReturnValue:
    return _order([gate], Operation.TEST_PICTURE, Why())


@pages.post("/orders/all/lock_down")
@may(Permission.HOLD_GATE)
def lock_all_down() -> ResponseReturnValue:
    return _all(Mode.LOCK_DOWN)


@pages.post("/orders/all/normal")
@may(Permission.HOLD_GATE)
def release_all() -> ResponseReturnValue:
    return _all(Mode.NORMAL)


def _stand(gate: str, mode: Mode) -> ResponseReturnValue:
    return _order([gate], mode, WhyAndHowLong())


def _all(mode: Mode) -> ResponseReturnValue:
    """The same for every gate at the caller's post; each order has its own fate."""
    form = Why() if mode is Mode.NORMAL else WhyAndHowLong()
    return _order([gate.id for gate in gates(db(), current().scope, now())], mode, form)


def _order(to: list[str], what: Operation | Mode, form: Why) -> ResponseReturnValue:
    """To the page of the order; of several, to their list. Else the list again with what is the matter."""
    if not form.sent_well():
        return _list(words.CHOOSE), 422
    made = put_down(db(), current(), to, form.wanted(what), now())
    if made is OrderRefusal.NO_GATE:
        abort(404)
    if isinstance(made, OrderRefusal):
        return _list(words.REFUSALS[made]), 422
    if len(made) == 1:
        return redirect(url_for(".show", order=made[0].id))
    return redirect(url_for(".index"))


def _list(trouble: str | None = None) -> str:
    scope, before = current().scope, request.args.get("before", type=int)
    lines = queries.history(db(), scope, before)
    return render_template(
        "orders/index.html",
        gates=gates(db(), scope, now()),
        standing=queries.standing(db(), scope, now()),
        lines=lines,
        awaited=any(line.is_awaited(now()) for line in lines),
        further=queries.further(lines),
        words_of=words,
        trouble=trouble,
    )
