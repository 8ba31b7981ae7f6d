"""Passwords of staff: argon2id, and one-time passwords that people can copy by hand."""

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106's second recommended choice: 64 MiB, three passes.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
SHORTEST: Final = 10
LONGEST: Final = 128


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def waste_time(password: str) -> None:
    """As long as a check takes, so that an unknown log-in is not told apart from a wrong password."""
    _HASHER.hash(password[:LONGEST])


def one_time() -> str:
    """Four groups of four: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
