"""Who may pass when, and whose face may be sent to a gate."""

from datetime import UTC, date, datetime, timedelta

import pytest

from admin.dispatch.rules import AHEAD, Agreement, Good, Window, age, may_know_face, next_edge, window_of

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GROWN = date(1980, 1, 1)


def yes(kind: str, at: datetime = NOON, withdrawn: bool = False, guardian: bool = False) -> Agreement:
    return Agreement(kind, agreed=True, at=at, withdrawn=withdrawn, guardian=guardian)


def no(kind: str, at: datetime = NOON) -> Agreement:
    return Agreement(kind, agreed=False, at=at, withdrawn=False, guardian=False)


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ([], False),
        ([yes("face")], False),
        ([yes("central")], False),
        ([yes("face"), yes("central")], True),
        ([yes("face", withdrawn=True), yes("central")], False),
        ([yes("face"), yes("central", withdrawn=True)], False),
        ([yes("face"), no("face", NOON + DAY), yes("central")], False),
        ([no("face", NOON + DAY), yes("face", NOON + 2 * DAY), yes("central")], True),
        ([yes("face", withdrawn=True), yes("face", NOON + DAY), yes("central")], True),
    ],
)
def test_a_face_is_known_only_while_both_consents_stand(answers: list[Agreement], known: bool) -> None:
    assert may_know_face(answers, GROWN) is known


@pytest.mark.promise(5)
def test_a_child_under_fourteen_needs_a_guardians_consent() -> None:
    born = date(2012, 11, 24)
    both = [yes("face"), yes("central")]
    assert age(born, NOON.date()) == 13
    assert not may_know_face(both, born)
    assert may_know_face([yes("face", guardian=True), yes("central", guardian=True)], born)
    assert may_know_face(both, date(2012, 11, 23))


def test_a_membership_opens_from_its_beginning_until_its_end() -> None:
    window = Window(NOON, NOON + DAY)
    assert window_of([window], NOON - timedelta(seconds=1)) == window
    assert window_of([window], NOON) == Window(None, NOON + DAY)
    assert window_of([window], NOON + DAY) is None


def test_a_membership_far_in_the_future_is_not_sent_yet() -> None:
    assert window_of([Window(NOON + AHEAD + DAY)], NOON) is None
    assert window_of([Window(NOON + AHEAD)], NOON) is not None


def test_of_two_memberships_the_longer_one_counts_and_an_open_end_stays_open() -> None:
    short, long = Window(NOON, NOON + DAY), Window(NOON, NOON + 2 * DAY)
    assert window_of([short, long], NOON) == Window(None, NOON + 2 * DAY)
    assert window_of([short, Window(NOON)], NOON) == Window(None, None)


def test_the_next_edge_is_the_first_moment_still_to_come() -> None:
    assert next_edge([None, NOON, NOON + 2 * DAY, NOON + DAY], NOON) == NOON + DAY
    assert next_edge([None, NOON], NOON) is None


def test_a_pass_for_no_gate_by_name_is_good_everywhere_and_at_home_nowhere() -> None:
    assert Good(()).at("any")
    assert not Good(()).home("any")
    named = Good(("first", "second"))
    assert (named.at("second"), named.home("first"), named.home("second"), named.at("third")) == (
        True,
        True,
        False,
        False,
    )
