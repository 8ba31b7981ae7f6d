"""How a new box becomes a gate: the one-time code, the request made with it, and what is answered.

The code's secret never travels. A key made from it proves the request, whole, to the server, and the admission, whole,
to the box; so neither a guesser nor somebody on the way can stand in for either.
"""

import hashlib
import hmac
from base64 import b32decode, b32encode, b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator

from contracts.ids import CompoundId, GateId, KeyId
from contracts.loopback import is_loopback
from contracts.wire import Base64, Fault, Hash, Message, Wire, WireError
from contracts.words import Direction

Body = TypeVar("Body", bound=Wire)
Lookup = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Names a code without telling its secret."""

VERSION: Final = 1
SECRET_BYTES: Final = 16
HASH_BYTES: Final = 32
CHECK_BYTES: Final = 4
LONGEST_ADDRESS: Final = 128
LONGEST_CODE: Final = 512  # characters, separators included; an honest one has about 150
GROUP: Final = 8
PURPOSE: Final = "admission"
"""What the sealed part of an answer is sealed for."""

_SCHEMES: Final = {0: "http", 1: "https"}
_TYPED: Final = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None})


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What the page shows once: where the server is, whose certificate it must show, and 128 secret bits.

    `url` is https://HOST:PORT with the SHA-256 of the authority's certificate (DER), or http:// to this machine
    without. Raises ValueError for any other.
    """

    url: str
    ca: str | None
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        plain = f"{parts.scheme}://{parts.netloc}" == self.url and parts.port != 0 and "@" not in parts.netloc
        if not plain or not parts.hostname or len(parts.netloc) > LONGEST_ADDRESS or not self.url.isascii():
            raise ValueError("the server's address is https://HOST:PORT, without a path")
        if len(self.secret) != SECRET_BYTES:
            raise ValueError("the secret has 128 bits")
        if parts.scheme == "https":
            if self.ca is None or len(self.ca) != 2 * HASH_BYTES:
                raise ValueError("over https the code names the authority's certificate")
        elif parts.scheme != "http" or self.ca is not None or not is_loopback(parts.hostname):
            raise ValueError("off this machine a gate joins over https alone")

    @property
    def lookup(self) -> str:
        """Names the code: 128 bits of a hash that the secret does not follow from."""
        return hashlib.sha256(b"kaimen/join/code/v1\0" + self.secret).hexdigest()[:32]

    @property
    def key(self) -> bytes:
        """What requests and admissions are proven with."""
        return hashlib.sha256(b"kaimen/join/key/v1\0" + self.secret).digest()


def write_code(code: JoinCode) -> str:
    """Base32 in groups of eight: version 1 · scheme 1 · secret 16 · hash 32 (https) · address · check 4."""
    parts = urlsplit(code.url)
    scheme = next(number for number, name in _SCHEMES.items() if name == parts.scheme)
    body = bytes((VERSION, scheme)) + code.secret + bytes.fromhex(code.ca or "") + parts.netloc.encode()
    text = b32encode(body + _check(body)).decode().rstrip("=")
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def read_code(text: str) -> JoinCode:
    """The code in what was typed, pasted or scanned; raises WireError and nothing else."""
    body = _checked(text)
    if body[0] != VERSION:
        raise WireError(Fault.NEWER_VERSION, "join code")
    scheme, secret, rest = _SCHEMES.get(body[1]), body[2 : 2 + SECRET_BYTES], body[2 + SECRET_BYTES :]
    ca, address = (rest[:HASH_BYTES].hex(), rest[HASH_BYTES:]) if scheme == "https" else (None, rest)
    try:
        return JoinCode(f"{scheme}://{address.decode('ascii')}", ca, secret)
    except ValueError as wrong:
        raise WireError(Fault.MALFORMED, "join code", str(wrong)) from None


