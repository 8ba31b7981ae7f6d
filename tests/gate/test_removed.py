"""Whoever is not in the next roster is nowhere at the gate any more: gallery, store, file, memory."""

import gc
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from contracts.ids import BootId, PersonId
from contracts.roster import RosterBody, RosterPerson
from contracts.sealing import unseal
from contracts.topics import Topic
from contracts.wire import Message
from gate.knowledge import Knowledge
from gate.mqtt.fetch import Server
from gate.mqtt.follow import Follower, Gate
from gate.store.roster import RosterStore
from gate.vision.match import Threshold
from tests.gate.mqtt.test_fetch import GATE, KEY, a_body
from tests.gate.mqtt.test_steps import Shelf, digest_of, manifest_of, step

STAYING = np.array([[0.6, 0.8]] * 500, dtype="<f4")
GONE = np.array([[0.28, 0.96]], dtype="<f4")
OLD_PEOPLE = [RosterPerson(id=PersonId(name)) for name in ("stays", "goes")]


def a_version(number: int, people: list[RosterPerson], rows: np.ndarray) -> RosterBody:
    owners = [0] * len(STAYING) + [1] * (len(rows) - len(STAYING))
    head = a_body().roster.model_copy(update={"version": number, "people": people, "rows": owners})
    return RosterBody(head, rows.tobytes())


BEFORE = a_version(7, OLD_PEOPLE, np.concatenate([STAYING, GONE]))
AFTER = a_version(8, OLD_PEOPLE[:1], STAYING)


class Silent:
    """A broker that nobody hears."""

    def publish(self, topic: Topic, payload: Message) -> bool:
        return True


class AGate:
    """The roster's way through a gate that keeps it on its disk."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.file = folder / "roster.sealed"
        self.rosters = RosterStore(folder, "disk")
        model = BEFORE.roster.model
        self.knowledge = Knowledge(model, lambda _gallery: Threshold(0.5, 0.1), lambda: False)
        gate = Gate(GATE, BootId("b1"), lambda: datetime.now(UTC))
        self._follower = Follower(gate, server, self.rosters, Silent(), self.knowledge.apply)

    def take(self, body: RosterBody) -> None:
        self._follower.take(manifest_of(body))
        assert self._follower.step(time.monotonic()) is None

    def places(self) -> list[bytes]:
        """Everywhere that templates are: gallery, store, file."""
        gallery, roster = self.knowledge.now.gallery, self.rosters.roster
        assert roster is not None
        return [
            gallery.matrix.tobytes(),
            bytes(roster.templates),
            unseal(KEY, "roster", self.file.read_bytes()),
        ]

    def memory(self) -> list[Callable[[], object | None]]:
        """Weakly, what holds the templates in memory."""
        roster = self.rosters.roster
        assert roster is not None
        assert isinstance(roster.templates, memoryview)
        return [weakref.ref(self.knowledge.now.gallery.matrix), weakref.ref(roster.templates)]


@pytest.mark.promise(9)
@pytest.mark.promise(12)
@pytest.mark.parametrize("by_step", [True, False], ids=["by a step", "whole"])
def test_whoever_was_removed_is_nowhere_at_the_gate_after_the_next_roster(
    tmp_path: Path, by_step: bool
) -> None:
    shelf = Shelf({digest_of(BEFORE): step(BEFORE, AFTER)} if by_step else {}, BEFORE)
    gate = AGate(tmp_path, shelf.server())
    gate.take(BEFORE)
    assert all(GONE.tobytes() in place for place in gate.places())
    before = gate.memory()

    shelf.body = None if by_step else AFTER
    gate.take(AFTER)
    gc.collect()
    assert gate.knowledge.now.gallery.people == (PersonId("stays"),) * len(STAYING)
    assert all(STAYING.tobytes() in place for place in gate.places())
    assert not any(GONE.tobytes() in place for place in gate.places())
    assert [kept() for kept in before] == [None, None]
    assert shelf.asked[-1] == ("step" if by_step else "whole")
    assert {file.name for file in tmp_path.iterdir()} == {"roster.sealed", "roster.json"}
