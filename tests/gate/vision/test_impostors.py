"""The threshold follows the gallery it is measured on."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from gate.vision.gallery import Gallery
from gate.vision.impostors import BUILT_IN_PEOPLE, FEWEST_MEASURED, impostors_in, threshold_in
from gate.vision.match import TAILS, TIMES_AS_MANY, Match, nearest, people_apart, threshold_for

MODEL = ModelId("yunet-sface-resnet.2")


def faces(people: int, likeness: float = 0.24, seed: int = 7) -> NDArray[np.float32]:
    """Rows that lie apart as those of different people do; the likelier, the more alike."""
    random = np.random.default_rng(seed)
    rows = likeness / 4 + random.standard_normal((people, 256)) * 0.1
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def gallery(rows: NDArray[np.float32], model: ModelId = MODEL) -> Gallery:
    return Gallery.of(model, [PersonId(f"p{number}") for number in range(len(rows))], rows)


@pytest.mark.parametrize("people", [0, 1, 10, FEWEST_MEASURED - 1])
def test_a_small_gallery_is_judged_by_the_built_in_tail(people: int) -> None:
    small = gallery(faces(people)) if people else Gallery.empty(MODEL)
    assert impostors_in(small) is None
    assert threshold_in(0.001, small) == threshold_for(0.001, people, MODEL)


def test_people_who_are_more_alike_are_judged_harder() -> None:
    apart, alike = (threshold_in(0.001, gallery(faces(200, likeness))) for likeness in (0.3, 0.7))
    assert alike.distance < apart.distance


@pytest.mark.promise(6)
def test_a_gallery_of_nothing_alike_is_judged_no_looser_than_one_pair_in_a_thousand() -> None:
    rows = np.eye(256, dtype=np.float32)[:100]
    assert threshold_in(0.001, gallery(rows)).distance <= TAILS[MODEL].at_thousandth


@pytest.mark.promise(6)
def test_a_lower_rate_asks_for_a_nearer_face() -> None:
    alike = gallery(faces(200, 0.7))
    assert threshold_in(0.0001, alike).distance < threshold_in(0.001, alike).distance


@pytest.mark.promise(6)
def test_strangers_like_those_in_the_gallery_are_let_in_about_as_rarely_as_asked() -> None:
    rows = faces(1_300, 0.7)
    known, strangers = gallery(rows[:300]), rows[300:]
    rule = replace(threshold_in(0.01, known), margin=0.0)
    taken = sum(isinstance(nearest(each, known, rule), Match) for each in strangers)
    assert taken <= 0.02 * len(strangers)


def test_the_more_people_a_gate_knows_the_narrower_its_margin() -> None:
    rows = faces(2_000, 0.7)
    few, some, many = (threshold_in(0.001, gallery(rows[:people])).margin for people in (60, 300, 2_000))
    assert many < some < few < threshold_for(0.001, 60, MODEL).margin


def test_people_who_differ_less_from_pair_to_pair_ask_for_a_smaller_margin() -> None:
    random = np.random.default_rng(3)
    few_traits = np.asarray(random.standard_normal((400, 24)), dtype=np.float32)
    few_traits /= np.linalg.norm(few_traits, axis=1, keepdims=True)
    spread, even = (threshold_in(0.001, gallery(rows)).margin for rows in (few_traits, faces(400)))
    assert even < spread / 2


@pytest.mark.promise(6)
def test_within_the_margin_are_so_many_times_as_many_strangers_as_were_asked_for() -> None:
    rows = faces(3_000, 0.7)
    known, strangers = gallery(rows[:1_000]), rows[1_000:]
    rule = threshold_in(0.005, known)
    apart = np.sqrt(people_apart(strangers, known).min(axis=0) + 1)
    near = float((apart <= rule.distance + rule.margin).mean())
    assert near == pytest.approx(0.005 * TIMES_AS_MANY, rel=0.3)


@pytest.mark.promise(6)
def test_a_gallery_without_any_spread_keeps_the_built_in_part_of_the_margin() -> None:
    rows = np.eye(256, dtype=np.float32)[:100]
    built_in = threshold_for(0.001, 100, MODEL).margin
    assert threshold_in(0.001, gallery(rows)).margin >= built_in * BUILT_IN_PEOPLE / 100


def test_twins_in_the_gallery_do_not_shut_the_door_for_everybody() -> None:
    rows = faces(200, 0.7)
    twins = rows.copy()
    twins[1] = twins[0]
    lone, with_twins = (threshold_in(0.001, gallery(each)).distance for each in (rows, twins))
    assert with_twins == pytest.approx(lone, abs=0.01)


def test_a_large_gallery_is_measured_on_some_of_its_people() -> None:
    found = impostors_in(gallery(faces(12_000)))
    assert found is not None
    assert found.pairs == pytest.approx(400 * 11_999, rel=0.001)


def test_nobody_guesses_for_a_model_that_was_not_measured() -> None:
    with pytest.raises(KeyError):
        threshold_in(0.001, gallery(faces(100), ModelId("eye.1")))
