"""Networks that an operator brought are used only whole and unchanged."""

from pathlib import Path

import pytest

from gate.vision.antispoof_files import MANIFEST, MINIFASNET_V1SE, MINIFASNET_V2, SLOTS, checked, install
from gate.vision.errors import MissingModel, WrongWeights


def both_in(folder: Path) -> Path:
    for slot in SLOTS:
        install(slot.name.encode(), slot, folder)
    return folder


def test_nothing_installed_is_no_trouble(tmp_path: Path) -> None:
    assert checked(tmp_path / "none") == {}


def test_both_networks_are_found_where_they_were_put(tmp_path: Path) -> None:
    files = checked(both_in(tmp_path))
    assert {slot: file.read_text() for slot, file in files.items()} == {slot: slot.name for slot in SLOTS}


def test_one_of_two_is_named(tmp_path: Path) -> None:
    install(b"", MINIFASNET_V2, tmp_path)
    with pytest.raises(MissingModel, match=MINIFASNET_V1SE.name):
        checked(tmp_path)
    both_in(tmp_path)
    (tmp_path / MINIFASNET_V2.file).unlink()
    with pytest.raises(MissingModel, match=MINIFASNET_V2.name):
        checked(tmp_path)


def test_a_changed_file_is_refused_by_name(tmp_path: Path) -> None:
    (both_in(tmp_path) / MINIFASNET_V1SE.file).write_bytes(b"other")
    with pytest.raises(WrongWeights, match=rf"{MINIFASNET_V1SE.file}.*kaimen models add"):
        checked(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_damaged_manifest_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (both_in(tmp_path) / MANIFEST).write_text(text)
    with pytest.raises(WrongWeights, match=MANIFEST):
        checked(tmp_path)


def test_a_newer_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    install(b"newer", MINIFASNET_V2, both_in(tmp_path))
    assert checked(tmp_path)[MINIFASNET_V2].read_bytes() == b"newer"
