"""An operator installs anti-spoof networks."""

import hashlib
from pathlib import Path

import pytest

from gate.vision.antispoof_files import MINIFASNET_V2, checked
from gate.vision.errors import MissingModel
from kaimen.models import KNOWN, ModelRefused, Offered, _slot_of, add, listing
from tests.networks import constant_network


def offer(file: Path, slot: str | None = None) -> Offered:
    return Offered(file, hashlib.sha256(file.read_bytes()).hexdigest(), slot)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return constant_network(tmp_path / "some-network.onnx", (0, 1, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "antispoof"


def test_both_networks_are_installed_and_listed(network: Path, folder: Path) -> None:
    assert "not installed" in listing(folder)
    assert "minifasnet-v2" in add(offer(network, "minifasnet-v2"), folder)
    with pytest.raises(MissingModel):
        checked(folder)
    add(offer(network, "minifasnet-v1se"), folder)
    assert len(checked(folder)) == 2
    assert listing(folder).count("installed ") == 2


def test_a_wrong_checksum_installs_nothing_and_names_the_file(network: Path, folder: Path) -> None:
    wrong = Offered(network, "0" * 64, "minifasnet-v2")
    with pytest.raises(ModelRefused, match=r"some-network\.onnx has another checksum"):
        add(wrong, folder)
    assert checked(folder) == {}


def test_a_file_nobody_knows_is_installed_only_where_somebody_says_what_it_is(
    network: Path, folder: Path
) -> None:
    with pytest.raises(ModelRefused, match="--slot"):
        add(offer(network), folder)
    with pytest.raises(ModelRefused, match=r"no slot minifasnet-v9.*minifasnet-v2"):
        add(offer(network, "minifasnet-v9"), folder)
    assert checked(folder) == {}


@pytest.mark.parametrize("answer", [(0.0, 1.0), (0.0, float("nan"), 1.0)])
def test_a_network_of_another_kind_is_refused(
    tmp_path: Path, folder: Path, answer: tuple[float, ...]
) -> None:
    other = constant_network(tmp_path / "other.onnx", answer)
    with pytest.raises(ModelRefused, match="3 numbers"):
        add(offer(other, "minifasnet-v2"), folder)


def test_a_network_for_other_chips_and_a_file_that_is_none_are_refused(tmp_path: Path, folder: Path) -> None:
    large = constant_network(tmp_path / "large.onnx", (0, 1, 2), side=112)
    with pytest.raises(ModelRefused, match=r"large\.onnx.*80 x 80"):
        add(offer(large, "minifasnet-v2"), folder)
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    with pytest.raises(ModelRefused, match=r"text\.onnx"):
        add(offer(text, "minifasnet-v2"), folder)
    with pytest.raises(ModelRefused, match="cannot be read"):
        add(Offered(tmp_path / "gone.onnx", "", None), folder)


def test_a_file_changed_after_it_was_installed_is_listed_as_such(network: Path, folder: Path) -> None:
    add(offer(network, "minifasnet-v2"), folder)
    (folder / MINIFASNET_V2.file).write_bytes(b"other")
    assert "changed" in listing(folder)


def test_a_known_network_is_not_taken_for_the_other(network: Path) -> None:
    known = next(sha256 for sha256, slot in KNOWN.items() if slot is MINIFASNET_V2)
    assert _slot_of(Offered(network, known.upper() + "\n")) is MINIFASNET_V2
    assert _slot_of(Offered(network, known, "minifasnet-v2")) is MINIFASNET_V2
    with pytest.raises(ModelRefused, match="is minifasnet-v2, not minifasnet-v1se"):
        _slot_of(Offered(network, known, "minifasnet-v1se"))


def test_the_networks_that_were_measured_need_no_slot() -> None:
    assert [slot.scale for slot in KNOWN.values()] == [2.7, 4.0]
