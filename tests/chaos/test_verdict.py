"""The judge of a trial is worth nothing unless broken worlds are found broken."""

from dataclasses import replace
from typing import Any

import pytest

from kaimen.chaos.relay import Pulse
from kaimen.chaos.verdict import HAND_MS, RELAY_MS, Evidence, Row, Told, judge
from kaimen.chaos.witness import Made


def made(number: int, method: str = "exit", boot: str = "b1") -> Made:
    return Made(f"p{number}", "east", "e1", number, f"h{number}", boot, method)


def row(number: int, **changed: Any) -> Row:
    return replace(Row(f"p{number}", "east", "e1", number, f"h{number}"), **changed)


def a_sound_world() -> Evidence:
    """Three passages, the third by an order that was dead at 10 s; one door opened for each."""
    return Evidence(
        made=[made(1), made(2), made(3, "guard")],
        rows=[row(1), row(2), row(3)],
        pulses=[Pulse("east", 1000, "p1"), Pulse("east", 2000, "p2"), Pulse("east", 9000, "p3")],
        orders={"p3": Told(10_000, "b1")},
    )


def test_a_world_in_which_everything_arrived_holds() -> None:
    verdict = judge(a_sound_world())
    assert verdict.holds
    assert (verdict.made, verdict.obeyed) == (3, 1)


def test_a_passage_that_is_not_in_the_register_is_lost() -> None:
    verdict = judge(replace(a_sound_world(), rows=[row(1), row(3)]))
    assert verdict.lost == 1
    assert not verdict.holds


@pytest.mark.parametrize("changed", [{"seq": 7}, {"hash": "other"}, {"epoch": "e2"}, {"gate": "west"}])
def test_a_passage_in_another_place_is_lost(changed: dict[str, object]) -> None:
    assert judge(replace(a_sound_world(), rows=[row(1), row(2, **changed), row(3)])).lost == 1


def test_refusals_that_no_row_counts_are_lost() -> None:
    world = replace(a_sound_world(), counted={"east": 5})
    assert judge(world).lost == 5
    assert judge(replace(world, rows=[*world.rows, row(4, times=5)])).lost == 0


def test_a_crash_between_journal_and_witness_is_no_loss() -> None:
    assert judge(replace(a_sound_world(), rows=[row(1), row(2), row(3), row(4)])).holds


@pytest.mark.parametrize("again", [row(2), row(2, id="p9"), row(2, seq=9)])
def test_a_second_row_of_one_id_or_of_one_place_is_doubled(again: Row) -> None:
    verdict = judge(replace(a_sound_world(), rows=[row(1), row(2), row(3), again]))
    assert verdict.doubled == 1
    assert not verdict.holds


def with_pulse(pulse: Pulse) -> Evidence:
    world = a_sound_world()
    return replace(world, pulses=[*world.pulses[:2], pulse])


def test_an_order_obeyed_after_its_deadline_is_late() -> None:
    assert judge(with_pulse(Pulse("east", 10_000 + HAND_MS, "p3"))).late_orders == 0
    late = judge(with_pulse(Pulse("east", 10_001 + HAND_MS, "p3")))
    assert late.late_orders == 1
    assert not late.holds


def test_an_order_obeyed_after_the_gate_started_again_is_late() -> None:
    world = a_sound_world()
    assert judge(replace(world, made=[*world.made[:2], made(3, "guard", boot="b2")])).late_orders == 1


def test_an_order_obeyed_twice_is_late_once() -> None:
    world = a_sound_world()
    assert judge(replace(world, pulses=[*world.pulses, Pulse("east", 9100, "p3")])).late_orders == 1


def test_an_opening_by_an_order_that_nobody_sent_is_late() -> None:
    assert judge(replace(a_sound_world(), orders={})).late_orders == 1


def test_an_order_that_nobody_heard_is_judged_by_its_latest_deadline_alone() -> None:
    assert judge(replace(a_sound_world(), orders={"p3": Told(10_000)})).holds


@pytest.mark.promise(1)
@pytest.mark.parametrize("passage", [None, "p8"])
def test_a_door_that_opened_without_a_record_is_told(passage: str | None) -> None:
    world = a_sound_world()
    verdict = judge(replace(world, pulses=[*world.pulses, Pulse("east", 3000, passage)]))
    assert verdict.unrecorded == 1
    assert not verdict.holds


def let_out(times: list[int], pulses: list[Pulse]) -> Evidence:
    world = a_sound_world()
    return replace(world, let_out={"east": times}, pulses=[*world.pulses, *pulses])


@pytest.mark.promise(13)
def test_people_let_out_without_a_record_are_told_apart_from_doors_that_opened_in_silence() -> None:
    world = let_out([3000, 3100], [Pulse("east", 3040, None), Pulse("east", 3150, None)])
    verdict = judge(world)
    assert verdict.holds
    assert (verdict.let_out, verdict.let_out_kept) == (2, 0)
    learnt = judge(replace(world, rows=[*world.rows, row(4, times=2, let_out=True)]))
    assert learnt.holds
    assert (learnt.let_out, learnt.let_out_kept) == (2, 2)


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    "pulse",
    [Pulse("west", 3040, None), Pulse("east", 2990, None), Pulse("east", 3001 + RELAY_MS, None)],
    ids=["another gate", "before it was said", "long after"],
)
def test_a_word_to_the_witness_excuses_no_other_pulse(pulse: Pulse) -> None:
    assert judge(let_out([3000], [pulse])).unrecorded == 1


@pytest.mark.promise(1)
def test_a_word_to_the_witness_excuses_one_pulse_only() -> None:
    assert judge(let_out([3000], [Pulse("east", 3040, None), Pulse("east", 3060, None)])).unrecorded == 1


def test_a_pulse_of_the_exit_button_beside_an_order_whose_own_was_not_noted_is_no_second_one() -> None:
    assert judge(let_out([9100], [Pulse("east", 9150, "p3")])).late_orders == 0


def test_people_let_out_do_not_stand_for_refusals_that_no_row_counts() -> None:
    world = replace(a_sound_world(), counted={"east": 5})
    assert judge(replace(world, rows=[*world.rows, row(4, times=5, let_out=True)])).lost == 5


def test_a_broken_chain_breaks_the_world() -> None:
    assert not judge(replace(a_sound_world(), chain_ok=False)).holds
