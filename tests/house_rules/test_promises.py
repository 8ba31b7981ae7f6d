"""Tests name the promises of the design that they hold: each of them, and only those that there are."""

import ast

from tests.house_rules.sources import ROOT, modules, tree_of

PROMISES = range(1, 14)


def claimed() -> list[tuple[str, object]]:
    """Every promise marker in the tests: where, and what number."""
    found: list[tuple[str, object]] = []
    for path in modules("tests"):
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "promise"
            ):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found += [(place, ast.literal_eval(number)) for number in node.args] or [(place, None)]
    return found


def test_every_promise_that_a_test_claims_is_one_of_the_thirteen() -> None:
    assert [(place, number) for place, number in claimed() if number not in PROMISES] == []


def test_every_promise_is_claimed_by_a_test() -> None:
    assert set(PROMISES) - {number for _, number in claimed()} == set()
