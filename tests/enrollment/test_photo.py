"""Files from strangers: each bad one is refused with its code, and none of them breaks the reader."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from enrollment.photo import KEPT_SIDE, LARGEST_FILE, decode
from enrollment.refusal import PhotoFault, Refused
from gate.vision.frame import Pixels

Saved = Callable[..., bytes]
ORIENTATION = 0x0112


def arrow(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Dark, with a bright top left corner: shows how it is turned."""
    image = Image.new("RGB", size, (20, 40, 60))
    image.paste((250, 240, 230), (0, 0, size[0] // 3, size[1] // 3))
    return image


def pixels_of(content: bytes) -> Pixels:
    answer = decode(content)
    assert not isinstance(answer, Refused), answer
    return answer


def refusal_of(content: bytes) -> tuple[str, ...]:
    answer = decode(content)
    assert isinstance(answer, Refused)
    return answer.faults


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that nothing follows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packed = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_an_empty_file() -> None:
    assert refusal_of(b"") == (PhotoFault.EMPTY,)


@pytest.mark.parametrize("content", [b"hello", b"%PDF-1.7\n", b"\xff\xd8\xff", bytes(5000), b"<svg/>"])
def test_something_that_is_not_a_picture(content: bytes) -> None:
    assert refusal_of(content) == (PhotoFault.NOT_A_PICTURE,)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_short(saved: Saved, kind: str) -> None:
    noise = Image.effect_noise((300, 300), 90).convert("RGB")
    whole = saved(noise, kind)
    assert refusal_of(whole[: len(whole) // 2]) in {(PhotoFault.DAMAGED,), (PhotoFault.NOT_A_PICTURE,)}


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO"])
def test_a_picture_of_another_kind(saved: Saved, kind: str) -> None:
    assert refusal_of(saved(arrow(), kind)) == (PhotoFault.WRONG_FORMAT,)


def test_a_picture_20000_pixels_wide(saved: Saved) -> None:
    assert refusal_of(saved(Image.new("L", (20_000, 10)), "PNG")) == (PhotoFault.TOO_LARGE,)


@pytest.mark.parametrize("size", [(11_000, 11_000), (20_000, 20_000), (65_000, 65_000)])
def test_a_decompression_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refusal_of(claiming(*size)) == (PhotoFault.TOO_LARGE,)


def test_a_file_larger_than_a_camera_makes() -> None:
    assert refusal_of(bytes(LARGEST_FILE + 1)) == (PhotoFault.TOO_LARGE,)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_picture_is_set_upright(saved: Saved, orientation: int) -> None:
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    held = arrow() if back is None else arrow().transpose(back)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    pixels = pixels_of(saved(held, exif=exif))
    assert pixels.shape == (80, 120, 3)
    assert pixels[5:20, 5:30].mean() > 200
    assert pixels[40:, 60:].mean() < 80


def test_a_wrong_orientation_turns_nothing(saved: Saved) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 99
    assert pixels_of(saved(arrow(), exif=exif)).shape == (80, 120, 3)


def test_colours_come_blue_first(saved: Saved) -> None:
    blue, green, red = pixels_of(saved(Image.new("RGB", (50, 50), (200, 100, 10)), "PNG"))[10, 10]
    assert (blue, green, red) == (10, 100, 200)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"),
        ("1", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "WEBP"),
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
    ],
)
def test_all_sorts_of_colours_are_read(saved: Saved, mode: str, kind: str) -> None:
    pixels = pixels_of(saved(arrow().convert(mode), kind))
    assert (pixels.dtype, pixels.shape) == (np.uint8, (80, 120, 3))
    assert pixels[5:20, 5:30].mean() > pixels[40:, 60:].mean() + 50


def test_16_bit_grey_keeps_its_brightness(saved: Saved) -> None:
    deep = Image.fromarray(np.full((40, 40), 32_896, dtype=np.uint16))
    assert abs(int(pixels_of(saved(deep, "PNG"))[20, 20, 0]) - 128) <= 1


def test_transparent_pixels_look_like_paper(saved: Saved) -> None:
    assert pixels_of(saved(Image.new("RGBA", (30, 30), (0, 0, 0, 0)), "PNG")).min() == 255


def test_a_phones_picture_is_brought_to_a_usable_size(saved: Saved) -> None:
    pixels = pixels_of(saved(Image.new("RGB", (8064, 6048), (90, 90, 90)), quality=20))
    assert pixels.shape == (KEPT_SIDE * 3 // 4, KEPT_SIDE, 3)


def test_a_picture_one_pixel_high_is_read(saved: Saved) -> None:
    assert pixels_of(saved(Image.new("RGB", (9000, 1)), "PNG")).shape == (1, KEPT_SIDE, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_damage_breaks_the_reader(saved: Saved, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    whole = saved(arrow((64, 48)), kind, exif=exif)
    chance = random.Random(7)
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        answer = decode(bytes(broken[: chance.randint(1, len(broken))]))
        assert isinstance(answer, Refused) or answer.ndim == 3


def test_nothing_of_the_file_but_pixels_is_kept(saved: Saved) -> None:
    exif = Image.Exif()
    exif[0x010E] = "somebody's name"
    pixels = pixels_of(saved(arrow(), exif=exif))
    again = BytesIO()
    Image.fromarray(pixels).save(again, "PNG")
    assert b"somebody" not in again.getvalue()
