"""What is drawn stands where its distance is, and says nothing that was not counted."""

import pytest

from admin.db.calibration import Histogram, Rate
from admin.web.calibration.chart import HEIGHT, WIDTH, chart
from admin.web.calibration.words import between, figure, percent

DIFFERENT = Histogram(start=0.6, step=0.02, counts=(1, 0, 300))
SAME = Histogram(start=0.3, step=0.02, counts=(5,))


def test_bars_stand_in_the_order_of_distance_and_the_mark_between() -> None:
    drawn = chart(DIFFERENT, SAME, near=0.5)
    assert len(drawn.different) == 2
    assert 0 < drawn.same[0].x < drawn.mark < drawn.different[0].x < drawn.different[1].x < WIDTH


def test_a_single_pair_among_hundreds_is_seen() -> None:
    small, tall = chart(DIFFERENT, None, 0.5).different
    assert 2 < small.height < tall.height < HEIGHT
    assert small.y + small.height == pytest.approx(tall.y + tall.height)


def test_the_table_holds_every_count_once() -> None:
    rows = chart(DIFFERENT, SAME, 0.5).rows
    assert [(row.start, row.different, row.same) for row in rows] == [
        (0.3, 0, 5),
        (0.6, 1, 0),
        (0.64, 300, 0),
    ]


def test_ticks_are_round_distances_inside_the_drawing() -> None:
    ticks = chart(DIFFERENT, SAME, 0.5).ticks
    assert [word for _, word in ticks] == ["0.4", "0.6"]
    assert all(0 <= x <= WIDTH for x, _ in ticks)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (0.004, "<0.01"),
        (0.034, "0.03"),
        (0.099, "0.1"),
        (0.3, "0.3"),
        (1.44, "1.4"),
        (12.4, "12"),
        (9.99, "10"),
    ],
)
def test_figures_have_as_many_digits_as_can_be_meant(value: float, said: str) -> None:
    assert figure(value) == said


def test_rates_and_intervals_are_written_as_people_read_them() -> None:
    assert (percent(0.001), percent(0.0005), percent(0.0368)) == ("0.1 %", "0.05 %", "3.7 %")
    assert (percent(0), percent(3e-6)) == ("0 %", "<0.001 %")
    assert between(Rate(value=0.3, low=0.1, high=0.9)) == "0.1–0.9"
    assert between(Rate(value=0.001, low=0.0001, high=0.004)) == "0–<0.01"
