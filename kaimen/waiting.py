"""Waiting for what other processes write into the register, with an end to it."""

import json
import time
from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Engine

from admin.db.session import reading
from admin.db.tables import Job
from kaimen.state import CannotStart

Found = TypeVar("Found")
LOOK_S = 0.1


def wait_until(what: str, look: Callable[[], Found | None], seconds: float) -> Found:
    """What `look` finds; raises CannotStart naming `what` when it does not come in time."""
    end = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > end:
            raise CannotStart(f"Waited {seconds:.0f} s for {what}. The logs say more.")
        time.sleep(LOOK_S)
    return found


def job_done(engine: Engine, job_id: int) -> dict[str, object] | None:
    """The result of a job that ended; None while it is under way. Raises CannotStart where it was refused."""
    with reading(engine) as session:
        job = session.get(Job, job_id)
        if job is None or job.state in ("queued", "running"):
            return None
        result = cast(dict[str, object], json.loads(job.result or "{}"))
        if job.state != "done":
            raise CannotStart(f"The job {job.kind} was {job.state}: {result}")
        return result
