"""A set's tables are read as people's programs write them, and what cannot be read is said, with its line."""

from pathlib import Path

import pytest

from bench.tables import NoSet, picture_path, read_table

NEEDED = ("path", "role")


def table(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "openset.csv"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_spreadsheets_encoding_is_understood(tmp_path: Path, encoding: str) -> None:
    (line,) = read_table(table(tmp_path, "path,role\n人脸/张三.jpg,probe\n".encode(encoding)), NEEDED)
    assert (line["path"], line["role"]) == ("人脸/张三.jpg", "probe")


def test_blank_lines_spaces_and_columns_of_ones_own_do_not_matter(tmp_path: Path) -> None:
    text = b'Note, Path ,ROLE\r\n\r\nx, "a, b.jpg" ,probe,more\r\n,,\r\ny,c.jpg\r\n'
    lines = read_table(table(tmp_path, text), NEEDED)
    assert [(line.number, line["path"], line["role"]) for line in lines] == [
        (3, "a, b.jpg", "probe"),
        (5, "c.jpg", ""),
    ]
    assert lines[0]["split"] == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "needs the columns path and role"),
        (b"path;role\na.jpg;probe\n", "parted by commas"),
        (b"path,role\n\n", "lines below them"),
        (b"path,role\na\x00.jpg,probe\n", "neither UTF-8 nor GBK"),
        (b"path,role\n" + b"x" * 200_000 + b",probe\n", "cannot be read as csv"),
        ("path,role\na,probe\n".encode("utf-16"), "neither UTF-8 nor GBK"),
        ("path,role\na,probe\n".encode("utf-16-le"), "neither UTF-8 nor GBK"),
    ],
)
def test_what_is_no_such_table_is_said(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(NoSet, match=told):
        read_table(table(tmp_path, content), NEEDED)


def test_a_path_of_windows_is_found_on_any_system() -> None:
    assert picture_path("lfw\\ann\\1.jpg") == "lfw/ann/1.jpg"
    assert picture_path("/data/lfw/1.jpg") == "/data/lfw/1.jpg"
