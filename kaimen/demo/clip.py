"""Renders the walk-up clip from stills. It is a simulation of a camera and says so wherever it is shown."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, repeat
from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from kaimen.demo.script import FRAMES_PER_S, HEIGHT, LEAD_IN_S, PAUSE_S, SCENES, WIDTH, Scene, Walker

Pixels = NDArray[np.uint8]
Grain = NDArray[np.int16]
JPEG_QUALITY = 92
QR_PX = 300
GRAINS = 7


@dataclass(frozen=True, slots=True)
class Head:
    """Where the face lies in a picture: left, top, width and height in pixels, measured once with the detector."""

    left: int
    top: int
    width: int
    height: int


HEADS = {
    "obama2.jpg": Head(195, 224, 276, 390),
    "obama3.jpg": Head(640, 246, 270, 367),
    "biden.jpg": Head(429, 176, 276, 382),
    "astronaut.png": Head(178, 63, 90, 113),
}


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A person cut out with soft edges. `mask` is 0 to 1; the face is `face_px` high, its middle at (x, y)."""

    pixels: NDArray[np.float32]
    mask: NDArray[np.float32]
    face_px: int
    x: float
    y: float


def render(pictures: Path, pass_code: str, to: Path, scenes: tuple[Scene, ...] = SCENES) -> None:
    """Writes the clip, whole or not at all. Raises FileNotFoundError for an absent picture."""
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(f"unfinished-{to.name}")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_S, (WIDTH, HEIGHT))
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, JPEG_QUALITY)
    try:
        for frame in frames(pictures, pass_code, scenes):
            writer.write(frame)
    finally:
        writer.release()
    unfinished.replace(to)


def frames(pictures: Path, pass_code: str, scenes: tuple[Scene, ...]) -> Iterator[Pixels]:
    """The clip frame by frame, uint8 720×1280×3 BGR."""
    grains = cycle(_grains())  # no two frames in a row are the same, as with a real camera
    for frame in _clean_frames(pictures, pass_code, scenes):
        yield _grained(frame, next(grains))


def _clean_frames(pictures: Path, pass_code: str, scenes: tuple[Scene, ...]) -> Iterator[Pixels]:
    empty = _entrance()
    figures = {
        walker.picture: _cut_out(pictures / walker.picture) for scene in scenes for walker in scene.walkers
    }
    card = _card(pass_code)
    yield from repeat(empty, round(LEAD_IN_S * FRAMES_PER_S))
    for scene in scenes:
        for share in np.linspace(0.0, 1.0, round(scene.seconds * FRAMES_PER_S)):
            yield _scene_at(scene, float(share), empty, figures, card)
        yield from repeat(empty, round(PAUSE_S * FRAMES_PER_S))


def _scene_at(scene: Scene, share: float, empty: Pixels, figures: dict[str, Figure], card: Pixels) -> Pixels:
    """The scene at 0 (far) to 1 (near)."""
    frame = empty.copy()
    for walker in scene.walkers:
        _draw(frame, figures[walker.picture], walker, share)
    if scene.shows_pass:
        _hold_up(frame, card, share)
    if scene.blur_px:
        frame = _moved(frame, scene.blur_px)
    return frame if scene.light == 1.0 else np.clip(frame * scene.light, 0, 255).astype(np.uint8)


