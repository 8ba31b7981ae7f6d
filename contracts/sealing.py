"""Bytes for one reader: sealed to a public key, opened only with its private half.

An ephemeral X25519 agreement, HKDF-SHA256 over both public keys, AES-256-GCM (the construction of
RFC 9180's base mode, with one message a key so that the nonce may be zero). `purpose` is authenticated.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE = bytes(12)


class NotForUs(Exception):
    """Sealed bytes that this key does not open, for this purpose, unchanged."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"The sealed {purpose} was made for another key, or was changed since.")
        self.purpose = purpose


def seal(reader: X25519PublicKey, purpose: str, content: bytes) -> bytes:
    """`content` for the holder of `reader`'s private half; 48 bytes longer."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    key = _key(ephemeral.exchange(reader), public + reader.public_bytes_raw())
    return public + AESGCM(key).encrypt(NONCE, content, purpose.encode())


def unseal(own: X25519PrivateKey, purpose: str, sealed: bytes) -> bytes:
    """What was sealed to `own` for `purpose`; raises NotForUs."""
    public, content = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(public))
        key = _key(shared, public + own.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(NONCE, content, purpose.encode())
    except (InvalidTag, ValueError):
        raise NotForUs(purpose) from None


def _key(shared: bytes, both: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=both, info=b"kaimen/seal/v1").derive(shared)
