"""The gate's camera: one reading thread, the newest frame wins, a lost camera is tried again and reported."""

import threading
import time
from datetime import UTC, datetime
from typing import Final, Protocol

from contracts.words import CameraState
from gate.vision.captures import CameraOptions, Capture, Source, source_of
from gate.vision.frame import Frame, Pixels

FIRST_RETRY, LONGEST_RETRY = 0.5, 30.0
"""Seconds before a lost camera is tried again; doubled each time up to the longest."""

SILENCE: Final = 5.0
"""Seconds without a frame after which a live camera counts as lost, whatever its driver says."""


class Camera(Protocol):
    """Something that shows the gate what is before it."""

    @property
    def state(self) -> CameraState:
        """Whether pictures arrive. LOST before the first one."""
        ...

    @property
    def ended(self) -> bool:
        """A recording was shown to its end; a live camera never ends."""
        ...

    def read(self, wait_seconds: float = 0.0) -> Frame | None:
        """The newest frame not yet read, waiting for one if asked to; older ones are gone. None: nothing new."""
        ...

    def close(self) -> None:
        """Stops reading and lets go of the source."""
        ...


def open_camera(source: str, options: CameraOptions | None = None) -> Camera:
    """Starts reading `source`: `0` (USB), `rtsp://…`, a video file, or a folder of pictures.

    Returns at once; a live camera that is away is tried until it comes. Raises CameraRefused when the source
    cannot work: no such file, no picture in the folder, unencrypted beyond this machine and not allowed.
    """
    chosen = options or CameraOptions()
    return ReadingCamera(source_of(source, chosen), loop=chosen.loop)


class ReadingCamera:
    """A camera read by a thread of its own."""

    def __init__(self, source: Source, *, loop: bool = False, first_retry: float = FIRST_RETRY) -> None:
        self._source, self._loop, self._first_retry = source, loop, first_retry
        self._news = threading.Condition()
        self._newest: Frame | None = None
        self._last_at: float | None = None
        self._number = 0
        self._ended = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def state(self) -> CameraState:
        """LOST before the first frame, when reading failed, and after five silent seconds of a live camera."""
        with self._news:
            silent = self._last_at is None or (
                self._source.live and time.monotonic() - self._last_at > SILENCE
            )
            return CameraState.LOST if silent else CameraState.SEEING

    @property
    def ended(self) -> bool:
        """A recording was shown to its end."""
        with self._news:
            return self._ended and self._newest is None

    def read(self, wait_seconds: float = 0.0) -> Frame | None:
        """The newest frame not yet read."""
        with self._news:
            if self._newest is None and wait_seconds > 0 and not self._ended:
                self._news.wait(wait_seconds)
            frame, self._newest = self._newest, None
            return frame

    def close(self) -> None:
        """Returns when the thread has stopped, or after the longest read."""
        self._closing.set()
        self._thread.join(timeout=2 * SILENCE)

    def _run(self) -> None:
        retry = self._first_retry
        while not self._closing.is_set():
            capture = self._source.open()
            shown = self._show(capture) if capture is not None else 0
            if not self._source.live and not (self._loop and shown):
                break
            if self._source.live:
                retry = self._first_retry if shown else retry
                self._lose()
                self._closing.wait(retry)
                retry = min(LONGEST_RETRY, retry * 2)
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _show(self, capture: Capture) -> int:
        """Reads until the source is lost or ends; returns how many frames it gave."""
        shown, began = 0, time.monotonic()
        try:
            while not self._closing.wait(max(0.0, began + shown * capture.interval - time.monotonic())):
                before = time.perf_counter()
                pixels = capture.next()
                if pixels is None:
                    break
                self._publish(pixels, (time.perf_counter() - before) * 1000)
                shown += 1
        finally:
            capture.close()
        return shown

    def _publish(self, pixels: Pixels, read_ms: float) -> None:
        # A live read mostly waits for the camera: its time says nothing about cost.
        decode_ms = 0.0 if self._source.live else read_ms
        with self._news:
            self._last_at = time.monotonic()
            self._newest = Frame(pixels, datetime.now(UTC), self._last_at, self._number, decode_ms)
            self._number += 1
            self._news.notify_all()

    def _lose(self) -> None:
        with self._news:
            self._last_at = None
