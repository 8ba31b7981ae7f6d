"""Under which names gates and the server's processes come to the broker."""

import hashlib
from typing import Final

from contracts.ids import GateId

GATE_USERS: Final = "gate-"
"""What the user names of gates begin with, and no other does."""


def gate_user_name(gate: GateId) -> str:
    """A gate's user name is its client id, and the common name of its certificate."""
    return f"{GATE_USERS}{gate}"


def client_id(username: str, password: str) -> str:
    """Fixed while the password is, and not to be guessed.

    NATS lets any user come under any client id: whoever came under a process' own would end its connection, and
    could throw away the session in which its messages wait.
    """
    return f"{username}-" + hashlib.sha256(b"kaimen/client/v1\0" + password.encode()).hexdigest()[:16]
