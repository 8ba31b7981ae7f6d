"""Where a face's landmarks go in a chip, and the pixels there. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.frame import Landmarks, Pixels

Affine = NDArray[np.float64]
"""2 x 3: maps a point of the frame to a point of the chip."""

SFACE_SIZE: Final = 112
RESNET_SIZE: Final = 150

# Square pixels: below, five landmarks are one point.
SMALLEST_SPREAD: Final = 1e-6

# The usual five points on 112 x 112 that SFace (and ArcFace) was trained with.
SFACE_POINTS: Final = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)

# Where YuNet's five points fall, on average, in the chips that dlib's own five-point predictor cuts:
# docs/decisions/0012-alignment-of-the-resnet.md.
RESNET_POINTS: Final = np.array([(46.9, 45.5), (103.1, 45.5), (75.0, 77.8), (50.8, 102.3), (99.2, 102.3)])


def similarity(landmarks: Landmarks, targets: NDArray[np.float64]) -> Affine:
    """The turn, scale and shift that brings five landmarks nearest to their targets (Umeyama 1991).

    Raises ValueError when the landmarks all fall on one point.
    """
    source = landmarks.matrix()
    from_middle, to_middle = source.mean(axis=0), targets.mean(axis=0)
    a, b = source - from_middle, targets - to_middle
    spread = float((a**2).sum())
    if not np.isfinite(spread) or spread < SMALLEST_SPREAD:
        raise ValueError("The landmarks of this face fall on one point")
    # In complex numbers a similarity is one factor: least squares has a closed form.
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([(cosine, -sine), (sine, cosine)])
    return np.column_stack([turn, to_middle - turn @ from_middle])


def scale_of(affine: Affine) -> float:
    """How many chip pixels one frame pixel becomes."""
    return float(np.hypot(affine[0, 0], affine[1, 0]))


def grey_chip(pixels: Pixels, affine: Affine, size: int) -> NDArray[np.float32]:
    """A size x size grey chip, 0 to 255; what lies outside the frame repeats its edge.

    Each chip pixel averages several of the frame where the face is larger than the chip, so that a large
    face is not taken for a sharp one. Cheap enough for every face of every frame.
    """
    fine = int(np.clip(round(1.0 / max(scale_of(affine), 1e-6)), 1, 4))
    steps = (np.arange(size * fine) + 0.5) / fine - 0.5
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)
    back = np.linalg.inv(affine[:, :2])
    places = (grid - affine[:, 2]) @ back.T
    columns = np.clip(np.rint(places[..., 0]), 0, pixels.shape[1] - 1).astype(np.intp)
    rows = np.clip(np.rint(places[..., 1]), 0, pixels.shape[0] - 1).astype(np.intp)
    # Green carries most of what the eye and a sensor call brightness; one channel is a third of the work.
    fine_chip = pixels[rows, columns, 1].astype(np.float32)
    return fine_chip.reshape(size, fine, size, fine).mean(axis=(1, 3))
