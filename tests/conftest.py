"""What holds for every test: only tests that name themselves `real` may open a socket, and nothing runs beside tests
that name themselves `alone`."""

import fcntl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

LOCKS: Final = Path(tempfile.gettempdir())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests marked `real` their sockets; all others run with sockets closed."""
    for item in items:
        if item.get_closest_marker("real") is not None:
            item.add_marker(pytest.mark.enable_socket)


@pytest.hookimpl(
    wrapper=True, tryfirst=True
)  # outside of the guard against a hang, which would count the wait
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes share the tests, those marked `alone` wait until no other test runs."""
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None:
        return (yield)
    with _machine(str(run), whole=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _machine(run: str, whole: bool) -> Generator[None]:
    """The machine, shared or whole. Whoever wants it whole holds the door meanwhile, so that the others let go."""
    with (LOCKS / f"kaimen-{run}.machine").open("a") as machine:
        with (LOCKS / f"kaimen-{run}.door").open("a") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(machine, fcntl.LOCK_EX if whole else fcntl.LOCK_SH)
        yield
