"""QR codes are read from the camera's picture."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import zxingcpp

from gate.vision.codes import LONGEST, read_codes
from gate.vision.frame import Frame, Pixels

FrameOf = Callable[[Pixels], Frame]


def a_code(text: str, side: int) -> Pixels:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    grey = np.asarray(barcode.to_image(scale=1, add_quiet_zones=True), dtype=np.uint8)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def shown(text: str, side: int, turn: float = 0.0) -> Pixels:
    """A code of `side` pixels held up in a 1280 x 720 picture with noise and a little blur."""
    picture = np.full((720, 1280), 110, dtype=np.uint8)
    picture[300 : 300 + side, 500 : 500 + side] = a_code(text, side)
    around = cv2.getRotationMatrix2D((500 + side / 2, 300 + side / 2), turn, 1.0)
    picture = cv2.warpAffine(picture, around, (1280, 720), borderValue=110)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.5) + np.random.default_rng(2).normal(0, 4, picture.shape)
    grey = np.clip(picture, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


PASS = "K1:" + "A1B2C3D4E5F6G7H8" * 8


@pytest.mark.parametrize(("side", "turn"), [(120, 0.0), (160, 12.0), (240, 40.0), (400, 180.0)])
def test_a_pass_is_read_from_120_pixels_on_and_at_any_angle(
    frame_of: FrameOf, side: int, turn: float
) -> None:
    assert read_codes(frame_of(shown(PASS, side, turn))) == [PASS]


def test_a_picture_without_a_code_and_one_of_one_pixel_give_nothing(frame_of: FrameOf) -> None:
    assert read_codes(frame_of(np.full((720, 1280, 3), 120, dtype=np.uint8))) == []
    assert read_codes(frame_of(np.zeros((1, 1, 3), dtype=np.uint8))) == []


def test_a_text_too_long_for_a_pass_is_not_carried_further(frame_of: FrameOf) -> None:
    assert read_codes(frame_of(shown("A" * (LONGEST + 1), 400))) == []
