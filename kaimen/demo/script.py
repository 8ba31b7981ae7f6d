"""What happens in the walk-up clip, scene by scene, and what should come of each. Pure: no pixels, no files.

The pictures come inside packages: obama.jpg enrols the resident, obama2.jpg and obama3.jpg are other pictures of the
same man; biden.jpg and astronaut.png show people who are not enrolled.
"""

from dataclasses import dataclass
from typing import Final

from contracts.words import Method, Outcome, Reason

FRAMES_PER_S: Final = 15
WIDTH, HEIGHT = 1280, 720
LEAD_IN_S: Final = 6.0  # an empty entrance while the gate starts and fetches its roster
PAUSE_S: Final = 2.0  # between scenes: longer than a track survives without a face
ENROLMENT_PICTURE: Final = "obama.jpg"


@dataclass(frozen=True, slots=True)
class Walker:
    """One picture walking towards the camera. Heights are of the face, in pixels; places are shares of the width."""

    picture: str
    far_px: int
    near_px: int
    place: float = 0.5


@dataclass(frozen=True, slots=True)
class Expected:
    """What the log should say of one attempt to pass."""

    outcome: Outcome
    method: Method
    reason: Reason | None = None
    resident: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """A few seconds of the clip. `light` multiplies pixels; `blur_px` is the length of a motion blur."""

    title: str
    seconds: float
    walkers: tuple[Walker, ...] = ()
    blur_px: int = 0
    light: float = 1.0
    shows_pass: bool = False
    expected: tuple[Expected, ...] = ()


GRANTED: Final = Expected(Outcome.GRANTED, Method.FACE, resident=True)
STRANGER: Final = Expected(Outcome.DENIED, Method.FACE, Reason.UNKNOWN)
UNUSABLE: Final = Expected(Outcome.DENIED, Method.FACE, Reason.POOR_QUALITY)

SCENES: Final = (
    Scene("the resident walks up from afar", 4.0, (Walker("obama2.jpg", 40, 270),), expected=(GRANTED,)),
    Scene("a stranger walks up", 4.0, (Walker("biden.jpg", 40, 270),), expected=(STRANGER,)),
    Scene(
        "the resident, another picture, seen from further",
        4.0,
        (Walker("obama3.jpg", 50, 170, 0.58),),
        expected=(GRANTED,),
    ),
    Scene("another stranger", 4.0, (Walker("astronaut.png", 50, 230, 0.44),), expected=(STRANGER,)),
    Scene(
        "the resident in a hurry: motion blur",
        3.5,
        (Walker("obama2.jpg", 120, 240),),
        blur_px=41,
        expected=(UNUSABLE,),
    ),
    Scene(
        "the resident with the lamp out: too dark",
        3.5,
        (Walker("obama3.jpg", 120, 240),),
        light=0.15,
        expected=(UNUSABLE,),
    ),
    Scene(
        "the resident and a stranger together",
        4.5,
        (Walker("obama2.jpg", 60, 230, 0.3), Walker("biden.jpg", 60, 230, 0.72)),
        expected=(GRANTED, STRANGER),
    ),
    Scene("a stranger passes by, far away", 3.0, (Walker("biden.jpg", 30, 34, 0.7),)),
    Scene(
        "a visitor holds up a pass", 3.0, shows_pass=True, expected=(Expected(Outcome.GRANTED, Method.QR),)
    ),
    Scene(
        "and tries it once more",
        3.0,
        shows_pass=True,
        expected=(Expected(Outcome.DENIED, Method.QR, Reason.SPENT),),
    ),
)


def expected_of(scenes: tuple[Scene, ...]) -> list[Expected]:
    """Every attempt, in the order of the scenes."""
    return [attempt for scene in scenes for attempt in scene.expected]


def seconds_of(scenes: tuple[Scene, ...]) -> float:
    """How long the clip runs."""
    return LEAD_IN_S + sum(scene.seconds + PAUSE_S for scene in scenes)
