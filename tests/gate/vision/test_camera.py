"""Cameras: the newest frame wins, a lost one comes back, and what cannot work is refused at once."""

import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.words import CameraState
from gate.vision.camera import ReadingCamera, open_camera
from gate.vision.captures import CameraOptions, frames_of, source_of
from gate.vision.errors import CameraRefused
from gate.vision.frame import Frame, Pixels

PASSWORD = "not-for-logs"
DEBIAN_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")


def a_picture(grey: int) -> Pixels:
    return np.full((48, 64, 3), grey, dtype=np.uint8)


class FakeCapture:
    """Gives pictures one by one, each when the test says so."""

    interval = 0.0

    def __init__(self, pictures: list[Pixels], held: threading.Semaphore) -> None:
        self._pictures, self._held = pictures, held
        self.closed = threading.Event()

    def next(self) -> Pixels | None:
        self._held.acquire(timeout=5)
        return self._pictures.pop(0) if self._pictures else None

    def close(self) -> None:
        self.closed.set()


class FakeSource:
    """Opens what it was given, in order; then nothing."""

    live = True

    def __init__(self, *captures: FakeCapture | None) -> None:
        self._captures = list(captures)
        self.exhausted = threading.Event()

    def open(self) -> FakeCapture | None:
        if self._captures:
            return self._captures.pop(0)
        self.exhausted.set()
        return None


def let(go: threading.Semaphore, times: int) -> None:
    for _ in range(times):
        go.release()


def test_the_newest_frame_wins_and_is_given_once() -> None:
    go = threading.Semaphore(0)
    capture = FakeCapture([a_picture(grey) for grey in (10, 20, 30)], go)
    camera = ReadingCamera(FakeSource(capture))
    assert camera.state is CameraState.LOST
    assert camera.read() is None
    let(go, 4)
    assert capture.closed.wait(5)
    frame = camera.read()
    assert frame is not None
    assert (frame.pixels[0, 0, 0], frame.number) == (30, 2)
    assert camera.read() is None
    camera.close()


def test_a_lost_camera_is_tried_again_and_comes_back() -> None:
    go = threading.Semaphore(0)
    first, second = FakeCapture([a_picture(1)], go), FakeCapture([a_picture(2), a_picture(3)], go)
    camera = ReadingCamera(FakeSource(first, None, second), first_retry=0.01)
    let(go, 1)
    assert camera.read(5) is not None
    assert camera.state is CameraState.SEEING
    let(go, 1)
    assert first.closed.wait(5)
    let(go, 1)
    back = camera.read(5)
    assert back is not None
    assert back.number == 1
    assert camera.state is CameraState.SEEING
    let(go, 9)
    camera.close()
    assert second.closed.is_set()


def test_a_camera_that_stopped_is_reported_as_lost() -> None:
    go = threading.Semaphore(0)
    let(go, 9)
    source = FakeSource(FakeCapture([a_picture(1)], go))
    camera = ReadingCamera(source, first_retry=0.01)
    assert source.exhausted.wait(5)
    assert camera.state is CameraState.LOST
    assert not camera.ended
    camera.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (64, 48))
    for grey in range(0, 250, 10):
        writer.write(a_picture(grey))
    writer.release()
    return path


def all_frames(source: Path, options: CameraOptions | None = None, most: int = 1000) -> list[Frame]:
    camera = open_camera(str(source), options)
    frames: list[Frame] = []
    while not camera.ended and len(frames) < most:
        frame = camera.read(5)
        if frame is not None:
            frames.append(frame)
    camera.close()
    return frames


def test_a_clip_is_shown_at_its_own_pace_and_ends(clip: Path) -> None:
    frames = all_frames(clip)
    assert frames[-1].number == 24
    assert frames[-1].monotonic - frames[0].monotonic == pytest.approx(24 / 50, abs=0.3)
    assert frames[0].at.tzinfo is not None


def test_a_clip_may_begin_again_at_its_end(clip: Path) -> None:
    assert all_frames(clip, CameraOptions(loop=True), most=40)[-1].number > 25


def test_every_frame_of_a_clip_can_be_had_without_waiting(clip: Path) -> None:
    frames = list(frames_of(clip))
    assert [frame.number for frame in frames] == list(range(25))
    assert frames[-1].monotonic == pytest.approx(24 / 50)


def test_a_folder_shows_its_pictures_in_order_and_passes_over_what_is_none(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "b.png"), a_picture(200))
    cv2.imwrite(str(tmp_path / "a.png"), a_picture(100))
    (tmp_path / "aa.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("nor this")
    options = CameraOptions(seconds_per_picture=0.04, pictures_per_second=50)
    greys = [int(frame.pixels[0, 0, 0]) for frame in all_frames(tmp_path, options)]
    assert greys == sorted(greys)
    assert greys[-1] == 200


def test_a_broken_clip_an_empty_folder_and_a_missing_file_are_refused(tmp_path: Path, clip: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(500))
    empty = tmp_path / "empty"
    empty.mkdir()
    for source in (broken, empty, tmp_path / "missing.mp4"):
        with pytest.raises(CameraRefused):
            open_camera(str(source))
    with pytest.raises(CameraRefused):
        next(frames_of(broken))


def test_a_clip_that_is_cut_off_in_the_middle_ends_there(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert 0 < len(list(frames_of(clip))) < 25


@pytest.mark.parametrize(
    "address",
    [f"http://a:{PASSWORD}@camera/x", f"rtsp://a:{PASSWORD}@192.168.1.9/x", f"rtsp://:{PASSWORD}@/x"],
)
def test_an_address_that_is_refused_is_not_repeated(address: str) -> None:
    with pytest.raises(CameraRefused) as refused:
        open_camera(address)
    assert PASSWORD not in str(refused.value)
    assert "camera/x" not in str(refused.value)


def test_an_unencrypted_stream_is_read_when_the_operator_allows_it_and_its_address_stays_hidden() -> None:
    source = source_of(f"rtsp://a:{PASSWORD}@192.168.1.9/x", CameraOptions(cleartext_allowed=True))
    assert PASSWORD not in repr(source)
    assert source_of("rtsp://127.0.0.1/x", CameraOptions()).live
    assert source_of("rtsps://192.168.1.9/x", CameraOptions()).live


@contextmanager
def an_rtsp_server(port: int) -> Generator[int]:
    command = [DEBIAN_PYTHON, str(SERVER), str(port), "eye", PASSWORD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, "install gir1.2-gst-rtsp-server-1.0 and GStreamer's plugins: 'make test' does"
        try:
            yield int(line)
        finally:
            server.kill()


def seen_within(camera: ReadingCamera, seconds: float) -> Frame | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        frame = camera.read(0.5)
        if frame is not None:
            return frame
    return None


@pytest.mark.real
def test_an_rtsp_camera_is_read_lost_and_found_again_and_its_password_appears_nowhere(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with an_rtsp_server(0) as port:
        address = f"rtsp://eye:{PASSWORD}@127.0.0.1:{port}/gate"
        camera = ReadingCamera(source_of(address, CameraOptions()))
        frame = seen_within(camera, 20)
        assert frame is not None
        assert frame.pixels.shape == (360, 640, 3)
        assert camera.state is CameraState.SEEING
    until = time.monotonic() + 20
    while camera.state is CameraState.SEEING and time.monotonic() < until:
        camera.read(0.5)
    assert camera.state is CameraState.LOST
    with an_rtsp_server(port):
        assert seen_within(camera, 40) is not None
        assert camera.state is CameraState.SEEING
        camera.close()
    written = capfd.readouterr()
    assert PASSWORD not in written.out + written.err
