"""The audit finds what was planted in a simulated compound, and says when it cannot tell."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.ids import GateId, PersonId
from enrollment.advice import MOST_A_MONTH, RUNGS, Advice, Standing, Step, Why, advise
from enrollment.audit import Report, audit
from enrollment.confidence import Rate
from enrollment.doors import USUAL_TARGET_FPIR, Door
from gate.settings import GateSettings
from gate.vision.impostors import FEWEST_MEASURED
from gate.vision.match import TAILS, threshold_for

MODEL = next(iter(TAILS))
Faces = dict[PersonId, list[bytes]]


def vectors(count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Unit vectors that lie apart as those of different people do before one camera."""
    rows = (0.24 + random.standard_normal((count, 256)) * 0.1).astype("<f4")
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def compound(people: int, seed: int = 7) -> Faces:
    rows = vectors(people, np.random.default_rng(seed))
    return {PersonId(f"p{number}"): [row.tobytes()] for number, row in enumerate(rows)}


def another_look(row: bytes, seed: int = 1, by: float = 0.01) -> bytes:
    vector = np.frombuffer(row, "<f4") + np.random.default_rng(seed).standard_normal(256) * by
    return (vector / np.linalg.norm(vector)).astype("<f4").tobytes()


def at(people: Sequence[PersonId], strangers: int = 100, gate: str = "south") -> Door:
    return Door(GateId(gate), frozenset(people), strangers, days=30)


def audited(faces: Faces, strangers: int = 100, mistakes: int = 0) -> Report:
    return audit(faces, MODEL, [at(list(faces), strangers)], mistakes)


def test_a_gate_that_has_said_nothing_is_taken_to_run_the_usual_target() -> None:
    assert GateSettings.model_fields["target_fpir"].default == USUAL_TARGET_FPIR


def test_twins_are_the_closest_pair() -> None:
    faces = compound(80)
    faces[PersonId("twin")] = [another_look(faces[PersonId("p5")][0])]
    report = audited(faces)
    closest = report.likeness.closest[0]
    assert {closest.first, closest.second} == {"p5", "twin"}
    assert closest.distance < report.likeness.near < report.likeness.closest[1].distance
    assert [pair.distance for pair in report.likeness.closest] == sorted(
        pair.distance for pair in report.likeness.closest
    )


def test_three_brothers_are_three_pairs() -> None:
    faces = compound(60)
    faces |= {PersonId(f"b{seed}"): [another_look(faces[PersonId("p5")][0], seed)] for seed in (1, 2)}
    pairs = [{pair.first, pair.second} for pair in audited(faces).likeness.closest[:3]]
    assert all(pair < {"p5", "b1", "b2"} for pair in pairs)
    assert len({frozenset(pair) for pair in pairs}) == 3


def test_only_templates_like_somebody_elses_are_outliers_both() -> None:
    faces = compound(80)
    faces[PersonId("twin")] = [another_look(faces[PersonId("p5")][0])]
    outliers = audited(faces).likeness.outliers
    assert {(one.person, one.other, one.kind.value) for one in outliers} == {
        ("p5", "twin", "like_another"),
        ("twin", "p5", "like_another"),
    }


def test_a_template_of_somebody_else_among_ones_own_is_an_outlier() -> None:
    faces = compound(80)
    mine = faces[PersonId("p3")]
    mine += [another_look(mine[0]), another_look(faces[PersonId("p9")][0])]
    found = {one.person: one for one in audited(faces).likeness.outliers}
    assert (found[PersonId("p3")].kind, found[PersonId("p3")].other) == ("nearer_to_another", "p9")


def test_a_template_unlike_ones_others_is_an_outlier() -> None:
    faces = compound(80)
    mine = faces[PersonId("p3")]
    mine += [another_look(mine[0]), another_look(mine[0], by=0.05)]
    kinds = [(one.person, one.kind.value) for one in audited(faces).likeness.outliers]
    assert kinds == [("p3", "far_from_own")]


def test_looks_of_one_person_that_lie_close_are_no_outliers_and_make_the_second_distribution() -> None:
    faces = compound(80)
    for seed, rows in enumerate(faces.values()):
        rows.append(another_look(rows[0], seed))
    report = audited(faces)
    assert report.likeness.outliers == ()
    assert report.likeness.same is not None
    assert sum(report.likeness.same.counts) == report.templates == 160
    assert report.likeness.missed == 0


@pytest.mark.parametrize("bad", [b"", b"\0" * 1024, b"\0" * 12, np.full(256, np.nan, "<f4").tobytes()])
def test_a_template_that_cannot_be_compared_is_told_and_left_out(bad: bytes) -> None:
    faces = compound(60)
    faces[PersonId("bad")] = [bad]
    report = audited(faces)
    assert report.people == 60
    assert [(one.person, one.kind.value) for one in report.likeness.outliers] == [("bad", "unusable")]


def test_with_too_few_people_nothing_is_claimed_and_the_built_in_distance_stands() -> None:
    faces = compound(FEWEST_MEASURED - 1)
    report = audited(faces)
    assert report.measured is None
    assert (report.advice.step, report.advice.why) == (Step.KEEP, Why.TOO_FEW)
    assert (report.doors[0].fpir, report.doors[0].false_accepts) == (None, None)
    built_in = threshold_for(USUAL_TARGET_FPIR, len(faces), MODEL)
    assert (report.doors[0].distance, report.doors[0].margin) == (built_in.distance, built_in.margin)
    assert report.likeness.closest


