"""What the tests of seeing share: the default eye, loaded once, and frames made of real pictures."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from gate.vision.frame import Frame, Pixels
from gate.vision.onnx_eye import OnnxEye
from tests.faces import picture

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of converted models, filled by the first eye of the test run."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def eye(models: Path) -> OnnxEye:
    """The default eye."""
    return OnnxEye(models)


@pytest.fixture(scope="session")
def frame_of() -> Callable[[Pixels], Frame]:
    """Makes a frame of pixels."""

    def make(pixels: Pixels, at: float = 0.0) -> Frame:
        return Frame(pixels, MORNING, at, 1)

    return make


@pytest.fixture(scope="session")
def photo() -> Callable[[str], Frame]:
    """Makes a frame of one of the real pictures that the set-up lays out."""

    def load(name: str) -> Frame:
        pixels = cv2.imread(str(picture(name)), cv2.IMREAD_COLOR)
        assert pixels is not None
        return Frame(np.asarray(pixels, dtype=np.uint8), MORNING, 0.0, 1)

    return load
