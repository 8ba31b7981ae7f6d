"""What a gate asks and sends over HTTP(S): the roster's body, the use of a visitor's pass, pictures."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import GateId
from contracts.loopback import is_loopback
from contracts.manifest import Manifest
from contracts.picture import PictureKind
from contracts.roster import LARGEST_ROSTER, RosterBody, decode_roster_within, roster_pieces
from contracts.roster_delta import DELTA_PURPOSE, SHORT, Delta, apply_deltas, decode_delta
from contracts.sealing import NotForUs, seal_pieces, unseal, unseal_within
from contracts.wire import LARGEST_MESSAGE, WireError
from gate.mqtt.cleartext import CleartextRefused
from gate.mqtt.download import Download, TooLong
from gate.mqtt.trust import tls_context

log = structlog.get_logger()

PURPOSE: Final = "roster"
SEAL_BYTES: Final = 48
"""How much longer a sealed body is than what is in it."""

CLAIM_S: Final = 1.0
"""A visitor stands at the door: after this the gate is cut off for this pass."""
_CLAIM_STEPS: Final = httpx.Timeout(CLAIM_S, connect=0.3, write=0.1, read=0.6, pool=0.1)
FETCH_STALL_S: Final = 10.0
FETCH_S: Final = 300.0
"""One try of a fetch; a body may be some hundred megabytes over a slow line. The next try goes on with it."""
STEP_S: Final = 5.0
MOST_STEPS: Final = 32  # as many as the server keeps

PICTURE_S: Final = 3.0
"""For each step of sending a picture: whoever ordered it waits at a page."""

_NOT_LET_IN: Final = (401, 403)
_NOT_FOUND: Final = 404


class Trouble(StrEnum):
    """Why a wanted roster was not taken; published in `have`."""

    NOT_REACHED = "not_reached"
    NOT_LET_IN = "not_let_in"
    NOT_THERE = "not_there"
    WRONG_ANSWER = "wrong_answer"
    WRONG_SIZE = "wrong_size"
    WRONG_DIGEST = "wrong_digest"
    NOT_FOR_US = "not_for_us"
    MALFORMED = "malformed"
    LOWER_VERSION = "lower_version"
    NOT_KEPT = "not_kept"


@dataclass(frozen=True, slots=True)
class Base:
    """A roster the gate holds, and the digest a manifest gave it: where steps to the next begin."""

    body: RosterBody
    digest: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A roster that is the manifest's. `sealed` seals it to the gate's own key, for a gate that keeps it on disk: a
    piece at a time."""

    body: RosterBody
    sealed: Callable[[], Iterator[bytes]] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotFetched:
    """No roster, and why."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class NotReached:
    """The server gave no usable answer to a claim in time: the gate decides as cut off."""

    why: str  # a code for the log


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server is, and the gate's own credential there."""

    url: str
    credential: SecretStr = field(repr=False)
    ca_file: Path | None = None
    allow_cleartext: bool = False


