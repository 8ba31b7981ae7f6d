"""The gate's questions over HTTP(S): the roster's body, and the use of a visitor's pass."""

import hashlib
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import GateId
from contracts.loopback import is_loopback
from contracts.manifest import Manifest
from contracts.roster import LARGEST_ROSTER, RosterBody, decode_roster
from contracts.sealing import NotForUs, unseal
from contracts.wire import LARGEST_MESSAGE, WireError
from gate.mqtt.cleartext import CleartextRefused
from gate.mqtt.trust import tls_context

PURPOSE: Final = "roster"
SEAL_BYTES: Final = 48
"""How much longer a sealed body is than what is in it."""

CLAIM_S: Final = 1.0
"""A visitor stands at the door: after this the gate is cut off for this pass."""
_CLAIM_STEPS: Final = httpx.Timeout(CLAIM_S, connect=0.3, write=0.1, read=0.6, pool=0.1)
FETCH_STALL_S: Final = 10.0
FETCH_S: Final = 300.0
"""A fetch in all; a body may be some hundred megabytes over a slow line."""

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
class Fetched:
    """A roster that is the manifest's, and the sealed bytes it came in."""

    body: RosterBody
    sealed: bytes = field(repr=False)


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

    def fetch(self, manifest: Manifest) -> Fetched | NotFetched:
        """The roster that `manifest` promises, checked against it and opened with this gate's key."""
        sealed = self._download(manifest)
        if isinstance(sealed, Trouble):
            return NotFetched(sealed)
        body = open_roster(sealed, manifest, self._key)
        return NotFetched(body) if isinstance(body, Trouble) else Fetched(body, sealed)

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

    def close(self) -> None:
        self._client.close()

    def _download(self, manifest: Manifest) -> bytes | Trouble:
        size = manifest.size + SEAL_BYTES
        if size > LARGEST_ROSTER:
            return Trouble.WRONG_SIZE
        try:
            with self._client.stream("GET", f"{self._base}/roster/{manifest.version}") as answer:
                if not answer.is_success:
                    return _refusal(answer.status_code)
                sealed = _read(answer, size, FETCH_S)
        except httpx.HTTPError:
            return Trouble.NOT_REACHED
        return sealed if sealed is not None and len(sealed) == size else Trouble.WRONG_SIZE


def open_roster(sealed: bytes, manifest: Manifest, key: X25519PrivateKey) -> RosterBody | Trouble:
    """The roster in `sealed`, where it is exactly the one the manifest names."""
    try:
        plain = unseal(key, PURPOSE, sealed)
        if len(plain) != manifest.size or hashlib.sha256(plain).hexdigest() != manifest.digest:
            return Trouble.WRONG_DIGEST
        body = decode_roster(plain)
    except NotForUs:
        return Trouble.NOT_FOR_US
    except WireError:
        return Trouble.MALFORMED
    named = (body.roster.gate, body.roster.generation, body.roster.version)
    if named != (manifest.gate, manifest.generation, manifest.version):
        return Trouble.MALFORMED
    return body


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
