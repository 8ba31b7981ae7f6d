"""Catalogues are compiled when they change, and a gap in one is found."""

import sys
from pathlib import Path

import pytest

from setup.catalogues import FOLDER, compile_all, digest, gaps
from setup.problem import SetupProblem

CHINESE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Gate"\nmsgstr "门"\n'


def a_catalogue(root: Path, text: str = CHINESE, language: str = "zh") -> Path:
    path = root / FOLDER / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_catalogue_is_compiled_beside_its_source(tmp_path: Path) -> None:
    path = a_catalogue(tmp_path)
    before = digest(tmp_path)
    compile_all(tmp_path, Path(sys.executable))
    assert path.with_suffix(".mo").stat().st_size > 0
    assert digest(tmp_path) != before


def test_without_catalogues_there_is_nothing_to_compile(tmp_path: Path) -> None:
    compile_all(tmp_path, Path(sys.executable))
    assert digest(tmp_path) == digest(tmp_path / "elsewhere")


def test_a_broken_catalogue_stops_the_set_up(tmp_path: Path) -> None:
    path = a_catalogue(tmp_path)
    path.write_bytes(path.read_bytes() + b'\nmsgid "\xff"\nmsgstr "x"\n')
    with pytest.raises(SetupProblem, match=r"pybabel compile .*messages\.po failed"):
        compile_all(tmp_path, Path(sys.executable))


def test_an_untranslated_and_a_fuzzy_text_are_gaps(tmp_path: Path) -> None:
    path = a_catalogue(
        tmp_path, CHINESE + '\nmsgid "Door"\nmsgstr ""\n\n#, fuzzy\nmsgid "Pass"\nmsgstr "票"\n'
    )
    assert gaps(path) == ["Door", "Pass"]


def test_the_source_language_may_leave_its_texts_empty(tmp_path: Path) -> None:
    assert gaps(a_catalogue(tmp_path, CHINESE + '\nmsgid "Door"\nmsgstr ""\n', "en")) == []