def test_one_person_and_nobody_are_no_error() -> None:
    one = audited(compound(1))
    assert (one.people, one.likeness.closest, one.likeness.outliers, one.measured) == (1, (), (), None)
    nobody = audit({}, MODEL, [])
    assert (nobody.people, nobody.doors, nobody.measured) == (0, (), None)


def test_each_gate_is_judged_by_the_people_it_knows() -> None:
    faces = compound(80)
    few = list(faces)[:10]
    report = audit(faces, MODEL, [at(list(faces), 30), at(few, 10, "door-3")], 0)
    main, door = report.doors
    assert (main.people, door.people) == (80, 10)
    assert door.distance >= main.distance
    assert report.measured is not None
    assert main.false_accepts is not None
    assert door.false_accepts is not None
    assert report.measured.false_accepts.value == pytest.approx(
        main.false_accepts.value + door.false_accepts.value
    )


def test_false_accepts_are_strangers_times_the_rate_and_none_where_nobody_came() -> None:
    faces = compound(80)
    hundred, none = audited(faces, 100), audited(faces, 0)
    assert hundred.measured is not None
    assert hundred.doors[0].fpir is not None
    assert hundred.measured.false_accepts.value == pytest.approx(hundred.doors[0].fpir.value * 100)
    assert hundred.measured.false_accepts.high > hundred.measured.false_accepts.value
    assert none.measured is not None
    assert none.measured.false_accepts == Rate(0, 0, 0)


def test_the_interval_contains_the_rate_that_strangers_really_have() -> None:
    """At nominal 95 %; strangers of the same simulated population, many enough to know the rate."""
    strangers = vectors(4_000, np.random.default_rng(0))
    inside = 0
    for seed in range(12):
        faces = compound(120, seed + 1)
        door = audit(faces, MODEL, [Door(GateId("g"), frozenset(faces), 1, 30, 0.05)]).doors[0]
        rows = np.stack([np.frombuffer(row, "<f4") for (row,) in faces.values()])
        nearest = np.sqrt(np.clip(2 - 2 * (strangers @ rows.T).max(axis=1), 0, None))
        real = float((nearest <= door.distance).mean())
        assert door.fpir is not None
        inside += door.fpir.low <= real <= door.fpir.high
    assert inside >= 10


def test_a_gate_that_is_new_is_reckoned_by_its_own_days() -> None:
    faces = compound(80)
    week = audit(faces, MODEL, [Door(GateId("g"), frozenset(faces), 7, days=7)]).doors[0]
    assert week.strangers == 30


def test_a_family_among_the_enrolled_does_not_make_strangers_look_nearer() -> None:
    faces = compound(80)
    plain = audited(faces).doors[0]
    faces[PersonId("twin")] = [another_look(faces[PersonId("p5")][0])]
    twins = audited(faces).doors[0]
    assert plain.fpir is not None
    assert twins.fpir is not None
    assert twins.fpir.high < 2 * plain.fpir.high


def test_held_out_people_who_would_be_let_in_are_counted_with_a_bound() -> None:
    faces = compound(80)
    plain = audited(faces).measured
    faces[PersonId("twin")] = [another_look(faces[PersonId("p5")][0])]
    twins = audited(faces).measured
    assert plain is not None
    assert twins is not None
    assert (plain.held_out.hits, plain.held_out.tries) == (0, 80)
    assert plain.held_out.at_most == pytest.approx(0.0368, abs=1e-3)
    assert twins.held_out.hits == 2


def test_the_same_compound_gives_the_same_report() -> None:
    assert audited(compound(60)) == audited(compound(60))


def standing(value: float, high: float, missed: float | None = None, mistakes: int = 0) -> Standing:
    return Standing(0.001, Rate(value, 0, high), missed, mistakes)


def test_more_than_one_false_accept_a_month_asks_for_the_highest_setting_that_would_do() -> None:
    assert advise(standing(1.5, 3)) == Advice(Step.LOWER, Why.OFTEN, 0.0005)
    assert advise(standing(8, 9)) == Advice(Step.LOWER, Why.OFTEN, 0.0001)
    lowest = Standing(RUNGS[0], Rate(5, 1, 9), None, 0)
    assert advise(lowest) == Advice(Step.KEEP, Why.OFTEN, RUNGS[0])


def test_looser_is_advised_only_where_own_templates_are_missed_and_strangers_are_rare() -> None:
    assert advise(standing(0.01, 0.1, missed=0.05)) == Advice(Step.RAISE, Why.MISSED, 0.002)
    assert advise(standing(0.01, 0.1, missed=0.01)).step is Step.KEEP
    assert advise(standing(0.01, 0.1, missed=None)).step is Step.KEEP
    assert advise(standing(0.01, 0.6 * MOST_A_MONTH, missed=0.05)).step is Step.KEEP


@pytest.mark.parametrize("missed", [None, 0.0, 0.5])
@pytest.mark.parametrize("value", [0.0, 0.5, 3.0])
def test_nothing_is_loosened_after_somebody_was_taken_for_another(value: float, missed: float | None) -> None:
    assert advise(standing(value, value, missed, mistakes=1)).step is not Step.RAISE
    assert advise(standing(0, 0, missed, mistakes=1)).why is Why.MISTAKEN
