"""Codes held in view, and answers held on the screen."""

import pytest

from contracts.words import Method, Outcome
from gate.access.cooldown import WELCOME_STANDS_S, is_talked_over
from gate.access.held import LEFT_VIEW_S, MOST_OFTEN_S, HeldCodes


def tries(*looks: tuple[float, list[str]]) -> list[str]:
    held, taken = HeldCodes(), list[str]()
    for now, codes in looks:
        held, fresh = held.look(codes, now)
        taken += [fresh] if fresh else []
    return taken


def test_a_code_held_up_for_long_is_one_attempt() -> None:
    assert tries(*((tenth / 10, ["A"]) for tenth in range(300))) == ["A"]


def test_a_shaking_hand_does_not_make_a_second_attempt() -> None:
    assert tries((0, ["A"]), (0.5, []), (LEFT_VIEW_S - 0.1, ["A"]), (2.5, ["A"])) == ["A"]


def test_a_code_taken_away_and_shown_again_is_a_second_attempt() -> None:
    assert tries((0, ["A"]), (1, []), (LEFT_VIEW_S, ["A"])) == ["A", "A"]


def test_of_two_codes_in_view_the_second_waits_its_turn() -> None:
    assert tries((0, ["A", "A", "B"]), (0.1, ["A", "B"]), (MOST_OFTEN_S, ["A", "B"])) == ["A", "B"]


def test_flashed_codes_are_taken_no_faster_than_one_a_second() -> None:
    assert len(tries(*((frame / 15, [f"code {frame}"]) for frame in range(150)))) == 10


@pytest.mark.parametrize(
    ("ago", "method", "outcome", "silent"),
    [
        (1.0, Method.FACE, Outcome.DENIED, True),
        (1.0, Method.FACE, Outcome.ASKED, True),
        (1.0, Method.FACE, Outcome.GRANTED, False),
        (1.0, Method.PIN, Outcome.DENIED, False),
        (WELCOME_STANDS_S, Method.FACE, Outcome.DENIED, False),
    ],
)
def test_a_welcome_stands_until_it_was_read(
    ago: float, method: Method, outcome: Outcome, silent: bool
) -> None:
    assert is_talked_over(ago, method, outcome) is silent
