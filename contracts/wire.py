"""Bytes to payloads and back, with every refusal said as one `WireError`."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

LARGEST_MESSAGE = 16_384  # bytes; the largest honest payload (a receipt with 64 gaps) is under 8 kB

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]  # SHA-256, lower-case hexadecimal
Base64 = Annotated[  # padded, so that everything this takes can be decoded
    str,
    StringConstraints(pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
]
Sequence64 = Annotated[int, Field(ge=1, lt=2**63)]


class Fault(StrEnum):
    """Why bytes were not taken as a payload."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NEWER_VERSION = "newer_version"
    MALFORMED = "malformed"
    WRONG_GATE = "wrong_gate"
    UNKNOWN_TOPIC = "unknown_topic"
    BAD_SIGNATURE = "bad_signature"
    BAD_HASH = "bad_hash"


class WireError(Exception):
    """Bytes that are not the payload they should be. Says which fault, never the content."""

    def __init__(self, fault: Fault, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {fault.value}{f' ({detail})' if detail else ''}")
        self.fault, self.what = fault, what


class Wire(BaseModel):
    """A frozen value that crosses the wire. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null", allow_inf_nan=False)

    def encode(self) -> bytes:
        """This value as UTF-8 JSON, absent optional fields left out."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, data: bytes, limit: int = LARGEST_MESSAGE) -> Self:
        """The value in `data`; raises WireError and nothing else."""
        if len(data) > limit:
            raise WireError(Fault.TOO_LARGE, cls.__name__, f"{len(data)} bytes, at most {limit}")
        try:
            return cls.model_validate_json(data)
        except ValidationError as wrong:
            raise _refusal(cls, wrong) from None
        except RecursionError:
            raise WireError(Fault.MALFORMED, cls.__name__, "nested too deeply") from None


class Message(Wire):
    """A payload that is a whole message: it says its version, and a newer one is refused by that name."""

    v: Annotated[int, Field(ge=1, le=1)] = 1


def _refusal(cls: type[Wire], wrong: ValidationError) -> WireError:
    """Names the first fault by kind and place; input values stay out (they may be a person's)."""
    first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "json_invalid":
        return WireError(Fault.NOT_JSON, cls.__name__)
    if place == "v" and first["type"] == "less_than_equal":
        return WireError(Fault.NEWER_VERSION, cls.__name__)
    return WireError(Fault.MALFORMED, cls.__name__, f"{place or 'payload'}: {first['type']}")
