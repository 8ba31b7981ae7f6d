"""Which roster a gate should hold, and which it does hold."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.ids import BootId, GateId
from contracts.wire import Hash, Message, Wire

WEEK_S = 7 * 24 * 3600


class Manifest(Wire):
    """Signed by dispatch. The body is fetched over HTTP(S), sealed to the gate's key."""

    gate: GateId
    generation: Annotated[int, Field(ge=1)]
    version: Annotated[int, Field(ge=1)]
    digest: Hash  # SHA-256 of the encoded roster before sealing
    size: Annotated[int, Field(ge=1)]  # bytes before sealing
    at: AwareDatetime
    lease_s: Annotated[int, Field(ge=60, le=31 * 24 * 3600)] = WEEK_S


class HaveV1(Message):
    """Retained: the roster a gate decides on."""

    gate: GateId
    boot: BootId
    at: AwareDatetime
    generation: Annotated[int, Field(ge=0)]
    version: Annotated[int, Field(ge=0)]
    digest: Hash | None = None
    trouble: Annotated[str, Field(max_length=64)] | None = None  # why the wanted one was not taken: a code
