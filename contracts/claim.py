"""Claiming one use of a pass from the server before the door opens (HTTP, gate's own credential)."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.ids import GateId, PassId
from contracts.wire import Message
from contracts.words import Reason


class ClaimV1(Message):
    """One use wanted. The same id asked again gets the same answer and takes no second use."""

    id: UUID
    gate: GateId
    pass_id: PassId
    at: AwareDatetime


class ClaimAnswerV1(Message):
    """`refused` is None where the use is this gate's now."""

    id: UUID
    refused: Reason | None = None
