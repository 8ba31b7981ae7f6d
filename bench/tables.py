"""The csv files of a set, read as spreadsheets write them: with a byte order mark, in GBK, with blank lines."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""Tried one after the other. The second is what Chinese spreadsheets write; it holds all of GBK."""


class NoSet(Exception):
    """The folder holds no set of that form."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder} is no evaluation set: {why}. See docs/operations.md, Measuring recognition."
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table by its column; `number` counts the file's lines from 1."""

    file: Path
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell without spaces around it, empty where the line or the table has none."""
        return self.cells.get(column, "")

    def wrong(self, why: str) -> NoSet:
        """What to raise when the line cannot be used."""
        return NoSet(self.file.parent, f"line {self.number} of {self.file.name} {why}")


def read_table(file: Path, columns: Sequence[str]) -> list[Line]:
    """Every line that is not blank; other columns than those needed may follow. Raises NoSet."""
    if not file.is_file():
        raise NoSet(file.parent, f"{file.name} is missing")
    try:
        rows = _rows(_text(file))
    except csv.Error as wrong:
        raise NoSet(file.parent, f"{file.name} cannot be read as csv ({wrong})") from wrong
    heads = [cell.lower() for cell in rows[0][1]] if rows else []
    lines = rows[1:]
    if not lines or not {*columns} <= {*heads}:
        named = f"{', '.join(columns[:-1])} and {columns[-1]}"
        raise NoSet(
            file.parent, f"{file.name} needs the columns {named}, parted by commas, and lines below them"
        )
    return [Line(file, number, dict(zip(heads, cells, strict=False))) for number, cells in lines]


def picture_path(cell: str) -> str:
    """A path as written on any system; relative to the folder, or absolute."""
    return cell.replace("\\", "/")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    return [(number, cells) for number, cells in rows if any(cells)]


def _text(file: Path) -> str:
    content = file.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 without a mark is full of them
            return text
    raise NoSet(file.parent, f"{file.name} is neither UTF-8 nor GBK")
