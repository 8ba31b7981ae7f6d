"""Keeps a handful of processes alive: starts them in order, restarts one that dies, stops all in reverse."""

import ctypes
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 20.0  # a child that lived this long starts again with the first pause
STOP_S: Final = 8.0
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


@dataclass(frozen=True, slots=True)
class Command:
    """One child: its name, its words, and where its output goes."""

    name: str
    words: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class _Child:
    command: Command
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE_S
    due: float | None = None  # when to start it again


class Supervisor:
    """Owns its children. `tend` is called a few times a second by whoever runs the loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._children: dict[str, _Child] = {}
        self._clock = clock
        self.restarts = 0

    def start(self, command: Command) -> None:
        """Raises OSError where the program cannot be run at all."""
        self._children[command.name] = _Child(command, spawn(command), self._clock())

    def tend(self) -> list[str]:
        """Starts what has died and is due; returns the names of those found dead just now."""
        now = self._clock()
        dead: list[str] = []
        for child in self._children.values():
            if child.due is not None:
                self._restart_when_due(child, now)
            elif child.process.poll() is not None:
                dead.append(child.command.name)
                if now - child.started > STEADY_S:
                    child.pause = FIRST_PAUSE_S
                child.due = now + child.pause
                child.pause = min(child.pause * 2, LONGEST_PAUSE_S)
                log.error("child_died", child=child.command.name, code=child.process.returncode)
        return dead

    def _restart_when_due(self, child: _Child, now: float) -> None:
        if child.due is None or now < child.due:
            return
        child.process, child.started, child.due = spawn(child.command), now, None
        self.restarts += 1

    def pid(self, name: str) -> int:
        return self._children[name].process.pid

    @property
    def pids(self) -> dict[str, int]:
        """Of the children alive now."""
        return {
            name: child.process.pid
            for name, child in self._children.items()
            if child.due is None and child.process.poll() is None
        }

    def stop(self, name: str) -> None:
        """Ends one child for good."""
        _stop(self._children.pop(name).process)

    def stop_all(self) -> None:
        """Ends every child, the last started first: the gate says good-bye while there is still a broker."""
        for name in reversed(list(self._children)):
            self.stop(name)


def spawn(command: Command) -> subprocess.Popen[bytes]:
    """Starts the program; it ends with us, however we end. Raises OSError where it cannot be run at all."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("ab") as output:
        return subprocess.Popen(
            command.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(command.environment) or None,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - prctl only, before any thread of the child
        )


_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    """If we are killed, the kernel ends the child too: no orphan keeps a port or a door."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
