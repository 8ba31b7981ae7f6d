"""A gate comes from the roster it holds to the wanted one by steps, and whole where they do not lead there."""

import hashlib
from collections.abc import Mapping

import httpx
import pytest

from contracts.ids import PersonId
from contracts.manifest import Manifest
from contracts.roster import RosterBody, RosterPerson, encode_roster
from contracts.roster_delta import DELTA_PURPOSE, SHORT, RosterRows, Step, encode_delta
from contracts.sealing import seal
from gate.mqtt.fetch import MOST_STEPS, SEAL_BYTES, Base, Fetched, NotFetched, Server, Trouble
from tests.gate.mqtt.test_fetch import GATE, KEY, NOON, a_body, a_server, whole


def version(number: int) -> RosterBody:
    """Each knows a person more than the one before."""
    people = [RosterPerson(id=PersonId(f"p{one:04}")) for one in range(1000 + number)]
    head = a_body().roster.model_copy(update={"version": number, "people": people})
    return RosterBody(head, bytes(8))


def digest_of(body: RosterBody) -> str:
    return hashlib.sha256(encode_roster(body)).hexdigest()


def manifest_of(body: RosterBody) -> Manifest:
    return Manifest(
        gate=GATE,
        generation=1,
        version=body.roster.version,
        digest=digest_of(body),
        size=len(encode_roster(body)),
        at=NOON,
    )


def step(base: RosterBody, new: RosterBody, becomes: str | None = None) -> bytes:
    named = Step(digest_of(base), becomes or digest_of(new))
    delta = encode_delta(RosterRows.of(base), RosterRows.of(new), named)
    return seal(KEY.public_key(), DELTA_PURPOSE, delta)


class Shelf:
    """A server with steps by the digest they begin at, and one whole body."""

    def __init__(self, steps: Mapping[str, bytes], body: RosterBody | None = None) -> None:
        self.steps, self.body = steps, body
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[1]
        if "/after/" in request.url.path:
            self.asked.append("step")
            return whole(200, self.steps[name]) if name in self.steps else whole(404, b"")
        self.asked.append("whole")
        content = seal(KEY.public_key(), "roster", encode_roster(self.body)) if self.body else b""
        return whole(200 if self.body else 404, content)

    def server(self) -> Server:
        return a_server(self.answer)


OLD, NEXT, NEW = version(7), version(8), version(9)
BASE = Base(OLD, digest_of(OLD))


def test_two_versions_are_made_up_for_by_two_steps() -> None:
    shelf = Shelf({digest_of(OLD): step(OLD, NEXT), digest_of(NEXT): step(NEXT, NEW)})
    fetched = shelf.server().fetch(manifest_of(NEW), BASE)
    assert isinstance(fetched, Fetched)
    assert fetched.body == NEW
    assert shelf.asked == ["step", "step"]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not sealed at all",
        seal(KEY.public_key(), "roster", b"for something else"),
        seal(KEY.public_key(), DELTA_PURPOSE, b"no delta"),
        step(NEXT, NEW),  # begins elsewhere
        step(OLD, NEXT, becomes=digest_of(NEW)),  # and is not what it says
        step(OLD, OLD),  # leads in a circle
    ],
    ids=["nothing", "not sealed", "another purpose", "no step", "from elsewhere", "to elsewhere", "a circle"],
)
@pytest.mark.promise(8)
def test_a_step_that_leads_elsewhere_is_made_up_for_by_the_whole(bad: bytes) -> None:
    shelf = Shelf({digest_of(OLD): bad}, NEW)
    fetched = shelf.server().fetch(manifest_of(NEW), BASE)
    assert isinstance(fetched, Fetched)
    assert fetched.body == NEW
    assert shelf.asked[-1] == "whole"
    assert len(shelf.asked) <= MOST_STEPS + 1


@pytest.mark.promise(8)
def test_a_step_to_another_gates_roster_is_not_taken_even_when_it_was_signed() -> None:
    other = RosterBody(NEW.roster.model_copy(update={"gate": "west-gate"}), NEW.templates)
    shelf = Shelf({digest_of(OLD): step(OLD, other)})
    wanted = manifest_of(other)
    assert shelf.server().fetch(wanted, BASE) == NotFetched(Trouble.NOT_THERE)


@pytest.mark.promise(8)
def test_a_step_longer_than_any_that_is_told_is_not_read_to_its_end() -> None:
    """A server that was taken over could else have the gate unfold a bomb as large as the roster."""
    far = version(400)
    long = step(OLD, far)
    assert manifest_of(far).size // SHORT + SEAL_BYTES < len(long) < manifest_of(far).size
    shelf = Shelf({digest_of(OLD): long}, far)
    assert isinstance(shelf.server().fetch(manifest_of(far), BASE), Fetched)
    assert shelf.asked == ["step", "whole"]


def test_a_step_of_zeros_is_made_up_for_by_the_whole() -> None:
    shelf = Shelf({digest_of(OLD): bytes(manifest_of(NEW).size // SHORT)}, NEW)
    assert isinstance(shelf.server().fetch(manifest_of(NEW), BASE), Fetched)
    assert shelf.asked == ["step", "whole"]


def test_a_gate_that_holds_nothing_asks_for_the_whole_at_once() -> None:
    shelf = Shelf({}, NEW)
    shelf.server().fetch(manifest_of(NEW))
    assert shelf.asked == ["whole"]