class JoinState(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"  # the server has it
    CONFIRM = "confirm"  # a second person is to compare the fingerprint
    ADMITTED = "admitted"
    REFUSED = "refused"


class JoinFault(StrEnum):
    """Why a box was not admitted."""

    EXPIRED = "expired"
    CANCELLED = "cancelled"
    USED = "used"  # by another box
    WRONG_PROOF = "wrong_proof"
    BAD_REQUEST = "bad_request"
    NOT_THE_BOX = "not_the_box"  # the second person saw another fingerprint
    NOT_SET_UP = "not_set_up"  # the server cannot give gates access to its broker


class ProvenV1(Message):
    """A body, and the HMAC-SHA256 over its class and exact text under the code's key."""

    body: Annotated[str, StringConstraints(max_length=14_000)]
    proof: Hash


class JoinRequestV1(ProvenV1):
    """A box asks to be the gate that a code was made for. Sent again unchanged, it asks how far that has come."""

    def newcomer(self) -> "Newcomer":
        """Who asks, not yet proven: to look the code up by."""
        return Newcomer.decode(self.body.encode())

    @property
    def fingerprint(self) -> str:
        """What people compare: the SHA-256 of the body, and so of both of the box's keys."""
        return hashlib.sha256(b"kaimen/join/fingerprint/v1\0" + self.body.encode()).hexdigest()


class JoinAnswerV1(Message):
    """How far the request has come. `sealed` is a ProvenV1 of an Admission, sealed to the box's own key."""

    state: JoinState
    why: JoinFault | None = None
    sealed: Base64 | None = None


class Newcomer(Wire):
    """The box's public halves: an X25519 key that rosters are sealed to, a P-256 key in a certificate request (PEM)."""

    code: Lookup
    seal_key: Base64
    csr: Annotated[str, StringConstraints(max_length=4096)]

    @field_validator("seal_key")
    @classmethod
    def _is_32_bytes(cls, value: str) -> str:
        if len(b64decode(value)) != HASH_BYTES:
            raise ValueError("not 32 bytes")
        return value


class PublicKey(Wire):
    """An Ed25519 key whose signatures the gate is to believe."""

    id: KeyId
    public: Base64


class BrokerAccount(Wire):
    """Where the gate's broker listens, and as whom to come. With `tls` the authority's certificate is needed."""

    host: Annotated[str, StringConstraints(max_length=LONGEST_ADDRESS)]
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: bool
    user: Annotated[str, StringConstraints(max_length=96)]
    password: Annotated[str, StringConstraints(max_length=128), Field(repr=False)]


class Admission(Wire):
    """Everything that a box needs to be the gate. Holds secrets: it travels sealed alone."""

    gate: GateId
    compound: CompoundId
    direction: Direction
    liveness: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")]
    credential: Annotated[str, StringConstraints(max_length=128), Field(repr=False)]
    certificate: Annotated[str, StringConstraints(max_length=4096)] | None = None  # PEM, for its P-256 key
    broker: BrokerAccount
    receipt: Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=8)]
    manifest: Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=8)]
    order: Annotated[tuple[PublicKey, ...], Field(max_length=8)] = ()


def prove(body: Wire, key: bytes) -> ProvenV1:
    """The body with its proof."""
    return _proven(ProvenV1, body, key)


def request(body: Newcomer, key: bytes) -> JoinRequestV1:
    """A newcomer's request with its proof."""
    return _proven(JoinRequestV1, body, key)


def open_proven(proven: ProvenV1, kind: type[Body], key: bytes) -> Body:
    """The body of `kind`; raises WireError where it was not proven with this key."""
    if not hmac.compare_digest(proven.proof, _proof(kind, proven.body, key)):
        raise WireError(Fault.BAD_SIGNATURE, kind.__name__)
    return kind.decode(proven.body.encode())


def shown(fingerprint: str) -> str:
    """A fingerprint as people compare it: its first 128 bits, eight groups of four."""
    return " ".join(fingerprint[at : at + 4].upper() for at in range(0, 32, 4))


Proven = TypeVar("Proven", bound=ProvenV1)


def _proven(envelope: type[Proven], body: Wire, key: bytes) -> Proven:
    text = body.encode().decode()
    return envelope(body=text, proof=_proof(type(body), text, key))


def _proof(kind: type[Wire], text: str, key: bytes) -> str:
    return hmac.new(key, f"kaimen/{kind.__name__}\0".encode() + text.encode(), hashlib.sha256).hexdigest()


def _checked(text: str) -> bytes:
    """The bytes of a code whose check fits."""
    if len(text) > LONGEST_CODE:
        raise WireError(Fault.TOO_LARGE, "join code")
    letters = "".join(text.split()).upper().translate(_TYPED)
    try:
        content = b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise WireError(Fault.MALFORMED, "join code", "mistyped, or a part is missing") from None
    body, check = content[:-CHECK_BYTES], content[-CHECK_BYTES:]
    if len(body) < 2 + SECRET_BYTES or check != _check(body):
        raise WireError(Fault.BAD_HASH, "join code", "mistyped, or a part is missing")
    return body


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"kaimen/join/check\0" + body).digest()[:CHECK_BYTES]
