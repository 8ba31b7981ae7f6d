"""A code is read with the gate's camera from the page's picture of it."""

from pathlib import Path

import pytest
import segno

from contracts.join import JoinCode, write_code
from kaimen.joinscan import scanned_code
from kaimen.state import CannotStart

CODE = write_code(JoinCode("https://192.168.1.5:8750", "5a" * 32, b"sixteen secret b"))


def pictures(folder: Path, *texts: str) -> str:
    """A camera that sees these codes, one after the other."""
    folder.mkdir()
    for number, text in enumerate(texts):
        segno.make_qr(text, error="m", boost_error=False).save(
            str(folder / f"{number}.png"), scale=6, border=4
        )
    return str(folder)


def test_the_pages_code_is_read_and_any_other_passed_over(tmp_path: Path) -> None:
    assert scanned_code(pictures(tmp_path / "seen", "a visitor's pass", CODE), 20) == CODE


def test_where_no_code_comes_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="No join code"):
        scanned_code(pictures(tmp_path / "seen", "a visitor's pass"), 1)
    with pytest.raises(CannotStart, match="camera source"):
        scanned_code(str(tmp_path / "nowhere"))
