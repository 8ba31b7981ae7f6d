"""`kaimen demo --headless`: the demonstration once, in a temporary folder, checked from the camera to the page."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import typer
from sqlalchemy import select

from admin.db.session import reading
from admin.db.tables import Passage
from contracts.words import Method, Outcome, Reason
from kaimen.demo.figures import percentiles, pulses, resident_mb
from kaimen.demo.log_page import ids_on_the_log_page
from kaimen.demo.script import SCENES, Expected, expected_of, seconds_of
from kaimen.demo.stage import Stage
from kaimen.house import House
from kaimen.install import Installation
from kaimen.state import StateFolder, check_space, free_port, held
from kaimen.up import prepared

SLACK_S: Final = 25.0  # the gate's own start before the clip, and the way into the register after it


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage as the register has it."""

    id: UUID
    outcome: Outcome
    method: Method
    reason: Reason | None
    person: UUID | None
    recorded_at: datetime


def run(json_line: bool, house_of: Callable[[Installation], House] = House.of) -> int:
    """0 where everything seen is right. Raises CannotStart where something does not come up."""
    with tempfile.TemporaryDirectory(prefix="kaimen-") as folder:
        state = StateFolder(Path(folder))
        with held(state):
            check_space(state.root)
            house = house_of(prepared(state, free_port(0)))
            try:
                report = _show(house)
            finally:
                house.stop()
    typer.echo(json.dumps(report, indent=None if json_line else 2))
    return 0 if report["wrong"] == 0 else 1


def _show(house: House) -> dict[str, object]:
    """Runs the clip and compares what was recorded and shown with what the script says."""
    house.start_server()
    resident = Stage(house).set_up(loop=False).enrolled
    expected = expected_of(SCENES)
    house.wait_until(lambda: len(seen_in(house)) >= len(expected), seconds_of(SCENES) + SLACK_S)
    seen = seen_in(house)
    wrong = count_wrong(seen, expected, resident) + len(
        {one.id for one in seen} - ids_on_the_log_page(house.box)
    )
    return _report(house, seen, wrong)


def seen_in(house: House) -> list[Seen]:
    """Every passage recorded, in the gate's own order."""
    with reading(house.box.engine) as session:
        rows = session.scalars(select(Passage).order_by(Passage.at, Passage.seq)).all()
        return [
            Seen(
                id=row.id,
                outcome=Outcome(row.outcome),
                method=Method(row.method),
                reason=Reason(row.reason) if row.reason else None,
                person=row.person_id,
                recorded_at=row.recorded_at,
            )
            for row in rows
        ]


def count_wrong(seen: list[Seen], expected: list[Expected], resident: UUID) -> int:
    """Attempts that did not come out as they should, are missing, or should not be there.

    Compared as they follow one another; two people in view at once may be decided in either order.
    """
    wrong, rest = 0, list(seen)
    for wanted in expected:
        near = rest[:2]
        found = next((one for one in near if _fits(one, wanted, resident)), None)
        if found is None:
            wrong += 1
            rest = rest[1:]
        else:
            rest.remove(found)
    return wrong + len(rest)


def _fits(seen: Seen, expected: Expected, resident: UUID) -> bool:
    whose = resident if expected.resident else None
    return (seen.outcome, seen.method, seen.reason, seen.person) == (
        expected.outcome,
        expected.method,
        expected.reason,
        whose,
    )


def _report(house: House, seen: list[Seen], wrong: int) -> dict[str, object]:
    done = pulses(house.box.folder.gate / "journal.sqlite3")
    recorded = {one.id: one.recorded_at for one in seen}
    to_row = [
        (recorded[pulse.passage] - pulse.at).total_seconds() * 1000
        for pulse in done
        if pulse.passage in recorded
    ]
    return {
        "approaches": len(seen),
        "granted": sum(one.outcome is Outcome.GRANTED for one in seen),
        "denied": dict(
            Counter(one.reason.value for one in seen if one.outcome is Outcome.DENIED and one.reason)
        ),
        "wrong": wrong,
        "unlock_ms": percentiles([pulse.unlock_ms for pulse in done if pulse.unlock_ms is not None]),
        "row_ms": percentiles(to_row),
        "rss_mb": resident_mb(house.children.pids),
    }
