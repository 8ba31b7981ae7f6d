"""`python -m enrollment PHOTO` speaks plainly and shows no template."""

from pathlib import Path

import pytest

from enrollment.__main__ import REMARKS, WORDS, main
from enrollment.quality import Remark
from enrollment.refusal import PhotoFault
from gate.vision.quality import Fault
from tests.faces import picture


def test_every_code_has_words() -> None:
    assert WORDS.keys() == {*PhotoFault, *Fault}
    assert REMARKS.keys() == set(Remark)


def test_a_good_photo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(picture("obama.jpg")), "--weights", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Good enough to enrol.\n  eyes_open: ")
    assert "inter_eye_px: 116" in said
    assert "rows" not in said


def test_a_bad_photo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "empty.jpg"
    bad.write_bytes(b"")
    assert main([str(bad)]) == 1
    assert capsys.readouterr().out == "The file is empty. Choose another.\n"


def test_a_photo_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.jpg")]) == 2
    assert "No such file" in capsys.readouterr().out
