"""What the page shows now: the loop writes it, the page's threads wait for it. No name ever comes here."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.words import Method, Outcome, Reason
from gate.screen.words import Condition, Prompt

WATCHED_FOR_S: Final = 2.0
"""Somebody watches as long as a picture was asked for this recently."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt."""

    outcome: Outcome
    method: Method
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Names of compound and gate for the head of the page."""

    compound_zh: str = ""
    compound_en: str = ""
    gate_zh: str = ""
    gate_en: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """All the page says. `change` rises with every change, `answers` with every answer."""

    change: int = 0
    answers: int = 0
    answer: Answer | None = None
    answered_at: float = float("-inf")  # monotonic seconds
    conditions: frozenset[Condition] = frozenset()
    prompt: Prompt = Prompt.FACE
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame and the faces in it: (left, top, right, bottom) as shares of width and height."""

    pixels: NDArray[np.uint8] = field(repr=False)  # height x width x 3, blue-green-red
    faces: tuple[tuple[float, float, float, float], ...] = ()


class Stage:
    """Any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._board = Board()
        self._picture: Picture | None = None
        self._asked_at = float("-inf")
        self._closed = False

    def show(self, answer: Answer) -> None:
        """The answer to the newest attempt; the page takes it away again by itself."""
        with self._changed:
            answers = self._board.answers + 1
            self._change(replace(self._board, answer=answer, answers=answers, answered_at=self._clock()))

    def set(self, condition: Condition, holds: bool) -> None:
        """Says that something is the matter, or no longer."""
        with self._changed:
            held = self._board.conditions
            wanted = held | {condition} if holds else held - {condition}
            if wanted != held:
                self._change(replace(self._board, conditions=wanted))

    def ask(self, prompt: Prompt) -> None:
        """What people are asked to do from now on."""
        with self._changed:
            if prompt is not self._board.prompt:
                self._change(replace(self._board, prompt=prompt))

    def stand_at(self, place: Place) -> None:
        with self._changed:
            self._change(replace(self._board, place=place))

    def picture(self, picture: Picture | None) -> None:
        """The newest frame, None where the camera is lost. It is encoded only when asked for."""
        self._picture = picture

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at the pictures."""
        return self._clock() - self._asked_at < WATCHED_FOR_S

    def newest_picture(self) -> Picture | None:
        """The newest frame; asking counts as watching."""
        self._asked_at = self._clock()
        return self._picture

    def board(self) -> Board:
        with self._changed:
            return self._board

    def age_s(self, board: Board) -> float:
        """Seconds since the board's answer was given."""
        return self._clock() - board.answered_at

    def wait(self, after: int, seconds: float) -> Board:
        """The board once it is newer than change `after`, or as it is after `seconds` or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._board.change > after, seconds)
            return self._board

    def close(self) -> None:
        """Ends all waiting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        return self._closed

    def _change(self, board: Board) -> None:
        self._board = replace(board, change=board.change + 1)
        self._changed.notify_all()
