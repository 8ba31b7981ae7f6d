"""Which networks a gate loads: none where nobody asks, both or none, and only unchanged ones."""

from pathlib import Path

import pytest

from gate.access.policy import Liveness
from gate.settings import GateSettings, read_settings
from gate.sight import antispoof_of, has_networks, lids_of
from gate.vision.antispoof_files import FOLDER, MINIFASNET_V2, SLOTS, install
from gate.vision.errors import MissingModel, WrongWeights
from tests.networks import constant_network

SAMPLE = Path(__file__).parents[2] / "docs" / "gate.sample.toml"


def settings(folder: Path, **changed: object) -> GateSettings:
    sample = read_settings(SAMPLE).model_copy(update={"weights_folder": folder, **changed})
    return GateSettings.model_validate(sample)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    network = constant_network(tmp_path / "network.onnx", (0, 1, 2)).read_bytes()
    for slot in SLOTS:
        install(network, slot, tmp_path / FOLDER)
    return tmp_path


def test_installed_networks_are_loaded(filled: Path) -> None:
    assert antispoof_of(settings(filled)) is not None
    elsewhere = settings(filled / "none", antispoof_folder=filled / FOLDER)
    assert antispoof_of(elsewhere) is not None


def test_a_gate_that_asks_nothing_of_life_does_not_even_open_the_files(filled: Path) -> None:
    (filled / FOLDER / MINIFASNET_V2.file).write_bytes(b"damaged")
    assert antispoof_of(settings(filled, liveness=Liveness.OFF)) is None
    assert antispoof_of(settings(filled, antispoof="off")) is None


def test_a_changed_network_stops_the_start(filled: Path) -> None:
    (filled / FOLDER / MINIFASNET_V2.file).write_bytes(b"damaged")
    with pytest.raises(WrongWeights, match=MINIFASNET_V2.file):
        antispoof_of(settings(filled))


def test_one_network_of_two_stops_the_start(filled: Path) -> None:
    (filled / FOLDER / MINIFASNET_V2.file).unlink()
    with pytest.raises(MissingModel, match=MINIFASNET_V2.name):
        antispoof_of(settings(filled))


def test_a_gate_that_needs_them_does_not_start_without(tmp_path: Path) -> None:
    assert antispoof_of(settings(tmp_path)) is None
    with pytest.raises(MissingModel, match="kaimen models add"):
        antispoof_of(settings(tmp_path, antispoof="needed"))


def test_a_gate_says_whether_its_networks_judge_life(filled: Path, tmp_path: Path) -> None:
    assert has_networks(settings(filled))
    assert not has_networks(settings(filled, antispoof="off"))
    assert not has_networks(settings(filled, liveness=Liveness.OFF))
    assert not has_networks(settings(tmp_path / "none"))


@pytest.mark.parametrize("liveness", Liveness)
def test_lids_are_looked_at_where_a_face_has_to_be_shown_alive(tmp_path: Path, liveness: Liveness) -> None:
    wanted = liveness in {Liveness.SECOND, Liveness.REFUSE}
    assert (lids_of(settings(tmp_path, liveness=liveness)) is not None) == wanted
