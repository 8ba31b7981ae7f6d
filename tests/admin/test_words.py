"""Every code has words, every word has Chinese."""

import io
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from admin.web.ground import TRANSLATIONS
from admin.words import BY_KIND, EnrolFault, EnrolRemark

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = TRANSLATIONS / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


@pytest.mark.parametrize("kind", BY_KIND, ids=lambda kind: kind.__name__)
def test_every_code_has_words(kind: type[StrEnum]) -> None:
    assert BY_KIND[kind].keys() == set(kind)


def test_every_fault_of_a_photo_has_words() -> None:
    refusal = pytest.importorskip("enrollment.refusal")
    quality = pytest.importorskip("gate.vision.quality")
    consent = pytest.importorskip("enrollment.consent")
    codes = {*refusal.PhotoFault, *quality.Fault, *consent.ConsentFault}
    assert {code.value for code in codes} <= {fault.value for fault in EnrolFault}


def test_every_remark_on_an_enrolled_photo_has_words() -> None:
    quality = pytest.importorskip("enrollment.quality")
    assert {remark.value for remark in quality.Remark} == {remark.value for remark in EnrolRemark}


def test_no_text_waits_for_its_translation() -> None:
    waiting = [str(text.id) for text in texts(CATALOGUE.read_bytes()) if not whole(text) or text.fuzzy]
    assert waiting == []


def test_every_text_of_code_and_pages_is_in_the_catalogue(tmp_path: Path) -> None:
    found = tmp_path / "found.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract"]
    subprocess.run(
        [*command, "-F", "pyproject.toml", "-k", "_l", "-o", str(found), "admin"], cwd=ROOT, check=True
    )
    known = {str(text.id) for text in texts(CATALOGUE.read_bytes())}
    assert [text.id for text in texts(found.read_bytes()) if str(text.id) not in known] == []


def test_a_translation_keeps_the_places_to_fill() -> None:
    wrong = [
        (text.id, fault)
        for text in texts(CATALOGUE.read_bytes())
        if text.python_format
        for fault in text.check()
    ]
    assert wrong == []


def texts(content: bytes) -> list[Message]:
    return [text for text in read_po(io.BytesIO(content), locale="zh_Hans_CN") if text.id]


def whole(text: Message) -> bool:
    return bool(text.string) and (isinstance(text.string, str) or all(text.string))
