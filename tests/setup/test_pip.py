"""What pip says when it fails becomes a remedy."""

from pathlib import Path

import pytest

from setup.pip import remedy_of

LOG = Path("setup.log")


@pytest.mark.parametrize(
    ("output", "what", "remedy"),
    [
        ("[Errno -3] Temporary failure in name resolution'))", "no connection", "connect to the Internet"),
        ("NewConnectionError … No matching distribution found for x", "no connection", "proxy or mirror"),
        ("OSError: [Errno 28] No space left on device", "disk became full", "free some space"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM", "checksum differs", "do not use it"),
        ("ERROR: No matching distribution found for dlib-bin", "has no ready-made build", "Python 3.11"),
        ("[Errno 13] Permission denied: '/x'", "not allowed to write", "owner"),
        ("something new", "pip failed", "setup.log"),
    ],
)
def test_each_way_in_which_pip_fails_has_a_remedy(output: str, what: str, remedy: str) -> None:
    problem = remedy_of(output, LOG)
    assert what in problem.what
    assert remedy in problem.remedy
