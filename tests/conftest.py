"""What holds for every test: only tests that name themselves `real` may open a socket."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests marked `real` their sockets; all others run with sockets closed."""
    for item in items:
        if item.get_closest_marker("real") is not None:
            item.add_marker(pytest.mark.enable_socket)
