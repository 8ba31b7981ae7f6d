"""Photos to enrol: real ones as they come, and made ones."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from enrollment.enrol import open_eye
from gate.vision.eye import Eye
from tests.faces import picture


@pytest.fixture(scope="session")
def eye(tmp_path_factory: pytest.TempPathFactory) -> Eye:
    """The eye that gates have."""
    return open_eye(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def opened() -> Callable[[str], Image.Image]:
    """A real picture, unpacked."""

    def make(name: str) -> Image.Image:
        image = Image.open(picture(name))
        image.load()
        return image

    return make


@pytest.fixture(scope="session")
def saved() -> Callable[..., bytes]:
    """A picture as a file's bytes."""

    def make(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
        file = BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return make


@pytest.fixture(scope="session")
def file_of() -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        path: Path = picture(name)
        return path.read_bytes()

    return read
