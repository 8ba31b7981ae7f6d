"""The calibration report, and asking for a new one."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.db.calibration import Last
from admin.db.tables.places import Place
from admin.security.permissions import Permission
from admin.web.calibration import queries, service
from admin.web.calibration.chart import Chart, chart
from admin.web.calibration.words import FAULTS, OUTLIERS, REASONS, SMALLEST, STEPS, between, figure, percent
from admin.web.guard import current, db, engine, may, now

pages = Blueprint("calibration", __name__, template_folder="templates", url_prefix="/calibration")


@pages.get("/")
@may(Permission.SEE_CALIBRATION)
def index() -> ResponseReturnValue:
    mine = queries.compounds(db(), current().scope)
    if not mine:
        abort(404)
    chosen = next((one for one in mine if str(one.id) == request.args.get("compound")), mine[0])
    attempt = queries.attempt(db(), chosen.id)
    found = queries.newest(db(), current().scope, chosen.id)
    waits = attempt is not None and attempt.waits
    named = found is not None and not waits
    if named:
        service.note_read(engine(), current(), chosen.id, now())
    return render_template(
        "calibration/index.html",
        compounds=mine,
        compound=chosen,
        attempt=attempt,
        last=found,
        waits=waits,
        pairs=queries.pairs(db(), current().scope, found.report) if found and named else [],
        outliers=queries.outliers(db(), current().scope, found.report) if found and named else [],
        doors=queries.doors(db(), current().scope, found.report, now()) if found else [],
        chart=_chart(found),
        faults=FAULTS,
        kinds=OUTLIERS,
        steps=STEPS,
        reasons=REASONS,
        smallest=SMALLEST,
        figure=figure,
        percent=percent,
        between=between,
    )


@pages.post("/<int:compound>/measure")
@may(Permission.SEE_CALIBRATION)
def measure(compound: int) -> ResponseReturnValue:
    place = _mine(compound)
    service.ask(db(), current(), place.id, now())
    return redirect(url_for(".index", compound=place.id))


@pages.get("/<int:compound>/status")
@may(Permission.SEE_CALIBRATION)
def status(compound: int) -> ResponseReturnValue:
    """For the page's script, while a measurement waits or runs."""
    attempt = queries.attempt(db(), _mine(compound).id)
    return jsonify(mark=f"{attempt.job}:{attempt.state}" if attempt else "")


def _mine(compound: int) -> Place:
    mine = queries.compounds(db(), current().scope)
    return next((one for one in mine if one.id == compound), None) or abort(404)


def _chart(found: Last | None) -> Chart | None:
    measured = found.report.measured if found else None
    if found is None or measured is None or measured.different is None:
        return None
    return chart(measured.different, found.report.likeness.same, found.report.likeness.near)
