"""Pictures that a gate sends over HTTPS, never over MQTT: plain JPEGs, small enough to be looked at and no larger."""

from enum import StrEnum
from typing import Final

LARGEST_PICTURE: Final = 60_000
"""Bytes. Below what any form may send, so that no stranger can make the server hold more."""

LARGEST_SIDE: Final = 1280
"""Pixels."""


class PictureKind(StrEnum):
    """What a picture is of; a word of its address."""

    TEST = "test"  # an order, by whose id it goes
    REFUSAL = "refusal"  # a passage that was refused, by whose id it goes
