"""A set is read as its file says, and a wrong one is named."""

from pathlib import Path

import pytest

from bench.openset import Picture, read_openset, read_pairs, sources
from bench.tables import NoSet

FOUR = "path,identity,role,source\n"


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "openset.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_set_needs_four_columns_and_no_pairs(tmp_path: Path) -> None:
    data = folder(tmp_path, FOUR + "a.jpg,ann,enroll,own\nb.jpg,ben,stranger,own\n")
    assert [each.role for each in read_openset(data)] == ["enroll", "stranger"]
    assert read_pairs(data) == ()


def test_a_set_from_a_spreadsheet_on_windows_reads_alike(tmp_path: Path) -> None:
    lines = "a\\1.jpg,ann,Enroll,own\r\n,,,\r\na\\1.jpg,ann,Enroll,own\r\n/b.jpg,,stranger,own\r\n"
    (tmp_path / "openset.csv").write_text(FOUR + lines, encoding="utf-8-sig")
    assert read_openset(tmp_path) == (
        Picture("a/1.jpg", "ann", "enroll", "own", ""),
        Picture("/b.jpg", "/b.jpg", "stranger", "own", ""),
    )


@pytest.mark.parametrize(
    "text",
    [
        "path,identity\na,b\n",
        FOUR,
        FOUR + "a.jpg,ann,guest,own\n",
        FOUR + ",ann,enroll,own\n",
        FOUR + "a.jpg,,enroll,own\n",
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoSet, match="is no evaluation set"):
        read_openset(folder(tmp_path, text))


def test_a_folder_without_a_set_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(NoSet, match=r"openset\.csv is missing"):
        read_openset(tmp_path)


def test_a_small_source_is_searched_among_the_largest_ones_people(tmp_path: Path) -> None:
    lines = (
        "a,ann,enroll,big\nb,ben,enroll,big\nc,chen,enroll,small\nd,chen,probe,small\ne,ed,stranger,small\n"
    )
    big, small = sources(read_openset(folder(tmp_path, FOUR + lines)))
    assert [each.identity for each in big.gallery] == ["ann", "ben"]
    assert [each.identity for each in small.gallery] == ["ann", "ben", "chen"]
    assert (len(small.probes), len(small.strangers)) == (1, 1)


def test_two_people_numbered_alike_in_two_sources_are_not_one(tmp_path: Path) -> None:
    lines = (
        "a,001,enroll,big\nb,002,enroll,big\nc,003,enroll,big\n"
        "d,001,enroll,small\ne,001,probe,small\nf,002,stranger,small\ng,003,probe,small\n"
    )
    big, small = sources(read_openset(folder(tmp_path, FOUR + lines)))
    assert [each.path for each in big.gallery] == ["a", "b", "c"]
    assert [each.path for each in small.gallery] == ["c", "d"]  # 003 comes back here and is enrolled there
    assert ([each.path for each in small.probes], len(small.strangers)) == (["e", "g"], 1)


def test_whoever_is_enrolled_is_no_stranger_and_an_enrolled_picture_finds_only_itself(tmp_path: Path) -> None:
    lines = (
        "a,ann,enroll,s\na,ann,probe,s\nb,ann,probe,s\nc,ann,stranger,s\na,x,stranger,s\nd,dan,stranger,s\n"
    )
    (found,) = sources(read_openset(folder(tmp_path, FOUR + lines)))
    assert [each.path for each in found.probes] == ["b"]
    assert [each.path for each in found.strangers] == ["d"]
    assert (found.probes_left_out, found.strangers_left_out) == (1, 2)


def test_a_split_takes_its_probes_and_everybody_enrolled(tmp_path: Path) -> None:
    lines = "a,ann,enroll,s,dev\nb,ann,probe,s,dev\nc,cat,enroll,s,test\nd,cat,probe,s,test\n"
    text = "path,identity,role,source,split\n" + lines
    (found,) = sources(read_openset(folder(tmp_path, text)), "test")
    assert [each.identity for each in found.gallery] == ["ann", "cat"]
    assert [each.identity for each in found.probes] == ["cat"]


def test_pairs_carry_their_fold(tmp_path: Path) -> None:
    (tmp_path / "lfw_pairs_600.csv").write_text("path1,path2,same,fold\na,b,1,3\nc,d,0,4\n", encoding="utf-8")
    assert [(pair.same, pair.fold) for pair in read_pairs(tmp_path)] == [(True, 3), (False, 4)]


def test_pairs_of_one_fold_or_none_are_dealt_in_turn(tmp_path: Path) -> None:
    file = tmp_path / "lfw_pairs_600.csv"
    file.write_text("path1,path2,same,fold\na,b,1,0\n\nc,d,False,0\n", encoding="utf-8-sig")
    assert [(pair.same, pair.fold) for pair in read_pairs(tmp_path)] == [(True, 0), (False, 1)]
    file.write_text("path1,path2,same\na,b,maybe\n", encoding="utf-8")
    with pytest.raises(NoSet, match="line 2"):
        read_pairs(tmp_path)
