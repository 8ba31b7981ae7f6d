"""Trouble is the same for the same seed, befalls everybody, and ends with the run."""

from collections import Counter

from kaimen.chaos.plan import Cast, Kind, plan

CAST = Cast(
    programs=("broker", "ingest", "dispatch", "gate-0", "gate-1"),
    lines=("ingest", "dispatch", "gate-0", "gate-1"),
    disks=("gate-0", "gate-1"),
)
PACK = 2 + 5 + 2 + 4 * 4


def test_a_seed_makes_one_plan_and_another_seed_another() -> None:
    assert plan(7, 60, CAST) == plan(7, 60, CAST)
    assert plan(7, 60, CAST) != plan(8, 60, CAST)


def test_all_trouble_begins_and_ends_within_the_run() -> None:
    events = plan(7, 300, CAST)
    assert all(0 <= event.at_s < 300 and event.end_s <= 300 for event in events)
    assert [event.at_s for event in events] == sorted(event.at_s for event in events)


def test_everything_befalls_everybody_before_anything_comes_again() -> None:
    events = plan(7, 300, CAST)
    times = Counter((event.kind, event.target) for event in events[:PACK])
    assert len(times) == PACK
    assert {kind for kind, _ in times} == set(Kind)


def test_no_disk_is_filled_where_none_may_be() -> None:
    without = Cast(CAST.programs, CAST.lines, ())
    assert all(event.kind is not Kind.FILL for event in plan(7, 300, without))
