"""The wanted roster is fetched, applied, and said to be held; trouble is said too."""

import threading
from datetime import UTC, datetime

import pytest

from contracts.ids import BootId
from contracts.manifest import HaveV1, Manifest
from contracts.roster import RosterBody
from contracts.topics import HAVE, Topic
from contracts.wire import Message
from gate.mqtt.fetch import Base, Fetched, NotFetched, Trouble
from gate.mqtt.follow import Follower, Gate
from gate.store.roster import RosterStore
from tests.gate.mqtt.test_fetch import GATE, PLAIN, SEALED, a_body, a_manifest

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MANIFEST = a_manifest(PLAIN)


class World:
    """A follower with a server, a store and a gallery that answer as told."""

    def __init__(self) -> None:
        self.answer: Fetched | NotFetched = Fetched(a_body(), lambda: iter([SEALED]))
        self.refusal: str | None = None
        self.fetched = 0
        self.bases: list[Base | None] = []
        self.applied: list[RosterBody] = []
        self.said: list[HaveV1] = []
        self.heard = threading.Condition()
        self.rosters = RosterStore(None)
        gate = Gate(GATE, BootId("b1"), lambda: NOON)
        self.follower = Follower(gate, self, self.rosters, self, self.apply)

    def fetch(self, manifest: Manifest, base: Base | None = None) -> Fetched | NotFetched:
        self.fetched += 1
        self.bases.append(base)
        return self.answer

    def publish(self, topic: Topic, payload: Message) -> bool:
        assert topic == HAVE
        assert isinstance(payload, HaveV1)
        with self.heard:
            self.said.append(payload)
            self.heard.notify_all()
        return True

    def apply(self, body: RosterBody) -> str | None:
        if self.refusal is None:
            self.applied.append(body)
        return self.refusal

    def last(self) -> tuple[int, str | None]:
        return self.said[-1].version, self.said[-1].trouble


@pytest.fixture
def world() -> World:
    return World()


def test_the_wanted_roster_is_applied_held_and_said(world: World) -> None:
    world.follower.take(MANIFEST)
    assert world.follower.step(5.0) is None
    assert world.applied == [a_body()]
    assert world.rosters.roster == a_body()
    assert world.last() == (7, None)
    assert world.said[-1].digest == MANIFEST.digest


def test_a_roster_already_held_is_not_fetched_again_but_its_lease_is_renewed(world: World) -> None:
    world.follower.take(MANIFEST)
    world.follower.step(5.0)
    tomorrow = MANIFEST.model_copy(update={"at": datetime(2027, 3, 2, 12, tzinfo=UTC)})
    world.follower.take(tomorrow)
    world.follower.step(6.0)
    assert world.fetched == 1
    assert world.rosters.held is not None
    assert world.rosters.held.manifest == tomorrow


def test_the_next_roster_is_asked_for_from_the_one_held(world: World) -> None:
    world.follower.take(MANIFEST)
    world.follower.step(5.0)
    world.follower.take(MANIFEST.model_copy(update={"version": 8, "digest": "e" * 64}))
    world.follower.step(6.0)
    assert world.bases == [None, Base(a_body(), MANIFEST.digest)]


def test_what_cannot_be_fetched_is_tried_again_more_slowly(world: World) -> None:
    world.answer = NotFetched(Trouble.NOT_REACHED)
    world.follower.take(MANIFEST)
    assert [world.follower.step(0.0) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert world.last() == (0, "not_reached")
    world.answer = Fetched(a_body(), lambda: iter([SEALED]))
    assert world.follower.step(0.0) is None
    assert world.last() == (7, None)


def test_a_roster_the_gallery_refuses_is_not_held(world: World) -> None:
    world.refusal = "other_model"
    world.follower.take(MANIFEST)
    world.follower.step(0.0)
    assert world.rosters.roster is None
    assert world.last() == (0, "other_model")


@pytest.mark.promise(8)
def test_a_lower_manifest_is_refused_once_and_the_held_one_is_said(world: World) -> None:
    world.follower.take(MANIFEST)
    world.follower.step(0.0)
    world.follower.take(MANIFEST.model_copy(update={"version": 6}))
    assert world.follower.step(1.0) is None
    assert world.fetched == 1
    assert world.last() == (7, "lower_version")


def test_with_nothing_wanted_there_is_nothing_to_do(world: World) -> None:
    assert world.follower.step(0.0) is None
    assert world.said == []


def test_the_thread_follows_and_survives_an_error(world: World) -> None:
    failures = iter([RuntimeError("a gallery that fails once")])

    def apply(body: RosterBody) -> str | None:
        for failure in failures:
            raise failure
        return World.apply(world, body)

    follower = Follower(Gate(GATE, BootId("b1"), lambda: NOON), world, world.rosters, world, apply)
    follower.start()
    follower.take(MANIFEST)
    with world.heard:
        assert world.heard.wait_for(lambda: world.said[-1].version == 7, timeout=20)
    follower.stop()
    assert [have.trouble for have in world.said] == [None, "not_kept", None]
