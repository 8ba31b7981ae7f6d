"""Bytes for one reader: sealed to a public key, opened only with its private half.

An ephemeral X25519 agreement, HKDF-SHA256 over both public keys, AES-256-GCM (the construction of
RFC 9180's base mode, with one message a key so that the nonce may be zero). `purpose` is authenticated.
"""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
TAG_BYTES = 16
NONCE = bytes(12)
PIECE_BYTES = 256 * 1024


class NotForUs(Exception):
    """Sealed bytes that this key does not open, for this purpose, unchanged."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"The sealed {purpose} was made for another key, or was changed since.")
        self.purpose = purpose


def seal(reader: X25519PublicKey, purpose: str, content: bytes) -> bytes:
    """`content` for the holder of `reader`'s private half; 48 bytes longer."""
    public, key = _fresh(reader)
    return public + AESGCM(key).encrypt(NONCE, content, purpose.encode())


def seal_pieces(
    reader: X25519PublicKey, purpose: str, content: Iterable[bytes | memoryview]
) -> Iterator[bytes]:
    """What `seal` makes of all that content, a piece at a time: it is never in memory whole."""
    public, key = _fresh(reader)
    yield public
    yield from encrypted(AES(key), NONCE, purpose.encode(), content)


def encrypted(key: AES, nonce: bytes, about: bytes, content: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """AES-GCM of that content, a piece at a time, the tag last; `about` is authenticated."""
    cipher = Cipher(key, GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(about)
    for part in content:
        for at in range(0, len(part), PIECE_BYTES):
            yield cipher.update(part[at : at + PIECE_BYTES])
    yield cipher.finalize() + cipher.tag


def unseal(own: X25519PrivateKey, purpose: str, sealed: bytes) -> bytes:
    """What was sealed to `own` for `purpose`; raises NotForUs."""
    public, content = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    try:
        return AESGCM(_agreed(own, public)).decrypt(NONCE, content, purpose.encode())
    except (InvalidTag, ValueError):
        raise NotForUs(purpose) from None


def unseal_within(own: X25519PrivateKey, purpose: str, sealed: bytearray) -> memoryview:
    """Like `unseal`, but in the place of the sealed bytes: a second copy of a large body would be as large again.

    The answer is a part of `sealed`. Raises NotForUs, and what is left in `sealed` is of no use then.
    """
    whole = memoryview(sealed)
    public, content, tag = whole[:KEY_BYTES], whole[KEY_BYTES:-TAG_BYTES], whole[-TAG_BYTES:]
    try:
        cipher = Cipher(AES(_agreed(own, bytes(public))), GCM(NONCE, bytes(tag))).decryptor()
        cipher.authenticate_additional_data(purpose.encode())
        for at in range(0, len(content), PIECE_BYTES):
            content[at : at + PIECE_BYTES] = cipher.update(content[at : at + PIECE_BYTES])
        cipher.finalize()
    except (InvalidTag, ValueError):
        raise NotForUs(purpose) from None
    return content


def _fresh(reader: X25519PublicKey) -> tuple[bytes, bytes]:
    """An ephemeral public key, and the key that it and the reader agree on."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    return public, _key(ephemeral.exchange(reader), public + reader.public_bytes_raw())


def _agreed(own: X25519PrivateKey, public: bytes) -> bytes:
    """Raises ValueError where `public` is no key."""
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    return _key(shared, public + own.public_key().public_bytes_raw())


def _key(shared: bytes, both: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=both, info=b"kaimen/seal/v1").derive(shared)
