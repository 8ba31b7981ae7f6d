"""Signed bodies: the exact text that was signed travels beside its signature, so nothing is re-encoded."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.ids import KeyId
from contracts.wire import Base64, Fault, Message, Wire, WireError

Body = TypeVar("Body", bound=Wire)
TrustedKeys = Mapping[KeyId, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key and the id its signatures carry."""

    id: KeyId
    private: Ed25519PrivateKey = field(repr=False)


class SignedV1(Message):
    """A body, who signed it, and the signature over purpose and body."""

    key: KeyId
    body: str
    signature: Base64


def key_id_of(public: Ed25519PublicKey) -> KeyId:
    """A key's id is the first 16 hexadecimal digits of its SHA-256: nobody has to keep a list of names."""
    return KeyId(hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16])


def signing_key(private: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(key_id_of(private.public_key()), private)


def trusted(*publics: Ed25519PublicKey) -> dict[KeyId, Ed25519PublicKey]:
    """These keys by their ids."""
    return {key_id_of(public): public for public in publics}


def sign(body: Wire, key: SigningKey) -> SignedV1:
    """The body signed for the purpose its class names, so that no signature serves twice."""
    text = body.encode().decode()
    signature = key.private.sign(_signed_bytes(type(body), text))
    return SignedV1(key=key.id, body=text, signature=b64encode(signature).decode())


def open_signed(signed: SignedV1, kind: type[Body], trusted: TrustedKeys) -> Body:
    """The body of `kind`; raises WireError where the key is not trusted or the signature is not its."""
    public = trusted.get(signed.key)
    if public is None:
        raise WireError(Fault.BAD_SIGNATURE, kind.__name__, "key not trusted")
    try:
        public.verify(b64decode(signed.signature), _signed_bytes(kind, signed.body))
    except (InvalidSignature, ValueError):
        raise WireError(Fault.BAD_SIGNATURE, kind.__name__) from None
    return kind.decode(signed.body.encode())


def _signed_bytes(kind: type[Wire], text: str) -> bytes:
    return f"kaimen/{kind.__name__}\0".encode() + text.encode()
