"""Who a face is: near, alone in being near, or nobody."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ids import ModelId, PersonId
from gate.vision.errors import BadTemplate
from gate.vision.frame import Vector
from gate.vision.gallery import Gallery
from gate.vision.match import (
    TAILS,
    Ambiguous,
    Match,
    NoMatch,
    Threshold,
    nearest,
    of_frames,
    people_apart,
    threshold_for,
)

EYE = ModelId("eye.1")
ANN, BEN = PersonId("ann"), PersonId("ben")
RULE = Threshold(distance=0.5, margin=0.1)


def at(*values: float) -> Vector:
    return np.array(values, dtype=np.float32)


Pairs = tuple[tuple[PersonId, PersonId], ...]


def people(*rows: tuple[PersonId, Vector], confusable: Pairs = ()) -> Gallery:
    return Gallery.of(EYE, [person for person, _ in rows], np.stack([row for _, row in rows]), confusable)


def test_the_nearest_person_is_named_with_distance_and_margin() -> None:
    answer = nearest(at(1, 0.1), people((ANN, at(1, 0)), (BEN, at(0, 1))), RULE)
    assert isinstance(answer, Match)
    assert answer.person == ANN
    assert answer.distance == pytest.approx(0.1)
    assert answer.margin == pytest.approx(math.hypot(1, 0.9) - 0.1)


@pytest.mark.promise(6)
def test_a_stranger_is_nobody() -> None:
    answer = nearest(at(-1, 0), people((ANN, at(1, 0))), RULE)
    assert answer == NoMatch(2.0, math.inf)


@pytest.mark.promise(6)
def test_between_two_people_it_is_doubt() -> None:
    answer = nearest(at(1, 0.02), people((ANN, at(1, 0)), (BEN, at(1, 0.05))), RULE)
    assert isinstance(answer, Ambiguous)


def test_two_pictures_of_one_person_are_no_doubt() -> None:
    answer = nearest(at(1, 0.02), people((ANN, at(1, 0)), (ANN, at(1, 0.05)), (BEN, at(0, 1))), RULE)
    assert isinstance(answer, Match)
    assert answer.person == ANN


def test_a_gallery_of_one_has_no_second_person() -> None:
    answer = nearest(at(1, 0), people((ANN, at(1, 0))), RULE)
    assert answer == Match(ANN, 0.0, math.inf)


def test_in_an_empty_gallery_everybody_is_nobody() -> None:
    assert nearest(at(1, 0), Gallery.empty(EYE), RULE) == NoMatch(math.inf, math.inf)


@pytest.mark.promise(6)
@pytest.mark.parametrize("probe", [at(float("nan"), 0), at(0, 0), at(1, 0, 0), at(1, 0).astype(np.float64)])
def test_a_probe_that_cannot_be_compared_is_refused(probe: Vector) -> None:
    with pytest.raises(BadTemplate):
        nearest(probe, people((ANN, at(1, 0))), RULE)


def test_fifty_thousand_people_with_two_templates_each_are_searched_exactly_in_float32() -> None:
    people = 50_000
    matrix = np.random.default_rng(5).standard_normal((2 * people, 256), dtype=np.float32)
    gallery = Gallery.of(EYE, [PersonId(f"p{row // 2}") for row in range(2 * people)], matrix)
    own, probe = matrix[2 * 43_210 : 2 * 43_210 + 2], matrix[2 * 43_210 + 1]
    answer = nearest(probe, gallery, Threshold(distance=100, margin=0))
    assert isinstance(answer, Match)
    assert answer.person == PersonId("p43210")
    centre = own.sum(axis=0) / np.linalg.norm(own.sum(axis=0)) * np.linalg.norm(own, axis=1).mean()
    assert answer.distance == pytest.approx(np.linalg.norm(centre - probe) / math.sqrt(2), rel=1e-4)
    assert {gallery.matrix.dtype, people_apart(probe[None], gallery).dtype} == {np.dtype(np.float32)}


def test_more_people_and_a_lower_rate_both_ask_for_a_nearer_face() -> None:
    for model in TAILS:
        few, many = (threshold_for(0.001, people, model).distance for people in (20, 5_000))
        strict = threshold_for(0.0001, 20, model).distance
        assert many < few
        assert strict < few


@pytest.mark.promise(6)
def test_a_gallery_of_one_is_judged_no_looser_than_one_of_ten() -> None:
    model = next(iter(TAILS))
    assert threshold_for(0.001, 1, model) == threshold_for(0.001, 10, model)
    assert threshold_for(0.9, 1, model).distance <= TAILS[model].at_thousandth


@pytest.mark.promise(6)
def test_the_built_in_margin_is_as_wide_however_many_live_there_and_whatever_is_asked() -> None:
    for model, tail in TAILS.items():
        margins = [
            threshold_for(rate, people, model).margin for rate in (0.01, 0.0001) for people in (1, 5_000)
        ]
        assert margins == [pytest.approx(1.3 * tail.per_decade, rel=0.01)] * 4


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan")])
def test_a_rate_that_is_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_for(rate, 10, next(iter(TAILS)))


def test_nobody_guesses_a_threshold_for_a_model_that_was_not_measured() -> None:
    with pytest.raises(KeyError):
        threshold_for(0.001, 10, EYE)


def test_a_person_of_several_pictures_is_as_far_as_their_nearest_and_their_centre_in_the_mean() -> None:
    gallery = people((ANN, at(1, 0)), (BEN, at(-1, 0)), (ANN, at(0, 1)))
    answer = nearest(at(1, 0), gallery, Threshold(distance=1.0, margin=0.1))
    assert isinstance(answer, Match)
    assert answer.person == ANN
    assert answer.distance == pytest.approx(math.sqrt((0 + 2 - math.sqrt(2)) / 2))


def test_pictures_that_cancel_each_other_have_no_centre_and_match_nobody_by_it() -> None:
    gallery = people((ANN, at(1, 0)), (ANN, at(-1, 0)), (BEN, at(0, 1)))
    answer = nearest(at(0, 1), gallery, RULE)
    assert isinstance(answer, Match)
    assert answer.person == BEN


def test_many_people_in_any_order_are_found_as_one_by_one() -> None:
    random = np.random.default_rng(3)
    owners = random.permutation(np.repeat(np.arange(3_000), 2))
    matrix = random.standard_normal((6_000, 8)).astype(np.float32)
    gallery = Gallery.of(EYE, [PersonId(f"p{owner}") for owner in owners], matrix)
    probe = random.standard_normal(8).astype(np.float32)
    answer = nearest(probe, gallery, Threshold(distance=100, margin=0))
    assert isinstance(answer, Match)
    apart: list[float] = []
    for owner in range(3_000):
        theirs = matrix[owners == owner]
        centre = (
            theirs.sum(axis=0) / np.linalg.norm(theirs.sum(axis=0)) * np.linalg.norm(theirs, axis=1).mean()
        )
        apart.append((((theirs - probe) ** 2).sum(axis=1).min() + ((centre - probe) ** 2).sum()) / 2)
    assert answer.person == PersonId(f"p{int(np.argmin(apart))}")
    assert answer.distance == pytest.approx(math.sqrt(min(apart)), rel=1e-4)


BESIDE_EACH_OTHER = ((ANN, at(1, 0)), (BEN, at(1, 0.5)))


@pytest.mark.promise(6)
@pytest.mark.parametrize("pair", [(ANN, BEN), (BEN, ANN)])
def test_who_was_taken_for_another_is_doubted_while_the_other_could_be_it(
    pair: tuple[PersonId, PersonId],
) -> None:
    probe = at(1, 0.05)
    assert isinstance(nearest(probe, people(*BESIDE_EACH_OTHER), RULE), Match)
    answer = nearest(probe, people(*BESIDE_EACH_OTHER, confusable=(pair,)), RULE)
    assert isinstance(answer, Ambiguous)
    assert answer.person == ANN


def test_a_pair_costs_nothing_while_the_other_is_far_off() -> None:
    far_apart = ((ANN, at(1, 0)), (BEN, at(0, 1)))
    answer = nearest(at(1, 0.05), people(*far_apart, confusable=((ANN, BEN),)), RULE)
    assert isinstance(answer, Match)


def test_the_other_of_a_pair_counts_as_near_by_the_rules_slack() -> None:
    gallery = people((ANN, at(1, 0)), (BEN, at(1, 0.8)), confusable=((ANN, BEN),))
    for slack, expected in ((0.31, Ambiguous), (0.29, Match)):
        assert isinstance(nearest(at(1, 0), gallery, Threshold(0.5, 0.1, slack)), expected)


def test_a_third_person_is_not_held_up_by_two_others() -> None:
    cat = PersonId("cat")
    gallery = people(*BESIDE_EACH_OTHER, (cat, at(-1, 0)), confusable=((ANN, BEN),))
    assert isinstance(nearest(at(-1, 0), gallery, RULE), Match)


@pytest.mark.promise(6)
@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), pairs=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8)
)
def test_a_pair_turns_a_match_into_doubt_and_never_anything_into_a_match(
    seed: int, pairs: set[tuple[int, int]]
) -> None:
    random = np.random.default_rng(seed)
    rows, probe = (
        random.standard_normal((6, 2)).astype(np.float32),
        random.standard_normal(2).astype(np.float32),
    )
    ids = [PersonId(f"p{number}") for number in range(6)]
    marked = [(ids[one], ids[other]) for one, other in pairs if one != other]
    plain, doubted = (nearest(probe, Gallery.of(EYE, ids, rows, each), RULE) for each in ((), marked))
    assert doubted == plain or (isinstance(plain, Match) and isinstance(doubted, Ambiguous))


def test_every_rule_derived_for_a_model_carries_its_slack() -> None:
    for model, tail in TAILS.items():
        assert threshold_for(0.001, 40, model).slack == tail.slack > 0


def test_a_pooled_template_is_as_far_as_the_mean_of_two_squares_to_it_and_to_its_frames() -> None:
    random = np.random.default_rng(2)
    person, *frames = (each / np.linalg.norm(each) for each in random.standard_normal((6, 8)) + 1)
    middle = np.mean(frames, axis=0)
    agreement = float(np.linalg.norm(middle))
    to_pooled = float(((middle / agreement - person) ** 2).sum())
    to_frames = float(np.mean([((each - person) ** 2).sum() for each in frames]))
    expected = math.sqrt((to_pooled + to_frames) / 2)
    assert of_frames(math.sqrt(to_pooled), agreement) == pytest.approx(expected)
    assert of_frames(0.7, 1.0) == pytest.approx(0.7)


@pytest.mark.promise(6)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), agreement=st.floats(0, 1))
def test_frames_that_differ_turn_a_match_into_doubt_and_never_anything_into_a_match(
    seed: int, agreement: float
) -> None:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((5, 3)).astype(np.float32)
    probe, *known = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    gallery = Gallery.of(EYE, [PersonId(f"p{number}") for number in range(4)], np.stack(known))
    alike, differing = (nearest(probe, gallery, RULE, each) for each in (1.0, agreement))
    assert isinstance(alike, Match) or not isinstance(differing, Match)
    assert differing.distance >= min(alike.distance, math.sqrt(2))
