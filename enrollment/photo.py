"""Untrusted bytes to upright pixels. What a file claims is checked before anything is unpacked."""

import struct
import warnings
import zlib
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

from enrollment.refusal import PhotoFault, Refused
from gate.vision.frame import Pixels

LARGEST_FILE: Final = 20 * 1024 * 1024
LONGEST_SIDE: Final = 12_000
MOST_PIXELS: Final = {"JPEG": 52_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""Per format, and so the formats that are taken. Phones make JPEG of up to 50 megapixels, which the decoder
can shrink while it reads; the others are unpacked whole, at four bytes a pixel."""

KEPT_SIDE: Final = 2_560
"""Pixels of the longer side that are looked at: a face that fills a tenth of it is still large enough."""

_ORIENTATION: Final = 0x0112  # the EXIF tag
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PAPER: Final = (255, 255, 255)  # what shows through transparent pixels
UNREADABLE: Final = (  # all that Pillow's decoders were seen to raise at damaged files
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    OverflowError,
    struct.error,
    zlib.error,
)
_TOO_MANY: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def decode(content: bytes) -> Pixels | Refused:
    """The picture upright, its EXIF left behind, at most KEPT_SIDE long; or why it cannot be used."""
    if not content:
        return Refused((PhotoFault.EMPTY,))
    if len(content) > LARGEST_FILE:
        return Refused((PhotoFault.TOO_LARGE,))
    with warnings.catch_warnings():
        # Pillow warns before it refuses, and about tags it cannot read, which we leave behind anyway.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return _decoded(content)


def _decoded(content: bytes) -> Pixels | Refused:
    try:
        picture = Image.open(BytesIO(content))
    except _TOO_MANY:
        return Refused((PhotoFault.TOO_LARGE,))
    except UNREADABLE:
        return Refused((PhotoFault.NOT_A_PICTURE,))
    with picture:
        fault = _claims_too_much(picture)
        if fault is not None:
            return Refused((fault,))
        try:
            return _upright(picture)
        except (*UNREADABLE, *_TOO_MANY):
            return Refused((PhotoFault.DAMAGED,))


def _claims_too_much(picture: Image.Image) -> PhotoFault | None:
    """By the header alone: nothing is unpacked yet."""
    most = MOST_PIXELS.get(picture.format or "")
    if most is None:
        return PhotoFault.WRONG_FORMAT
    wide = max(picture.size) > LONGEST_SIDE or picture.width * picture.height > most
    return PhotoFault.TOO_LARGE if wide else None


def _upright(picture: Image.Image) -> Pixels:
    picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # JPEG alone obeys: never below this size
    picture.load()
    small = _with_three_colours(picture)
    small.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    # The orientation is read from the file's own tags; the pixels that come out have none.
    turned = _turned(small, picture)
    return np.ascontiguousarray(np.asarray(turned, dtype=np.uint8)[:, :, ::-1])


def _turned(small: Image.Image, picture: Image.Image) -> Image.Image:
    """As the camera was held. Tags that cannot be read turn nothing."""
    try:
        held = picture.getexif().get(_ORIENTATION, 1)
    except UNREADABLE:
        return small
    turn = _TURNS.get(held) if isinstance(held, int) else None
    return small if turn is None else small.transpose(turn)


def _with_three_colours(picture: Image.Image) -> Image.Image:
    """Grey, palette, 16-bit, CMYK and transparent pictures as red-green-blue, 8 bits each."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        deep = np.asarray(picture)
        grey = np.clip(deep.astype(np.float32) / 257, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (*_PAPER, 255))
        return Image.alpha_composite(paper, clear).convert("RGB")
    return picture.convert("RGB")
