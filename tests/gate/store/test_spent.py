"""A pass for one use opens once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from contracts.ids import PassId
from gate.store.spent import SpentPasses

END = datetime(2027, 3, 1, 20, tzinfo=UTC)
A_PASS, ANOTHER = PassId("a" * 32), PassId("b" * 32)


def test_uses_are_counted_by_pass(tmp_path: Path) -> None:
    spent = SpentPasses(tmp_path / "spent.sqlite3")
    assert spent.uses(A_PASS) == 0
    assert spent.use(A_PASS, uuid4(), END) == 1
    assert spent.use(A_PASS, uuid4(), END) == 2
    assert spent.uses(ANOTHER) == 0


def test_the_same_claim_takes_one_use(tmp_path: Path) -> None:
    spent, claim = SpentPasses(tmp_path / "spent.sqlite3"), uuid4()
    assert [spent.use(A_PASS, claim, END) for _ in range(2)] == [1, 1]


def test_a_pass_stays_used_over_a_restart(tmp_path: Path) -> None:
    first = SpentPasses(tmp_path / "spent.sqlite3")
    first.use(A_PASS, uuid4(), END)
    first.close()
    assert SpentPasses(tmp_path / "spent.sqlite3").uses(A_PASS) == 1


def test_uses_are_forgotten_once_the_pass_has_ended(tmp_path: Path) -> None:
    spent = SpentPasses(tmp_path / "spent.sqlite3")
    spent.use(A_PASS, uuid4(), END)
    spent.use(ANOTHER, uuid4(), END + timedelta(days=1))
    assert spent.forget_ended(END + timedelta(seconds=1)) == 1
    assert (spent.uses(A_PASS), spent.uses(ANOTHER)) == (0, 1)
