"""Real faces for tests and the demonstration: pictures taken out of the packages that carry them.

They are not part of this repository and never become part of it; each is checked by sha256.
"""

import hashlib
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from setup.problem import SetupProblem

FACE_RECOGNITION = "face_recognition-1.3.0.tar.gz"
SCIKIT_IMAGE = "scikit_image-0.26.0-*.whl"
TEST_IMAGES = "face_recognition-1.3.0/tests/test_images"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its archive as a pattern, its place inside, and the sha256 of its bytes."""

    archive: str
    inside: str
    sha256: str

    @property
    def name(self) -> str:
        """Return the name the picture has outside its archive."""
        return self.inside.rsplit("/", 1)[-1]


PICTURES = (
    Picture(
        FACE_RECOGNITION,
        f"{TEST_IMAGES}/obama.jpg",
        "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    ),
    Picture(
        FACE_RECOGNITION,
        f"{TEST_IMAGES}/obama2.jpg",
        "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    ),
    Picture(
        FACE_RECOGNITION,
        f"{TEST_IMAGES}/obama3.jpg",
        "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    ),
    Picture(
        FACE_RECOGNITION,
        f"{TEST_IMAGES}/32bit.png",
        "44dca895a7d635a4aedddd91a4f37af9a8a5b44e66154282a24645a757b5f627",
    ),
    Picture(
        FACE_RECOGNITION,
        f"{TEST_IMAGES}/biden.jpg",
        "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    ),
    Picture(
        SCIKIT_IMAGE,
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
)


def read_inside(archive: Path, inside: str) -> bytes:
    """Return the bytes of the file `inside` an archive (.whl or .tar.gz); KeyError when it has none."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(inside)
    with tarfile.open(archive) as source:
        member = source.extractfile(inside)
        if member is None:
            raise KeyError(inside)
        return member.read()


def take_out(picture: Picture, downloads: Path) -> bytes:
    """Return the picture's checked bytes; raises SetupProblem when they are not the expected ones."""
    archives = sorted(downloads.glob(picture.archive))
    if not archives:
        raise SetupProblem(
            f"the archive {picture.archive} was not downloaded.", "run the same command again."
        )
    try:
        content = read_inside(archives[0], picture.inside)
    except (KeyError, OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as fault:
        raise SetupProblem(
            f"{archives[0].name} cannot be read: {fault}.",
            "run the same command again; it is downloaded anew.",
        ) from fault
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        raise SetupProblem(
            f"{picture.name} in {archives[0].name} has a wrong checksum.",
            "do not use it. Ask your package mirror's keeper.",
        )
    return content


def lay_out(downloads: Path, target: Path) -> None:
    """Write every picture into the folder `target`, from the archives in `downloads`."""
    target.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        (target / picture.name).write_bytes(take_out(picture, downloads))
