"""What a person still reads is not taken away by a lesser answer."""

from typing import Final

from contracts.words import Method, Outcome

WELCOME_STANDS_S: Final = 2.5


def is_talked_over(welcomed_s_ago: float, method: Method, outcome: Outcome) -> bool:
    """Whether an answer stays unsaid because a welcome is still on the screen.

    A visitor let in by a pass is a stranger to the camera: "not recognised" would contradict the open door.
    The passage is recorded all the same.
    """
    return welcomed_s_ago < WELCOME_STANDS_S and method is Method.FACE and outcome is not Outcome.GRANTED
