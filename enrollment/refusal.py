"""Why a photo makes no template: codes, the one to tell first comes first."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from gate.vision.quality import Fault


class PhotoFault(StrEnum):
    """What is wrong with the file, before anybody looks for a face."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"  # more bytes or pixels than a phone's camera makes
    NOT_A_PICTURE = "not_a_picture"
    WRONG_FORMAT = "wrong_format"  # a picture, but not JPEG, PNG or WebP
    DAMAGED = "damaged"  # cut short or changed


Code: TypeAlias = PhotoFault | Fault


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected answer: the person takes another photo."""

    faults: tuple[Code, ...]
