"""What the page shows, and when."""

import numpy as np

from contracts.words import Method, Outcome, Reason
from gate.screen.messages import Look, PageBoard, TypedPin
from gate.screen.server import as_jpeg
from gate.screen.stage import WATCHED_FOR_S, Answer, Picture, Place, Stage
from gate.screen.words import PROMPTS, Condition, Prompt

NO = Answer(Outcome.DENIED, Method.PIN, Reason.WRONG_PIN)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_same_answer_twice_is_two_answers() -> None:
    stage = Stage()
    stage.show(NO)
    first = stage.board()
    stage.show(NO)
    assert stage.board().answers == first.answers + 1
    assert stage.wait(first.change, 0).change > first.change


def test_an_answer_says_how_long_it_has_stood_so_that_a_reloaded_page_does_not_repeat_it() -> None:
    clock = Hand()
    stage = Stage(clock)
    stage.show(NO)
    clock.now += 1.5
    page = PageBoard.of(stage.board(), stage.age_s(stage.board()), Look())
    assert page.answer is not None
    assert page.answer.age_ms == 1500
    assert page.answer.text.zh.word == "密码不符"


def test_conditions_stand_until_they_are_over_and_change_nothing_when_said_again() -> None:
    stage = Stage()
    stage.set(Condition.CAMERA_LOST, True)
    change = stage.board().change
    stage.set(Condition.CAMERA_LOST, True)
    assert stage.board().change == change
    assert [line.code for line in PageBoard.of(stage.board(), 0, Look()).conditions] == [
        Condition.CAMERA_LOST
    ]
    stage.set(Condition.CAMERA_LOST, False)
    assert not stage.board().conditions


def test_people_are_asked_to_face_the_camera_until_something_else_is_asked_of_them() -> None:
    stage = Stage()
    assert PageBoard.of(stage.board(), 0, Look()).prompt.text.zh == "请正对摄像头"
    stage.ask(Prompt.SIGNS)
    change = stage.board().change
    stage.ask(Prompt.SIGNS)
    assert stage.board().change == change
    shown = PageBoard.of(stage.board(), 0, Look()).prompt
    assert (shown.code, shown.text) == (Prompt.SIGNS, PROMPTS[Prompt.SIGNS])


def test_nobody_watches_until_a_picture_is_asked_for_and_soon_after() -> None:
    clock = Hand()
    stage = Stage(clock)
    assert not stage.is_watched
    assert stage.newest_picture() is None
    assert stage.is_watched
    clock.now += WATCHED_FOR_S
    assert not stage.is_watched


def test_a_picture_is_made_small_for_the_screen() -> None:
    encoded = as_jpeg(Picture(np.zeros((720, 1280, 3), np.uint8)))
    assert encoded.startswith(b"\xff\xd8")
    assert len(encoded) < 20_000
    assert as_jpeg(Picture(np.zeros((240, 320, 3), np.uint8))).startswith(b"\xff\xd8")


def test_a_place_is_on_the_board_and_a_closed_stage_lets_its_watchers_go() -> None:
    stage = Stage()
    stage.stand_at(Place("红福苑", "Hongfu Court", "东门", "East gate"))
    stage.close()
    assert stage.wait(10**9, 60).place.gate_zh == "东门"
    assert stage.is_closed


def test_a_typed_pin_is_never_printed() -> None:
    typed = TypedPin.model_validate({"room": "3-2-1201", "pin": "246810"})
    assert "246810" not in repr(typed)
    assert "1201" not in repr(typed)
