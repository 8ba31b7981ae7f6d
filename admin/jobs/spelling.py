"""Names as people type them to search: full pinyin and initials."""

import re
from dataclasses import dataclass
from typing import Final

from admin.db.jobs import finish
from admin.db.session import reading, writing
from admin.db.tables.people import Person
from admin.jobs.surnames import DOUBLE, SINGLE
from admin.jobs.task import Ground, Task, still_ours

LONGEST_PINYIN: Final = 256
LONGEST_INITIALS: Final = 64
_BREAKS: Final = re.compile(r"[\s·・•‧.,'’-]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_WHOLE_NAMES: Final = 4  # characters: a longer run without a break is not surname and given name


@dataclass(frozen=True, slots=True)
class Spelling:
    """`wang xiaoming` and `wxm`: lower case, surname apart."""

    pinyin: str
    initials: str


class Spell:
    """WRITE_PINYIN. The 56 MB of the dictionary are loaded with the first name, here and nowhere else."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self, task: Task) -> None:
        with reading(self._ground.engine) as session:
            person = session.get(Person, task.person)
        spelling = None if person is None else spelling_of(person.name)
        with writing(self._ground.engine) as session:
            row = still_ours(session, task)
            if row is None:
                return
            now = self._ground.now()
            fresh = session.get(Person, task.person)
            if fresh is None or spelling is None:
                finish(row, "refused", {"faults": ["no_person"]}, now)
                return
            fresh.pinyin, fresh.initials = spelling.pinyin, spelling.initials
            finish(row, "done", {"faults": []}, now)


def spelling_of(name: str) -> Spelling:
    """A name in Chinese, Latin or both. Where a surname has a reading of its own, that one: 单 is shan."""
    words: list[list[str]] = []
    parts = [part for part in _BREAKS.split(name.strip()) if part]
    for part in parts:
        surname = _surname(part) if len(parts) == 1 else ()
        given = part[sum(len(each.characters) for each in surname) :]
        words += [list(each.syllables) for each in surname]
        if given:
            words.append(_syllables(given))
    return Spelling(
        " ".join("".join(word) for word in words)[:LONGEST_PINYIN],
        "".join(syllable[0] for word in words for syllable in word)[:LONGEST_INITIALS],
    )


@dataclass(frozen=True, slots=True)
class _Surname:
    characters: str
    syllables: tuple[str, ...]


def _surname(name: str) -> tuple[_Surname, ...]:
    """The surname in front, as one word; none for a single character or what is no Chinese name."""
    if not 1 < len(name) <= _WHOLE_NAMES or not all(_HAN.match(each) for each in name):
        return ()
    double = DOUBLE.get(name[:2])
    if double is not None:
        return (_Surname(name[:2], tuple(double.split())),)
    return (_Surname(name[0], (SINGLE.get(name[0]) or _syllables(name[0])[0],)),)


def _syllables(text: str) -> list[str]:
    """Chinese characters syllable by syllable, a Latin word whole."""
    from pypinyin import Style, lazy_pinyin

    return [syllable.lower() for syllable in lazy_pinyin(text, style=Style.NORMAL) if syllable.strip()]
