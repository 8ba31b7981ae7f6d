"""Rates count what they say, and never promise more than was tried."""

from dataclasses import replace

import numpy as np

from bench.rates import (
    Searched,
    at_threshold,
    best_threshold,
    numbered,
    people_hit,
    resolved,
    rule_of_three,
    share_interval,
    tpir,
    tpir_interval,
)


def searched(probes: list[float], strangers: list[float], right: list[bool] | None = None) -> Searched:
    return Searched(
        probes=np.array(probes),
        right=np.array(right or [True] * len(probes)),
        probe_people=np.arange(len(probes)),
        strangers=np.array(strangers),
        stranger_people=np.arange(len(strangers)),
    )


def test_with_few_strangers_no_one_of_them_is_accepted() -> None:
    found = searched([0.1, 0.2, 0.3, 0.5], [0.25, 0.4, 0.6])
    assert tpir(found, 0.01) == 0.5


def test_as_many_strangers_as_the_rate_allows_are_accepted_and_no_more() -> None:
    found = searched([0.1, 0.2, 0.3, 0.5], [0.25, 0.4, 0.6, 0.7])
    assert tpir(found, 0.25) == 0.75
    assert tpir(found, 0.24) == 0.5


def test_somebody_elses_name_is_not_a_find() -> None:
    assert tpir(searched([0.1, 0.2], [0.9], [True, False]), 0.01) == 0.5


def test_a_face_that_was_not_found_is_a_miss_and_no_acceptance() -> None:
    found = searched([0.1, float("inf")], [float("inf"), float("inf")])
    assert tpir(found, 0.01) == 0.5
    assert at_threshold(found, 0.6) == (0.0, 0.5)


def test_nobody_to_find_or_no_stranger_is_no_rate() -> None:
    assert tpir(searched([], [0.2]), 0.01) is None
    assert tpir_interval(searched([0.2], []), 0.01, 0) is None


def test_the_interval_holds_the_value_and_is_the_same_for_one_seed() -> None:
    random = np.random.default_rng(1)
    found = searched(list(random.normal(0.5, 0.1, 200)), list(random.normal(0.8, 0.05, 300)))
    rate = tpir_interval(found, 0.01, 4)
    assert rate is not None
    assert rate.low <= rate.value <= rate.high
    assert rate == tpir_interval(found, 0.01, 4)


def test_pictures_of_one_person_are_one_draw() -> None:
    hits = np.array([True] * 50 + [False] * 50)
    alone = share_interval(hits, np.arange(100), 0)
    together = share_interval(hits, np.repeat(np.arange(4), 25), 0)
    assert alone is not None
    assert together is not None
    assert together.high - together.low > alone.high - alone.low


def test_where_nothing_was_accepted_the_rule_of_three_is_the_bound() -> None:
    rate = share_interval(np.zeros(100, dtype=np.bool_), np.arange(100), 0)
    assert rate is not None
    assert (rate.value, rate.high) == (0.0, 0.03)
    assert rule_of_three(0) == 1.0


def test_bounds_are_of_people_where_all_or_nobody_hit() -> None:
    two = np.repeat(np.arange(2), 50)
    rate = share_interval(np.zeros(100, dtype=np.bool_), two, 0)
    assert rate is not None
    assert (rate.low, rate.high) == (0.0, 1.0)
    assert people_hit(np.arange(100) < 60, two) == (2, 2)
    assert people_hit(np.arange(100) < 50, two) == (1, 2)


def test_where_all_were_found_the_interval_is_no_point() -> None:
    found = replace(searched([0.1] * 60, [0.9] * 100), probe_people=np.repeat(np.arange(30), 2))
    rate = tpir_interval(found, 0.01, 0)
    assert rate is not None
    assert (rate.value, rate.low, rate.high) == (1.0, 0.9, 1.0)
    nobody = tpir_interval(searched([0.8] * 30, [0.1] * 100), 0.01, 0)
    assert nobody is not None
    assert (nobody.value, nobody.low, round(nobody.high, 9)) == (0.0, 0.0, 0.1)


def test_a_rate_needs_strangers_enough_to_be_told_from_none() -> None:
    assert resolved(searched([0.1], [0.9] * 100), 0.01)
    assert not resolved(searched([0.1], [0.9] * 99), 0.01)
    pictures = replace(searched([0.1], [0.9] * 100), stranger_people=np.repeat(np.arange(50), 2))
    assert not resolved(pictures, 0.01)


def test_the_best_threshold_has_the_smallest_larger_error() -> None:
    distance, fpir, fnir = best_threshold(searched([0.1, 0.2, 0.9], [0.3, 0.8]))
    assert (distance, fpir, round(fnir, 3)) == (0.2, 0.0, 0.333)


def test_identities_become_numbers_without_gaps() -> None:
    assert numbered(["b", "a", "b"]).tolist() == [0, 1, 0]
