"""A process that is told to end does, whatever it was doing."""

import signal
import threading
from collections.abc import Iterator

import pytest

from contracts.ending import SIGNALS, Ending


@pytest.fixture
def ending() -> Iterator[Ending]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Ending.by_signals()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_nobody_waits_longer_than_asked_and_nobody_is_told_by_himself(ending: Ending) -> None:
    assert not ending.wait(0)
    assert not ending.is_set()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_heard_by_all_who_wait(ending: Ending, number: signal.Signals) -> None:
    heard: list[bool] = []
    waiting = [threading.Thread(target=lambda: heard.append(ending.wait(60))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    signal.raise_signal(number)
    for thread in waiting:
        thread.join(60)
    assert heard == [True, True, True]
    assert ending.wait()
    assert ending.is_set()


def test_a_signal_that_comes_while_this_thread_asks_is_heard(ending: Ending) -> None:
    """A signal at every step of a wait: with threading.Event some of them are the last thing the thread does."""
    for _ in range(200):
        asker = Ending()
        signal.signal(signal.SIGALRM, lambda _number, _frame, asker=asker: asker.set())
        signal.setitimer(signal.ITIMER_REAL, 1e-4)
        while not asker.wait(0):
            pass
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_it_is_never_taken_back(ending: Ending) -> None:
    with pytest.raises(NotImplementedError):
        ending.clear()
