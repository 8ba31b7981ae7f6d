"""One picture of the gate's camera, when somebody orders it: taken now, sent over HTTPS, kept nowhere here."""

from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

import cv2
import numpy as np
import structlog

from contracts.order import OrderFault
from contracts.picture import LARGEST_PICTURE, PictureKind
from gate.access.orders import DONE, Fate, refused
from gate.errands import Errands
from gate.mqtt.fetch import NotReached
from gate.vision.frame import Frame, Pixels

log = structlog.get_logger()

FRESH_S: Final = 2.0
"""A picture older than this does not show what the camera sees now."""
WIDEST: Final = 800
"""Pixels: enough to see whether the lens is clean, the light right and the view where it should be."""
QUALITIES: Final = (80, 60, 40, 20)
MOST_WAITING: Final = 2


class Sends(Protocol):
    """The server."""

    def send_picture(self, kind: PictureKind, of: UUID, jpeg: bytes) -> NotReached | None: ...


class LatestFrame:
    """The newest frame that was looked at; the one before is gone with it. Any thread may call."""

    def __init__(self) -> None:
        self._frame: Frame | None = None

    def see(self, frame: Frame) -> None:
        self._frame = frame

    def forget(self) -> None:
        """The camera is lost: nothing is kept of what it last saw."""
        self._frame = None

    def newest(self, now: float) -> Frame | None:
        """None where nothing was seen lately; `now` is on the frames' monotonic clock."""
        frame = self._frame
        return frame if frame is not None and now - frame.monotonic <= FRESH_S else None


class Snapshots:
    """Takes a picture in the caller's thread, which costs milliseconds, and sends it in its own."""

    def __init__(self, latest: LatestFrame, server: Sends, monotonic: Callable[[], float]) -> None:
        self._latest, self._server, self._monotonic = latest, server, monotonic
        self.errands = Errands("pictures", MOST_WAITING)

    def take(self, order: UUID, then: Callable[[Fate], None]) -> Fate | None:
        """None: on its way, and `then` is told. A fate: there is no picture."""
        frame = self._latest.newest(self._monotonic())
        if frame is None:
            return refused(OrderFault.CAMERA_LOST)
        jpeg = small_jpeg(frame.pixels)
        if self.errands.put(lambda: then(self._sent(order, jpeg))):
            return None
        return refused(OrderFault.NOT_SENT)

    def _sent(self, order: UUID, jpeg: bytes) -> Fate:
        trouble = self._server.send_picture(PictureKind.TEST, order, jpeg)
        if trouble is None:
            return DONE
        log.warning("A test picture was not sent", order=str(order), why=trouble.why)
        return refused(OrderFault.NOT_SENT)


def small_jpeg(pixels: Pixels) -> bytes:
    """The picture, at most 800 pixels a side and 60,000 bytes, with nothing in it but pixels."""
    small = _shrunk(pixels, WIDEST)
    for quality in QUALITIES:
        jpeg = _encoded(small, quality)
        if len(jpeg) <= LARGEST_PICTURE:
            return jpeg
    return _encoded(_shrunk(small, WIDEST // 4), QUALITIES[-1])  # noise: a quarter of a side always fits


def _shrunk(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _encoded(pixels: Pixels, quality: int) -> bytes:
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()
