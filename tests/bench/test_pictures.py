"""Every file of a set is a picture or is none; no file ends a run, and none fills the memory."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.pictures import MOST_PIXELS, read_picture

GREY = np.full((40, 60, 3), 120, dtype=np.uint8)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize("kind", ["jpg", "png", "bmp", "webp", "tiff", "gif", "jp2", "ppm", "ras", "avif"])
def test_every_format_gives_three_bytes_a_pixel_and_a_cut_file_ends_nothing(
    tmp_path: Path, kind: str
) -> None:
    file = tmp_path / f"a.{kind}"
    assert cv2.imwrite(str(file), GREY)
    pixels = read_picture(file)
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == (GREY.shape, np.uint8)
    whole = file.read_bytes()
    for length in range(0, len(whole), 1 + len(whole) // 20):
        file.write_bytes(whole[:length])
        read_picture(file)


@pytest.mark.parametrize(
    "stored", [GREY[..., 0], np.full((40, 60, 4), 9, np.uint8), np.full((40, 60, 3), 30_000, np.uint16)]
)
def test_grey_transparent_and_deep_pictures_become_the_same_kind(
    tmp_path: Path, stored: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> None:
    file = tmp_path / "a.png"
    assert cv2.imwrite(str(file), stored)
    pixels = read_picture(file)
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == (GREY.shape, np.uint8)


@pytest.mark.parametrize("side", [60_000, 32_000, 10_000])
def test_what_claims_too_many_pixels_is_not_unpacked(tmp_path: Path, side: int) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(png_header(side, side))
    assert side * side > MOST_PIXELS
    assert read_picture(file) is None


def test_a_large_picture_that_is_whole_is_not_unpacked_either(tmp_path: Path) -> None:
    file = tmp_path / "a.bmp"
    side = 7_400
    head = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + struct.pack(
        "<IiiHHIIiiII", 40, side, side, 1, 24, *[0] * 6
    )
    with file.open("wb") as written:
        written.write(head)
        written.truncate(54 + 3 * side * side)
    assert read_picture(file) is None


@pytest.mark.parametrize(
    "name", ["missing.jpg", ".", "x" * 300 + ".jpg", "nul\0.jpg", "text.jpg", "empty.jpg"]
)
def test_what_is_no_picture_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.jpg").write_text("no picture", encoding="utf-8")
    (tmp_path / "empty.jpg").touch()
    assert read_picture(tmp_path / name) is None
