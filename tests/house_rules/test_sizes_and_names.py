"""Functions, modules and names stay as small and as plain as STYLE asks."""

import ast

from tests.house_rules.sources import PACKAGES, ROOT, functions, modules

LONGEST_FUNCTION = 50
MOST_PARAMETERS = 5
LONGEST_MODULE = 400
NO_ROOMS = {"utils", "common", "helpers", "manager", "const"}
OURS = modules(*PACKAGES, "setup")


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many arguments a caller thinks of: not self, and not what a star gathers."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names[1:] if names[:1] in (["self"], ["cls"]) else names)


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{found.lineno} {found.name}"
        for path in OURS
        for found in functions(path)
        if (found.end_lineno or found.lineno) - found.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_function_asks_for_more_than_five_values() -> None:
    greedy = [
        f"{path.relative_to(ROOT)}:{found.lineno} {found.name}"
        for path in OURS
        for found in functions(path)
        if parameters(found) > MOST_PARAMETERS
    ]
    assert greedy == []


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = [
        path.relative_to(ROOT).as_posix()
        for path in modules(*PACKAGES, "setup", "tests")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE
    ]
    assert long == []


def test_every_module_has_a_room_of_its_own() -> None:
    nameless = [
        path.relative_to(ROOT).as_posix() for path in OURS if NO_ROOMS & {*path.with_suffix("").parts}
    ]
    assert nameless == []
