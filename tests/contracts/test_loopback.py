"""What stays on this machine, and what only looks like it."""

import pytest

from contracts.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_what_cannot_leave_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "192.0.2.7", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_what_can(host: str) -> None:
    assert not is_loopback(host)