class Server:
    """Any thread may call. Proxies of the environment are not used."""

    def __init__(
        self,
        settings: ServerSettings,
        gate: GateId,
        key: X25519PrivateKey,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Raises CleartextRefused for http:// to another machine, and CertificateUnusable.

        `transport` stands in for the network.
        """
        url = httpx.URL(settings.url)
        if url.scheme != "https" and not settings.allow_cleartext and not is_loopback(url.host):
            raise CleartextRefused("The server", url.host)
        self._gate, self._key = gate, key
        self._base = f"{settings.url.rstrip('/')}/gate/v1/{gate}"
        self._client = httpx.Client(
            headers={
                "Authorization": f"Bearer {settings.credential.get_secret_value()}",
                "Accept-Encoding": "identity",  # sealed bytes do not shrink
            },
            transport=transport,
            verify=tls_context(settings.ca_file) if url.scheme == "https" else False,
            trust_env=False,
            timeout=FETCH_STALL_S,
        )
        self._begun: Download | None = None

    def fetch(self, manifest: Manifest, base: Base | None = None) -> Fetched | NotFetched:
        """The roster whose digest `manifest` names: by steps from `base`, or whole where none lead there."""
        body = self._by_steps(manifest, base) if base is not None else None
        opened = body or self._whole(manifest)
        if isinstance(opened, Trouble):
            return NotFetched(opened)
        return Fetched(opened, partial(_sealed, opened, self._key))

    def claim_use(self, claim: ClaimV1) -> ClaimAnswerV1 | NotReached:
        """The server's answer within a second."""
        try:
            with self._client.stream(
                "POST",
                f"{self._base}/claims",
                content=claim.encode(),
                headers={"Content-Type": "application/json"},
                timeout=_CLAIM_STEPS,
            ) as answer:
                if not answer.is_success:
                    return NotReached(f"http_{answer.status_code}")
                content = _read(answer, LARGEST_MESSAGE, CLAIM_S)
        except httpx.HTTPError as wrong:
            return NotReached(type(wrong).__name__)
        return _answer(content, claim)

    def send_picture(self, kind: PictureKind, of: UUID, jpeg: bytes) -> NotReached | None:
        """A plain JPEG of an order or a refusal. None where the server has it now."""
        try:
            answer = self._client.post(
                f"{self._base}/pictures/{kind.value}/{of}",
                content=jpeg,
                headers={"Content-Type": "image/jpeg"},
                timeout=PICTURE_S,
            )
        except httpx.HTTPError as wrong:
            return NotReached(type(wrong).__name__)
        return None if answer.is_success else NotReached(f"http_{answer.status_code}")

    def close(self) -> None:
        self._client.close()

    def _by_steps(self, manifest: Manifest, base: Base) -> RosterBody | None:
        """None where no steps lead there, or they lead elsewhere.

        More than the whole is never read for them, nor a step longer than any that is told.
        """
        deltas, digest, left = list[Delta](), base.digest, manifest.size
        try:
            for _ in range(MOST_STEPS):
                sealed = self._step_after(digest, min(left, manifest.size // SHORT + SEAL_BYTES))
                if sealed is None:
                    return None
                deltas.append(decode_delta(unseal(self._key, DELTA_PURPOSE, sealed)))
                digest = deltas[-1].head.becomes
                if digest == manifest.digest:
                    return _led_to(manifest, base, deltas)
                left -= len(sealed)
        except (NotForUs, WireError) as wrong:
            log.warning("A step to the wanted roster was not taken", why=str(wrong))
        return None

    def _step_after(self, digest: str, limit: int) -> bytes | None:
        try:
            with self._client.stream("GET", f"{self._base}/roster/after/{digest}") as answer:
                return _read(answer, limit, STEP_S) if answer.is_success else None
        except httpx.HTTPError:
            return None

    def _whole(self, manifest: Manifest) -> RosterBody | Trouble:
        sealed = self._download(manifest)
        return sealed if isinstance(sealed, Trouble) else open_roster(sealed, manifest, self._key)

    def _download(self, manifest: Manifest) -> bytearray | Trouble:
        size = manifest.size + SEAL_BYTES
        if size > LARGEST_ROSTER:
            return Trouble.WRONG_SIZE
        begun = self._begun
        if begun is None or begun.name != manifest.digest:
            begun = Download(manifest.digest, size)
        trouble = self._go_on(begun, f"{self._base}/roster/{manifest.version}")
        self._begun = begun if trouble is Trouble.NOT_REACHED else None
        if trouble is not None:
            return trouble
        return begun.content if begun.is_whole else Trouble.WRONG_SIZE

    def _go_on(self, begun: Download, address: str) -> Trouble | None:
        """NOT_REACHED where the rest may come another time."""
        try:
            with self._client.stream("GET", address, headers=begun.headers()) as answer:
                if not answer.is_success:
                    return _refusal(answer.status_code)
                return None if begun.take(answer, FETCH_S) else Trouble.NOT_REACHED
        except TooLong:
            return Trouble.WRONG_SIZE
        except httpx.HTTPError:
            return Trouble.NOT_REACHED


def open_roster(sealed: bytearray, manifest: Manifest, key: X25519PrivateKey) -> RosterBody | Trouble:
    """The roster in `sealed`, where it is exactly the one the manifest names.

    It is opened in place: the templates stay in `sealed`, which is of no other use afterwards.
    """
    try:
        plain = unseal_within(key, PURPOSE, sealed)
        if not _is_promised((plain,), manifest):
            return Trouble.WRONG_DIGEST
        body = decode_roster_within(plain)
    except NotForUs:
        return Trouble.NOT_FOR_US
    except WireError:
        return Trouble.MALFORMED
    return body if _is_named(body, manifest) else Trouble.MALFORMED


def _led_to(manifest: Manifest, base: Base, deltas: Sequence[Delta]) -> RosterBody | None:
    """Raises WireError where the deltas do not fit."""
    body = apply_deltas(base.body, base.digest, deltas)
    return body if _is_promised(roster_pieces(body), manifest) and _is_named(body, manifest) else None


def _is_promised(plain: Iterable[bytes | memoryview], manifest: Manifest) -> bool:
    size, digest = 0, hashlib.sha256()
    for piece in plain:
        size += len(piece)
        digest.update(piece)
    return size == manifest.size and digest.hexdigest() == manifest.digest


def _is_named(body: RosterBody, manifest: Manifest) -> bool:
    named = (body.roster.gate, body.roster.generation, body.roster.version)
    return named == (manifest.gate, manifest.generation, manifest.version)


def _sealed(body: RosterBody, key: X25519PrivateKey) -> Iterator[bytes]:
    return seal_pieces(key.public_key(), PURPOSE, roster_pieces(body))


def _read(answer: httpx.Response, limit: int, within_s: float) -> bytes | None:
    """The answer's bytes; None once they are more than `limit` or take longer than `within_s`."""
    content, until = bytearray(), time.monotonic() + within_s
    for piece in answer.iter_raw():
        content += piece
        if len(content) > limit or time.monotonic() > until:
            return None
    return bytes(content)


def _answer(content: bytes | None, claim: ClaimV1) -> ClaimAnswerV1 | NotReached:
    try:
        answer = ClaimAnswerV1.decode(content or b"")
    except WireError as wrong:
        return NotReached(wrong.fault.value)
    return answer if answer.id == claim.id else NotReached("another_claim")


def _refusal(status: int) -> Trouble:
    if status in _NOT_LET_IN:
        return Trouble.NOT_LET_IN
    return Trouble.NOT_THERE if status == _NOT_FOUND else Trouble.WRONG_ANSWER
