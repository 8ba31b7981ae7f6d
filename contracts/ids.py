"""Identifiers that cross the wire: opaque, ASCII, each its own type, none made from a person's name."""

import re
import secrets
import time
import uuid
from collections.abc import Callable
from typing import ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class OpaqueId(str):
    """A short lower-case ASCII word, safe as one level of a topic, a file name and a URL segment.

    Raises ValueError when made from anything else.
    """

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

    def __new__(cls, value: str) -> Self:
        if not cls.pattern.fullmatch(value):
            raise ValueError(f"{cls.__name__} takes 1 to 64 of a-z, 0-9 and inner hyphens")
        return super().__new__(cls, value)

    @classmethod
    def random(cls) -> Self:
        """A new id of 128 random bits."""
        return cls(secrets.token_hex(16))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        make: Callable[[str], Self] = cls
        return core_schema.no_info_after_validator_function(
            make,
            core_schema.str_schema(max_length=64),
            serialization=core_schema.to_string_ser_schema(),
        )


class CompoundId(OpaqueId):
    """A residential compound (小区)."""

    __slots__ = ()


class GateId(OpaqueId):
    """One gate: one camera, one door, one edge process."""

    __slots__ = ()


class PersonId(OpaqueId):
    """A person as gates know them: random, per compound, different from the register's and the vault's ids."""

    __slots__ = ()


class PassId(OpaqueId):
    """A visitor's pass."""

    __slots__ = ()


class StaffId(OpaqueId):
    """A member of staff, as gates and their records name them: never by name."""

    __slots__ = ()


class BootId(OpaqueId):
    """One start of a gate's process."""

    __slots__ = ()


class EpochId(OpaqueId):
    """One opening of a gate's journal."""

    __slots__ = ()


class KeyId(OpaqueId):
    """One signing key; keys are rotated, so every signature names its own."""

    __slots__ = ()


class ModelId(OpaqueId):
    """What made a template, alignment included: templates of different models are never compared."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")


def uuid7() -> uuid.UUID:
    """A time-ordered UUID, version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return uuid.UUID(int=value)
