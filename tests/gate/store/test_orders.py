"""What a gate has taken and what it is under outlive its process."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.ids import StaffId, uuid7
from contracts.order import Mode, Standing
from gate.store.orders import OrderBook
from tests.gate.at_the_gate import EAST, NOON


def a_standing(number: int) -> Standing:
    return Standing(
        id=uuid7(),
        gate=EAST,
        generation=1,
        number=number,
        mode=Mode.LOCK_DOWN,
        by=StaffId("account-1"),
        at=NOON,
        until=NOON + timedelta(hours=1),
    )


@pytest.mark.promise(3)
def test_an_order_is_taken_once_over_all_starts(tmp_path: Path) -> None:
    order = uuid7()
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert book.take(order)
    book.close()
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert not book.take(order)
    book.close()


def test_a_job_is_begun_then_done_by_the_next_start(tmp_path: Path) -> None:
    job = uuid7()
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert book.finish_begun() == []
    book.take(job, job=True)
    assert not book.is_done(job)
    book.close()
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert book.finish_begun() == [job]
    assert book.finish_begun() == []
    assert book.is_done(job)
    book.close()


def test_the_newest_standing_order_is_kept(tmp_path: Path) -> None:
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert book.standing() is None
    newer = a_standing(2)
    book.stand(a_standing(1))
    book.stand(newer)
    book.close()
    book = OrderBook(tmp_path / "orders.sqlite3")
    assert book.standing() == newer
    book.close()


def test_old_orders_are_forgotten_beyond_a_number(tmp_path: Path) -> None:
    book = OrderBook(tmp_path / "orders.sqlite3", kept=2)
    taken = [uuid7() for _ in range(4)]
    assert all(book.take(order) for order in taken)
    assert not book.take(taken[-1])
    assert book.take(taken[0])
    book.close()
