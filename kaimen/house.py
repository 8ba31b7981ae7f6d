"""All processes on one box: started in the order they need each other, watched, stopped in reverse."""

import os
import secrets
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from admin.dispatch.broker import DISPATCH, INGEST
from admin.security.keys import write_private
from kaimen.broker import BrokerFiles, EmbeddedBroker
from kaimen.install import Installation, write_server_settings
from kaimen.state import CannotStart
from kaimen.supervisor import Command, Supervisor

SERVER: Final = ("web", "ingest", "worker", "dispatch")
MODULES: Final = {
    "web": "admin.web",
    "ingest": "admin.ingest",
    "worker": "admin.jobs",
    "dispatch": "admin.dispatch",
    "gate": "gate",
}
OF_A_CHILD: Final = {
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",  # galleries and bodies go back to the system when they are replaced
}
READY_S: Final = 30.0
LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class House:
    """A prepared box and the processes that run on it."""

    box: Installation
    children: Supervisor
    broker: EmbeddedBroker

    @classmethod
    def of(cls, box: Installation) -> "House":
        return cls(box, Supervisor(), _broker_of(box))

    def start_server(self) -> None:
        """Broker, web, ingest, worker, dispatch; returns when the broker listens and web answers."""
        passwords = {name: self.secret("broker", name) for name in (INGEST, DISPATCH)}
        self.broker.write(passwords[INGEST].read_text(), passwords[DISPATCH].read_text())
        write_server_settings(self.box, passwords)
        self._start("broker", tuple(self.broker.command()))
        self.wait_for("the broker", lambda: _listens(self.box.host, self.box.ports.broker))
        for process in SERVER:
            self.start_process(process)
        self.wait_for("the pages", lambda: _answers(self.box))

    def start_process(self, name: str) -> None:
        """One of our own modules with the settings file of its name."""
        words = (sys.executable, "-m", MODULES[name], "--config", str(self.box.folder.config(name)))
        self._start(name, words)

    def wait_for(self, what: str, true: Callable[[], bool], seconds: float = READY_S) -> None:
        """Tends the children until `true`; raises CannotStart naming what did not come and where to read why."""
        if not self.wait_until(true, seconds):
            raise CannotStart(f"Waited {seconds:.0f} s for {what}. The logs say more: {self.box.folder.logs}")

    def wait_until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Tends the children until `true` or the time is over; says which."""
        end = time.monotonic() + seconds
        while not true():
            self.children.tend()
            if time.monotonic() > end:
                return False
            time.sleep(LOOK_S)
        return True

    def secret(self, folder: str, name: str) -> Path:
        """A file with 256 random bits as text, made once."""
        path = self.box.folder.keys(folder) / f"{name}.secret"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32).encode())
        return path

    def stop(self) -> None:
        self.children.stop_all()
        self.box.engine.dispose()

    def _start(self, name: str, words: tuple[str, ...]) -> None:
        log = self.box.folder.log(name)
        _turn_over(log)
        self.children.start(
            Command(
                name,
                words,
                log,
                {**os.environ, **OF_A_CHILD},
            )
        )


LARGEST_LOG: Final = 10 * 2**20


def _turn_over(log: Path) -> None:
    """Keeps one older file, so that logs never fill the disk the journal needs."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        shutil.move(log, log.with_suffix(".old.log"))


def _broker_of(box: Installation) -> EmbeddedBroker:
    papers = box.papers
    tls = (
        BrokerFiles(papers.certificate("broker"), papers.key("broker"), papers.authority) if papers else None
    )
    return EmbeddedBroker(box.folder.broker, box.ports.broker, box.host, tls)


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def _answers(box: Installation) -> bool:
    trust = ssl.create_default_context(cafile=box.papers.authority) if box.papers else False
    try:
        return httpx.get(f"{box.address}/healthz", timeout=2.0, trust_env=False, verify=trust).is_success
    except httpx.HTTPError:
        return False
