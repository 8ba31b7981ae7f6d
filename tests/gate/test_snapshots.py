"""One picture, taken now, small, with nothing in it but pixels, and kept nowhere."""

import threading
from datetime import UTC, datetime
from uuid import UUID

import cv2
import numpy as np
import pytest

from contracts.ids import uuid7
from contracts.order import OrderFault
from contracts.picture import LARGEST_PICTURE, PictureKind
from gate.access.orders import DONE, Fate, refused
from gate.mqtt.fetch import NotReached
from gate.snapshots import FRESH_S, LatestFrame, Snapshots, small_jpeg
from gate.vision.frame import Frame, Pixels

NOISE = np.random.default_rng(7).integers(0, 255, (720, 1280, 3), np.uint8)


def a_frame(pixels: Pixels = NOISE, at: float = 100.0) -> Frame:
    return Frame(pixels, datetime(2026, 11, 24, tzinfo=UTC), at, 1)


class FakeServer:
    """Notes what came; `away` is a server that does not answer."""

    def __init__(self, away: bool = False) -> None:
        self.came: list[tuple[PictureKind, UUID, bytes]] = []
        self.away = away

    def send_picture(self, kind: PictureKind, of: UUID, jpeg: bytes) -> NotReached | None:
        self.came.append((kind, of, jpeg))
        return NotReached("ConnectError") if self.away else None


def fate_of(server: FakeServer, order: UUID) -> Fate:
    """What a started gate answers to the order."""
    latest, told, fates = LatestFrame(), threading.Event(), list[Fate]()
    latest.see(a_frame())
    snapshots = Snapshots(latest, server, lambda: 101.0)

    def then(fate: Fate) -> None:
        fates.append(fate)
        told.set()

    snapshots.errands.start()
    assert snapshots.take(order, then) is None
    assert told.wait(10)
    snapshots.errands.stop()
    return fates[0]


def test_the_picture_goes_to_the_server_under_the_orders_id() -> None:
    server, order = FakeServer(), uuid7()
    assert fate_of(server, order) == DONE
    ((kind, of, jpeg),) = server.came
    assert (kind, of) == (PictureKind.TEST, order)
    assert jpeg.startswith(b"\xff\xd8\xff\xe0")


def test_a_server_that_does_not_take_it_is_said() -> None:
    server = FakeServer(away=True)
    assert fate_of(server, uuid7()) == refused(OrderFault.NOT_SENT)
    assert len(server.came) == 1  # sent once


@pytest.mark.promise(9)
def test_what_is_old_or_forgotten_is_no_picture_of_now() -> None:
    latest = LatestFrame()
    snapshots = Snapshots(latest, FakeServer(), lambda: 100.0 + FRESH_S + 0.1)
    lost = refused(OrderFault.CAMERA_LOST)
    assert snapshots.take(uuid7(), lambda _: None) == lost
    latest.see(a_frame())
    assert snapshots.take(uuid7(), lambda _: None) == lost
    latest.see(a_frame(at=102.0))
    latest.forget()
    assert snapshots.take(uuid7(), lambda _: None) == lost


def test_more_orders_than_the_line_takes_are_refused_not_kept() -> None:
    latest = LatestFrame()
    latest.see(a_frame())
    snapshots = Snapshots(latest, FakeServer(), lambda: 100.0)  # not started: nothing is taken off
    fates = [snapshots.take(uuid7(), lambda _: None) for _ in range(3)]
    assert fates == [None, None, refused(OrderFault.NOT_SENT)]
    snapshots.errands.stop()


@pytest.mark.parametrize("shape", [(720, 1280), (2160, 3840), (48, 64), (4000, 300)])
def test_any_picture_fits_and_keeps_its_shape(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    jpeg = small_jpeg(pixels)
    assert len(jpeg) <= LARGEST_PICTURE
    assert jpeg.startswith(b"\xff\xd8\xff\xe0")
    seen = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    height, width = seen.shape[:2]
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.05)
