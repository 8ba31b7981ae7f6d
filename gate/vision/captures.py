"""Where pictures come from: a USB camera, an RTSP stream, a video file, a folder. OpenCV's looseness stops here.

No error and no log names an RTSP address: it carries the camera's password.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np

from contracts.loopback import is_loopback
from gate.vision.errors import CameraRefused
from gate.vision.frame import Frame, Pixels

PICTURES: Final = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
USUAL_FPS, HIGHEST_FPS = 25.0, 120.0
OPEN_MS, READ_MS = 5_000, 5_000
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """How a source is read. `loop` and the last two concern files and folders."""

    cleartext_allowed: bool = False
    """Unencrypted RTSP beyond this machine: refused unless the operator says so."""
    loop: bool = False
    seconds_per_picture: float = 2.0
    pictures_per_second: float = 10.0


class Capture(Protocol):
    """An opened source."""

    interval: float
    """Seconds between two pictures; 0 when the source itself sets the pace."""

    def next(self) -> Pixels | None:
        """The next picture, blue-green-red; None when the source is lost or has ended."""
        ...

    def close(self) -> None:
        """Lets go of the device, connection or file."""
        ...


class Source(Protocol):
    """Something that can be opened again after it was lost."""

    live: bool
    """A live source that stops is lost; a recording that stops has ended."""

    def open(self) -> Capture | None:
        """None when it cannot be opened just now."""
        ...


def source_of(text: str, options: CameraOptions) -> Source:
    """`0` is a USB camera, `rtsp://…` a stream, a path a video file or a folder of pictures.

    Raises CameraRefused when that cannot work, however often it is tried.
    """
    if text.isdecimal():
        return UsbSource(int(text))
    if "://" in text:
        return _stream(text, options)
    path = Path(text)
    if path.is_dir():
        return FolderSource(_pictures(path), options)
    if not path.is_file():
        raise CameraRefused("The camera source is neither a number, an rtsp:// address, a file nor a folder.")
    return ClipSource(_readable(path))


def frames_of(path: Path, began: datetime | None = None) -> Iterator[Frame]:
    """All frames of a video file with the times they would have had, as fast as they are asked for.

    Raises CameraRefused when the file cannot be read.
    """
    start = began or datetime.now(UTC)
    capture = _Video(cv2.VideoCapture(str(_readable(path)), cv2.CAP_FFMPEG), paced=True)
    try:
        number = 0
        while True:
            before = time.perf_counter()
            pixels = capture.next()
            if pixels is None:
                return
            at = number * capture.interval
            decode_ms = (time.perf_counter() - before) * 1000
            yield Frame(pixels, start + timedelta(seconds=at), at, number, decode_ms)
            number += 1
    finally:
        capture.close()


class UsbSource:
    """A camera on this machine, by its number."""

    live = True

    def __init__(self, number: int) -> None:
        self._number = number

    def open(self) -> Capture | None:
        """At 1280 x 720 where the camera can."""
        device = cv2.VideoCapture(self._number)
        device.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return _opened(device, paced=False)


class StreamSource:
    """An RTSP stream over TCP, with a time limit on opening and on each read."""

    live = True

    def __init__(self, address: str) -> None:
        self._address = address

    def __repr__(self) -> str:
        return "StreamSource(address hidden)"

    def open(self) -> Capture | None:
        """One decoding thread: more of them hold frames back and take memory each."""
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS)
        stream = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, [*limits, cv2.CAP_PROP_N_THREADS, 1])
        return _opened(stream, paced=False)


class ClipSource:
    """A video file, shown at its own pace."""

    live = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> Capture | None:
        """From the beginning."""
        clip = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        return _opened(clip, paced=True)


class FolderSource:
    """Pictures in the order of their names, each shown for a while."""

    live = False

    def __init__(self, pictures: list[Path], options: CameraOptions) -> None:
        self._pictures, self._options = pictures, options

    def open(self) -> Capture | None:
        """From the first picture."""
        return _Pictures(self._pictures, self._options)


class _Video:
    def __init__(self, device: cv2.VideoCapture, *, paced: bool) -> None:
        self._device = device
        fps = float(device.get(cv2.CAP_PROP_FPS)) if paced else 0.0
        known = 0 < fps <= HIGHEST_FPS
        self.interval = 1 / (fps if known else USUAL_FPS) if paced else 0.0

    def next(self) -> Pixels | None:
        try:
            read, pixels = self._device.read()
        except cv2.error:  # a driver's way of saying that the camera is gone
            return None
        return np.asarray(pixels, dtype=np.uint8) if read else None

    def close(self) -> None:
        self._device.release()


class _Pictures:
    def __init__(self, pictures: list[Path], options: CameraOptions) -> None:
        self.interval = 1 / options.pictures_per_second
        self._repeats = max(1, round(options.seconds_per_picture * options.pictures_per_second))
        self._shown = self._frames(pictures)

    def _frames(self, pictures: list[Path]) -> Iterator[Pixels]:
        for path in pictures:
            pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if isinstance(pixels, np.ndarray):  # a file that is no picture is passed over
                for _ in range(self._repeats):
                    yield np.asarray(pixels, dtype=np.uint8)

    def next(self) -> Pixels | None:
        return next(self._shown, None)

    def close(self) -> None:
        """Nothing is held open."""


def _opened(device: cv2.VideoCapture, *, paced: bool) -> Capture | None:
    if device.isOpened():
        return _Video(device, paced=paced)
    device.release()
    return None


def _stream(address: str, options: CameraOptions) -> Source:
    parts = urlsplit(address)
    if parts.scheme not in {"rtsp", "rtsps"} or not parts.hostname:
        raise CameraRefused("A camera's address starts with rtsp:// or rtsps:// and names a host.")
    if parts.scheme == "rtsp" and not (options.cleartext_allowed or is_loopback(parts.hostname)):
        raise CameraRefused(
            "This camera sends pictures and password unencrypted over the network. "
            "Use rtsps://, or allow it where the cable to the camera is trusted."
        )
    return StreamSource(address)


def _readable(path: Path) -> Path:
    clip = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    readable = clip.isOpened() and bool(clip.read()[0])
    clip.release()
    if not readable:
        raise CameraRefused(f"{path.name} is not a video that can be read.")
    return path


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    if not any(cv2.haveImageReader(str(path)) for path in found):
        raise CameraRefused(f"The folder {folder.name} holds no picture that can be read.")
    return found
