"""The loop: take, do, and once more. One job that fails is tried again later and never ends the loop."""

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from admin.db.jobs import Queue, due, finish, postpone, take
from admin.db.session import reading, writing
from admin.jobs.task import Doer, Ground, Task, still_ours, task_of

POLL_S: Final = 0.2
ROUND: Final = timedelta(minutes=10)
log = structlog.get_logger()


class Worker:
    """Does the jobs of the worker's queue, one after the other."""

    def __init__(
        self,
        ground: Ground,
        doers: Mapping[str, Doer],
        pause: Callable[[float], bool],
        rounds: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`pause` waits that many seconds and says whether to stop; `rounds` do or queue what nobody asks for."""
        self._ground, self._doers, self._pause = ground, doers, pause
        self._rounds, self._round_at = rounds, ground.now()

    def run(self) -> None:
        """Until `pause` says stop; a job in hand is done first."""
        while not self._pause(0 if self.step() else POLL_S):
            self.go_round()

    def go_round(self) -> None:
        """Every ten minutes, the first time at once."""
        now = self._ground.now()
        if now < self._round_at:
            return
        self._round_at = now + ROUND
        for each in self._rounds:
            try:
                each()
            except Exception as trouble:  # noqa: BLE001 - as below: the next round tries again
                log.error("round failed", code=code_of(trouble), at=_place(trouble))  # noqa: TRY400 - no message: see below

    def step(self) -> bool:
        """Does the next job; False where there was none, or it went wrong."""
        task: Task | None = None
        try:
            task = self._taken()
            if task is not None:
                self._do(task)
        except Exception as trouble:  # noqa: BLE001 - one bad job, or a database away, must not end the worker
            self._later(task, trouble)
            return False
        return task is not None

    def _taken(self) -> Task | None:
        now = self._ground.now()
        with reading(self._ground.engine) as session:
            if not due(session, Queue.WORKER, now):
                return None
        with writing(self._ground.engine) as session:
            row = take(session, Queue.WORKER, now)
            return None if row is None else task_of(row)

    def _do(self, task: Task) -> None:
        doer = self._doers.get(task.kind)
        if doer is not None:
            doer(task)
            log.info("job ended", job=task.id, kind=task.kind)
            return
        with writing(self._ground.engine) as session:
            row = still_ours(session, task)
            if row is not None:
                finish(row, "refused", {"faults": ["unknown_kind"]}, self._ground.now())

    def _later(self, task: Task | None, trouble: Exception) -> None:
        code = code_of(trouble)
        # Neither message nor values: one may be a name.
        log.error("job failed", job=task and task.id, kind=task and task.kind, code=code, at=_place(trouble))
        if task is None:
            return
        with suppress(SQLAlchemyError), writing(self._ground.engine) as session:  # else its lease ends
            row = still_ours(session, task)
            if row is not None:
                postpone(row, code, self._ground.now())


def code_of(trouble: Exception) -> str:
    """The error's own name as a code: operational_error, changed_key, missing_weights."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(trouble).__name__).lower()


def _place(trouble: Exception) -> str:
    steps = traceback.extract_tb(trouble.__traceback__)
    return f"{Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else "-"
