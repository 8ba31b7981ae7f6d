"""A gate takes exactly the roster that was signed for it, and never waits long for a claim."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import CompoundId, GateId, ModelId, PassId, PersonId
from contracts.manifest import Manifest
from contracts.roster import Name, Roster, RosterBody, RosterPerson, encode_roster
from contracts.sealing import seal
from contracts.words import Reason
from gate.mqtt.cleartext import CleartextRefused
from gate.mqtt.fetch import Fetched, NotFetched, NotReached, Server, ServerSettings, Trouble, open_roster

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
GATE = GateId("east-gate")
KEY = X25519PrivateKey.generate()
Answer = Callable[[httpx.Request], httpx.Response]


def a_body(gate: GateId = GATE) -> RosterBody:
    name = Name(zh="东门", en="East gate")
    head = Roster(
        compound=CompoundId("red-garden"),
        gate=gate,
        generation=1,
        version=7,
        made_at=NOON,
        compound_name=name,
        gate_name=name,
        model=ModelId("sface+dlib-1"),
        width=2,
        people=[RosterPerson(id=PersonId("a" * 32))],
        rows=[0],
        pin_key="AAAA",
    )
    return RosterBody(head, bytes(8))


def a_manifest(content: bytes) -> Manifest:
    digest = hashlib.sha256(content).hexdigest()
    return Manifest(gate=GATE, generation=1, version=7, digest=digest, size=len(content), at=NOON)


PLAIN = encode_roster(a_body())
SEALED = seal(KEY.public_key(), "roster", PLAIN)


def a_server(answer: Answer) -> Server:
    settings = ServerSettings("http://127.0.0.1:8000/", SecretStr("gate-credential"))
    return Server(settings, GATE, KEY, httpx.MockTransport(answer))


def whole(status: int, content: bytes) -> httpx.Response:
    """An answer that is read as it comes, like one from a network."""
    return httpx.Response(status, stream=httpx.ByteStream(content))


def giving(content: bytes, status: int = 200) -> Server:
    return a_server(lambda _request: whole(status, content))


@pytest.mark.parametrize("length", [0, 1, len(SEALED) // 2, len(SEALED) - 1])
def test_a_kept_roster_cut_short_is_not_opened(length: int) -> None:
    assert isinstance(open_roster(bytearray(SEALED), a_manifest(PLAIN), KEY), RosterBody)
    assert open_roster(bytearray(SEALED[:length]), a_manifest(PLAIN), KEY) is Trouble.NOT_FOR_US


def test_the_roster_is_asked_for_by_version_with_the_gates_own_credential() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return whole(200, SEALED)

    fetched = a_server(answer).fetch(a_manifest(PLAIN))
    assert isinstance(fetched, Fetched)
    assert fetched.body == a_body()
    assert open_roster(bytearray().join(fetched.sealed()), a_manifest(PLAIN), KEY) == a_body()
    assert str(asked[0].url) == "http://127.0.0.1:8000/gate/v1/east-gate/roster/7"
    assert asked[0].headers["authorization"] == "Bearer gate-credential"


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (SEALED + b"x", Trouble.WRONG_SIZE),
        (SEALED[:-1], Trouble.WRONG_SIZE),
        (b"", Trouble.WRONG_SIZE),
        (SEALED[:-1] + bytes([SEALED[-1] ^ 1]), Trouble.NOT_FOR_US),
        (seal(X25519PrivateKey.generate().public_key(), "roster", PLAIN), Trouble.NOT_FOR_US),
        (seal(KEY.public_key(), "photo", PLAIN), Trouble.NOT_FOR_US),
        (seal(KEY.public_key(), "roster", PLAIN[:-1] + b"x"), Trouble.WRONG_DIGEST),
    ],
)
def test_anything_else_than_the_signed_roster_is_refused(content: bytes, trouble: Trouble) -> None:
    assert giving(content).fetch(a_manifest(PLAIN)) == NotFetched(trouble)


def test_a_roster_of_another_gate_is_refused_even_when_it_was_signed() -> None:
    other = encode_roster(a_body(GateId("west-gate")))
    sealed = seal(KEY.public_key(), "roster", other)
    assert giving(sealed).fetch(a_manifest(other)) == NotFetched(Trouble.MALFORMED)


def test_a_signed_roster_that_does_not_read_is_refused() -> None:
    sealed = seal(KEY.public_key(), "roster", b"not a roster")
    assert giving(sealed).fetch(a_manifest(b"not a roster")) == NotFetched(Trouble.MALFORMED)


def test_a_manifest_larger_than_any_roster_is_not_fetched() -> None:
    huge = a_manifest(PLAIN).model_copy(update={"size": 1 << 40})
    assert giving(SEALED).fetch(huge) == NotFetched(Trouble.WRONG_SIZE)


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, Trouble.NOT_LET_IN),
        (403, Trouble.NOT_LET_IN),
        (404, Trouble.NOT_THERE),
        (500, Trouble.WRONG_ANSWER),
        (302, Trouble.WRONG_ANSWER),
    ],
)
def test_a_refusal_of_the_server_has_a_name(status: int, trouble: Trouble) -> None:
    assert giving(b"", status).fetch(a_manifest(PLAIN)) == NotFetched(trouble)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


def test_a_server_that_is_away_is_a_value_not_an_error() -> None:
    server = a_server(unreachable)
    assert server.fetch(a_manifest(PLAIN)) == NotFetched(Trouble.NOT_REACHED)
    assert server.claim_use(a_claim()) == NotReached("ConnectError")


def a_claim() -> ClaimV1:
    return ClaimV1(id=uuid4(), gate=GATE, pass_id=PassId("b" * 32), at=NOON)


@pytest.mark.parametrize("refused", [None, Reason.SPENT])
def test_a_claim_is_answered_by_the_server(refused: Reason | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/gate/v1/east-gate/claims")
        claim = ClaimV1.decode(request.read())
        return whole(200, ClaimAnswerV1(id=claim.id, refused=refused).encode())

    claim = a_claim()
    assert a_server(answer).claim_use(claim) == ClaimAnswerV1(id=claim.id, refused=refused)


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (503, b"", "http_503"),
        (200, b"<html>", "not_json"),
        (200, b" " * 20_000, "not_json"),
        pytest.param(200, ClaimAnswerV1(id=uuid4()).encode(), "another_claim", id="another claim"),
    ],
)
def test_an_answer_that_is_none_counts_as_cut_off(status: int, content: bytes, why: str) -> None:
    assert giving(content, status).claim_use(a_claim()) == NotReached(why)


@pytest.mark.promise(9)
def test_the_credential_never_leaves_in_the_clear_nor_in_words() -> None:
    away = ServerSettings("http://server.example", SecretStr("gate-credential"))
    with pytest.raises(CleartextRefused, match=r"server\.example"):
        Server(away, GATE, KEY)
    assert "gate-credential" not in repr(away)
    Server(ServerSettings("https://server.example", SecretStr("x")), GATE, KEY).close()
    Server(ServerSettings("http://server.example", SecretStr("x"), allow_cleartext=True), GATE, KEY).close()
