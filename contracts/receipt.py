"""What the server has committed, so that a gate may let go of its own copy."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.chain import Place
from contracts.ids import EpochId, GateId
from contracts.wire import Sequence64, Wire

MOST_GAPS = 64


class Missing(Wire):
    """Links the server lacks between two it has: please send them again. Both ends are inclusive.

    A gate that holds one no longer says so by the alarm `links_gone`, and the server stops asking.
    """

    epoch: EpochId
    first: Sequence64
    last: Sequence64


class Receipt(Wire):
    """Everything up to each place is committed. A gate obeys only where its own link has that hash."""

    gate: GateId
    generation: Annotated[int, Field(ge=1)]  # raised when the server is restored from a backup
    at: AwareDatetime
    upto: Annotated[list[Place], Field(max_length=MOST_GAPS)]
    missing: Annotated[list[Missing], Field(max_length=MOST_GAPS)] = []
