"""What is missing or in the way is said with its remedy."""

import socket
from pathlib import Path

import pytest

from kaimen.state import CannotStart, StateFolder, check_port, check_space, free_port, held


def test_two_starts_do_not_share_one_folder(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    with held(folder), pytest.raises(CannotStart, match="already running"), held(folder):
        pass
    with held(folder):
        pass


def test_a_folder_that_cannot_be_made_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="--state"), held(StateFolder(tmp_path / "file" / "state")):
        pass


def test_a_nearly_full_disk_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="MB are free"):
        check_space(tmp_path, needed_mb=2**40)


@pytest.mark.enable_socket
def test_a_taken_port_names_the_option_that_chooses_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {taken} is taken.*--port"):
            check_port(taken, "Choose another: --port PORT")
        assert free_port(taken) != taken


@pytest.mark.enable_socket
def test_an_address_of_another_machine_is_said_with_the_option() -> None:
    with pytest.raises(CannotStart, match=r"192\.0\.2\.1.*--lan"):
        check_port(0, "", "192.0.2.1")
