"""Keys in files: the private half readable by its process alone, the public half by everybody."""

import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contracts.signing import SigningKey, signing_key

PRIVATE = 0o600
KEY_BYTES = 32


class KeyFileError(Exception):
    """A key file that is absent or not a key; says which."""

    def __init__(self, path: Path, trouble: str) -> None:
        super().__init__(f"Key file {path.name}: {trouble}. Look in {path.parent}.")
        self.path = path


def make_signing_key(private: Path, public: Path) -> None:
    """A new Ed25519 pair, unless the private file is already there."""
    if not private.exists():
        key = Ed25519PrivateKey.generate()
        _write_pair(private, public, key.private_bytes_raw(), key.public_key().public_bytes_raw())


def make_sealing_key(private: Path, public: Path) -> None:
    """A new X25519 pair, unless the private file is already there."""
    if not private.exists():
        key = X25519PrivateKey.generate()
        _write_pair(private, public, key.private_bytes_raw(), key.public_key().public_bytes_raw())


def make_secret(path: Path) -> None:
    """32 random bytes, unless the file is already there."""
    if not path.exists():
        write_private(path, b64encode(secrets.token_bytes(KEY_BYTES)))


def load_signing_key(path: Path) -> SigningKey:
    return signing_key(Ed25519PrivateKey.from_private_bytes(load_secret(path)))


def load_verify_key(path: Path) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(load_secret(path))


def load_sealing_key(path: Path) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(load_secret(path))


def load_seal_public(path: Path) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(load_secret(path))


def load_secret(path: Path) -> bytes:
    """The 32 bytes in a file; raises KeyFileError."""
    try:
        raw = b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError:
        raise KeyFileError(path, "not found") from None
    except ValueError:
        raise KeyFileError(path, "not base64") from None
    if len(raw) != KEY_BYTES:
        raise KeyFileError(path, "not 32 bytes")
    return raw


def write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _write_pair(private: Path, public: Path, secret: bytes, shared: bytes) -> None:
    public.parent.mkdir(parents=True, exist_ok=True)
    public.write_bytes(b64encode(shared))
    write_private(private, b64encode(secret))
