"""Films of a picture held before a camera and of what is done to it, simulated from the picture alone.

Nothing in such a film is alive. A gate sees somebody tilt a picture to and fro, hold it still, and change its eyes for
a quarter of a second: under a strip, a finger, paper cut to the eyes, or, as a living face would, by lids that shut.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gate.vision.frame import Face, Frame, Landmarks, Pixels

RATE: Final = 15
TILTED, HELD = 20, 16
"""Frames in which the picture turns about its upright middle line, and in which it is merely held."""
FRAMES: Final = TILTED + HELD
CHANGED: Final = range(TILTED + 7, TILTED + 11)
MOST_TILT: Final = np.radians(30)
DISTANCE: Final = 10.0
"""From the camera, in inter-eye distances: some 60 cm."""
INTER_EYE, WIDTH, HEIGHT = 50, 400, 440
SHAKE: Final = (1.5, 1.5, 0.01, 0.012)
"""Of the hand, from frame to frame: pixels across and down, share of the size, radians."""
NOISE: Final = 4.0
"""Of the sensor: standard deviation, of 255."""

# Of a usual open eye, in inter-eye distances: half its width, its lids above and below the middle, the skin above it
# that a lid is made of, the thickness of lashes.
HALF_EYE, UPPER_LID, LOWER_LID, SKIN_ABOVE, LASHES = 0.25, 0.1, 0.09, 0.18, 0.018

Matrix = NDArray[np.float64]


class Trick(StrEnum):
    """What is done to the picture's eyes."""

    NOTHING = "nothing"
    STRIP = "strip"
    FINGER = "finger"
    CUT_OUT = "cut_to_the_eyes"
    LIDS = "lids"


def film(frame: Frame, face: Face, trick: Trick, seed: int) -> Iterator[Frame]:
    """The picture of this face before the camera, moved as one plane; the same for the same seed."""
    random, shake = np.random.default_rng(seed), np.zeros(len(SHAKE))
    changed = DONE[trick](frame.pixels, face.landmarks)
    for number in range(FRAMES):
        shake = 0.9 * shake + random.normal(0, 1, len(SHAKE)) * SHAKE
        tilt = MOST_TILT * np.sin(2 * np.pi * number / TILTED) if number < TILTED else 0.0
        shown = changed if number in CHANGED else frame.pixels
        yield replace(
            frame, pixels=_seen(shown, _held(face.landmarks, tilt, shake), random), monotonic=number / RATE
        )


def strip(pixels: Pixels, landmarks: Landmarks, half_height: float, colour: Matrix, soft: float) -> Pixels:
    """Something laid across both eyes; `half_height` and `soft` in inter-eye distances."""
    points, apart = landmarks.matrix(), landmarks.inter_eye
    mask = np.zeros(pixels.shape[:2], dtype=np.float32)
    beyond = (points[1] - points[0]) / 2
    cv2.line(
        mask,
        _pixel(points[0] - beyond),
        _pixel(points[1] + beyond),
        1.0,
        max(3, round(2 * half_height * apart)),
    )
    return _laid_over(pixels, mask, colour, soft * apart)


