"""Model files are taken from packages, checked, converted once, and checked again."""

import multiprocessing
from pathlib import Path

import pytest

from gate.vision.errors import MissingWeights, WrongWeights
from gate.vision.weights import RESNET, YUNET, Source, eye_weights, packaged


def a_package(at: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> Source:
    """A package on the path that carries one file."""
    folder = at / "some_faces"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "model.onnx").write_bytes(content)
    monkeypatch.syspath_prepend(str(at))
    return Source("some_faces", "model.onnx", RESNET.sha256)


def test_the_packages_carry_the_files_this_program_was_measured_with(models: Path) -> None:
    files = eye_weights(models)
    assert packaged(YUNET) == files.yunet
    assert files.sface.stat().st_size > 30_000_000
    assert files.resnet.stat().st_size > 20_000_000


def test_another_version_of_a_model_is_refused_by_name_without_importing_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_package(tmp_path, monkeypatch, b"not the model")
    with pytest.raises(WrongWeights, match=r"model\.onnx .*some_faces"):
        packaged(source)


def test_a_missing_package_or_file_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingWeights, match="Install the package no_such_package"):
        packaged(Source("no_such_package", "a.onnx", ""))
    source = a_package(tmp_path, monkeypatch, b"")
    with pytest.raises(MissingWeights, match="some_faces"):
        packaged(Source(source.package, "other.onnx", ""))


def test_a_damaged_converted_model_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    sface = eye_weights(tmp_path).sface
    sface.write_bytes(sface.read_bytes()[:1000])
    with pytest.raises(WrongWeights, match=sface.name) as stopped:
        eye_weights(tmp_path)
    assert str(sface) in str(stopped.value)


def test_a_conversion_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    sface = eye_weights(tmp_path).sface
    sface.with_name(sface.name + ".sha256").unlink()
    sface.write_bytes(b"half")
    assert eye_weights(tmp_path).sface.stat().st_size > 30_000_000


def test_two_processes_may_start_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.map(eye_weights, [tmp_path, tmp_path])
    assert first == second
    assert {path.suffix for path in tmp_path.iterdir()} <= {".onnx", ".sha256", ""}