def _draw(frame: Pixels, figure: Figure, walker: Walker, share: float) -> None:
    """Walking at an even pace makes a face grow as 1/distance; steps sway it a little."""
    share = min(1.0, share / 0.7)  # the last third they stand before the camera
    height = 1.0 / ((1 - share) / walker.far_px + share / walker.near_px)
    scale = height / figure.face_px
    sway = math.sin(share * 22) * 0.02 * height
    left = round(walker.place * WIDTH + sway - figure.x * scale)
    top = round(HEIGHT * 0.44 + sway / 2 - figure.y * scale)
    size = (round(figure.pixels.shape[1] * scale), round(figure.pixels.shape[0] * scale))
    pixels = cv2.resize(figure.pixels, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(figure.mask, size, interpolation=cv2.INTER_AREA)[..., None]
    from_x, from_y = max(0, -left), max(0, -top)
    to_x, to_y = min(size[0], WIDTH - left), min(size[1], HEIGHT - top)
    if to_x <= from_x or to_y <= from_y:
        return
    under = frame[top + from_y : top + to_y, left + from_x : left + to_x]
    cut = slice(from_y, to_y), slice(from_x, to_x)
    under[:] = (under * (1 - mask[cut]) + pixels[cut] * mask[cut]).astype(np.uint8)


def _cut_out(path: Path) -> Figure:
    """Head and shoulders under a mask that fades out, so that the edge of the picture is no edge in the clip."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(f"Picture {path.name} is missing; `make setup` lays it there: {path.parent}")
    head = HEADS[path.name]
    rows, columns = picture.shape[:2]
    left, right = (
        max(0, round(head.left - 0.75 * head.width)),
        min(columns, round(head.left + 1.75 * head.width)),
    )
    top, bottom = max(0, round(head.top - 0.45 * head.height)), min(rows, round(head.top + 2.1 * head.height))
    pixels = picture[top:bottom, left:right].astype(np.float32)
    mask = np.zeros(pixels.shape[:2], np.float32)
    middle = (round(head.left + head.width / 2 - left), round(head.top + head.height / 2 - top))
    cv2.ellipse(mask, middle, (round(head.width * 0.62), round(head.height * 0.66)), 0, 0, 360, 1.0, -1)
    shoulders = (middle[0], round(middle[1] + head.height * 1.35))
    cv2.ellipse(mask, shoulders, (round(head.width * 1.05), round(head.height * 0.95)), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), head.width * 0.04).astype(np.float32)
    return Figure(pixels, soft, head.height, float(middle[0]), float(middle[1]))


def _entrance() -> Pixels:
    """A plain entrance hall: wall, floor, a door frame. Nothing in it looks like a face."""
    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rows = np.linspace(0, 1, HEIGHT)[:, None]
    frame[:] = (np.array([196, 202, 206]) - rows[..., None] * 46).astype(np.uint8)
    floor = np.array([[0, 720], [1280, 720], [960, 520], [320, 520]])
    cv2.fillPoly(frame, [floor], (128, 134, 138))
    cv2.rectangle(frame, (470, 130), (810, 520), (148, 156, 160), 6)
    cv2.line(frame, (640, 130), (640, 520), (158, 166, 170), 3)
    return cv2.GaussianBlur(frame, (0, 0), 2).astype(np.uint8)


def _card(code: str) -> Pixels:
    """A phone-like white card with the pass on it."""
    matrix = np.array(
        [list(row) for row in segno.make(code, error="l", micro=False).matrix_iter(border=4)], np.uint8
    )
    modules = (255 - matrix * 235).astype(np.uint8)
    square = cv2.resize(modules, (QR_PX, QR_PX), interpolation=cv2.INTER_NEAREST)
    card = np.full((QR_PX + 130, QR_PX + 40, 3), 245, np.uint8)
    card[60 : 60 + QR_PX, 20 : 20 + QR_PX] = square[..., None]
    return card


def _hold_up(frame: Pixels, card: Pixels, share: float) -> None:
    """The card rises into view, stays with a slight tremor, and sinks again."""
    rise = min(1.0, share / 0.2, (1 - share) / 0.15)
    top = round(HEIGHT - rise * (card.shape[0] + 120) + math.sin(share * 30) * 2)
    left = round(WIDTH * 0.5 - card.shape[1] / 2 + math.sin(share * 17) * 3)
    visible = min(card.shape[0], HEIGHT - top)
    if visible > 0:
        frame[top : top + visible, left : left + card.shape[1]] = card[:visible]


def _moved(frame: Pixels, length: int) -> Pixels:
    kernel = np.full((1, length), 1 / length, np.float32)
    return cv2.filter2D(frame, -1, kernel).astype(np.uint8)


def _grains() -> list[Grain]:
    """A few frames of a sensor's grain, drawn coarse and enlarged."""
    noise = np.random.default_rng(20261123)
    small = [noise.normal(0, 2.0, (HEIGHT // 2, WIDTH // 2, 3)).astype(np.int16) for _ in range(GRAINS)]
    return [
        cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST).astype(np.int16) for one in small
    ]


def _grained(frame: Pixels, grain: Grain) -> Pixels:
    return cv2.add(frame, grain, dtype=cv2.CV_8U).astype(np.uint8)