def cut_out(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """Two ovals in the colour of the cheek, as large as the eyes."""
    mask, apart = np.zeros(pixels.shape[:2], dtype=np.float32), landmarks.inter_eye
    for eye in landmarks.matrix()[:2]:
        axes = (max(1, round(0.3 * apart)), max(1, round(0.17 * apart)))
        cv2.ellipse(mask, _pixel(eye), axes, 0.0, 0.0, 360.0, 1.0, -1)
    return _laid_over(pixels, mask, cheek(pixels, landmarks), 0.03 * apart)


def lids(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """Lids that shut: the skin between brow and eye stretched over the eye, and a darker line of lashes."""
    done = pixels.astype(np.float32)
    for eye in landmarks.matrix()[:2]:
        done = _lid_down(done, eye, landmarks.inter_eye)
    return done.astype(np.uint8)


def _lid_down(pixels: NDArray[np.float32], eye: Matrix, apart: float) -> NDArray[np.float32]:
    places = np.indices(pixels.shape[:2], dtype=np.float32)
    rows, columns = np.asarray(places[0]), np.asarray(places[1])
    across, down = (columns - eye[0]) / apart, (rows - eye[1]) / apart
    bow = np.sqrt(np.clip(1 - (across / HALF_EYE) ** 2, 0, 1))
    top, upper, lower = -SKIN_ABOVE * bow, -UPPER_LID * bow, LOWER_LID * bow
    stretched = top + (down - top) * (upper - top) / np.maximum(lower - top, 1e-6)
    taken = np.asarray(np.where((down > top) & (down < lower), stretched, down), dtype=np.float32)
    skin = cv2.remap(pixels, columns, taken * np.float32(apart) + np.float32(eye[1]), cv2.INTER_LINEAR)
    lashes = np.exp(-(((down - lower) / LASHES) ** 2)) * (np.abs(across) < HALF_EYE)
    return np.asarray(skin * (1 - 0.5 * lashes[..., None]), dtype=np.float32)


def cheek(pixels: Pixels, landmarks: Landmarks) -> Matrix:
    """The mean colour half way between eyes and corners of the mouth."""
    points, reach = landmarks.matrix(), max(2, round(0.08 * landmarks.inter_eye))
    spots = [
        pixels[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].reshape(-1, 3)
        for x, y in (_pixel((points[0] + points[3]) / 2), _pixel((points[1] + points[4]) / 2))
    ]
    return np.concatenate(spots).mean(axis=0)


FINGER: Final = np.array([90.0, 110.0, 150.0])
"""Blue-green-red."""

DONE: Final[Mapping[Trick, Callable[[Pixels, Landmarks], Pixels]]] = {
    Trick.NOTHING: lambda pixels, _: pixels,
    Trick.STRIP: lambda pixels, at: strip(pixels, at, 0.2, cheek(pixels, at), 0.05),
    Trick.FINGER: lambda pixels, at: strip(pixels, at, 0.35, FINGER, 0.05),
    Trick.CUT_OUT: cut_out,
    Trick.LIDS: lids,
}


def _held(landmarks: Landmarks, tilt: float, shake: Matrix) -> Matrix:
    """From the picture to the camera's frame: a plane turned about its upright line, then shaken."""
    middle, scale = landmarks.matrix().mean(axis=0), INTER_EYE / landmarks.inter_eye
    centred = np.array([(scale, 0, -scale * middle[0]), (0, scale, -scale * middle[1]), (0, 0, 1)])
    depth = np.sin(tilt) / (DISTANCE * INTER_EYE)
    turned = np.array([(np.cos(tilt), 0, 0), (0, 1, 0), (depth, 0, 1)])
    across, down, grown, angle = shake
    cosine, sine = (1 + grown) * np.cos(angle), (1 + grown) * np.sin(angle)
    shaken = np.array([(cosine, -sine, WIDTH / 2 + across), (sine, cosine, HEIGHT / 2 + down), (0, 0, 1)])
    return np.asarray(shaken @ turned @ centred)


def _seen(pixels: Pixels, held: Matrix, random: np.random.Generator) -> Pixels:
    """Through a lens that is not quite sharp, by a sensor with noise."""
    shown = cv2.warpPerspective(
        pixels, held, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    soft = np.asarray(cv2.GaussianBlur(shown, (0, 0), 0.6), dtype=np.float64)
    grainy = np.clip(soft + random.normal(0, NOISE, soft.shape), 0, 255)
    return np.asarray(grainy, dtype=np.uint8)


def _laid_over(pixels: Pixels, mask: NDArray[np.float32], colour: Matrix, soft: float) -> Pixels:
    share = cv2.GaussianBlur(mask, (0, 0), soft) if soft > 0 else mask
    return (pixels * (1 - share[..., None]) + colour * share[..., None]).astype(np.uint8)


def _pixel(point: Matrix) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
