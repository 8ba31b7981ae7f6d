"""Names are found by what people type."""

import pytest

from admin.jobs.spelling import Spelling, spelling_of


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("王小明", "wang xiaoming", "wxm"),
        ("单雄信", "shan xiongxin", "sxx"),
        ("仇英", "qiu ying", "qy"),
        ("曾国藩", "zeng guofan", "zgf"),
        ("解缙", "xie jin", "xj"),
        ("任重", "ren zhong", "rz"),
        ("欧阳娜娜", "ouyang nana", "oynn"),
        ("尉迟恭", "yuchi gong", "ycg"),
        ("古丽娜尔·买买提", "gulinaer maimaiti", "glnemmt"),
        ("Bartholomew Featherstonehaugh", "bartholomew featherstonehaugh", "bf"),
        ("Li 雷", "li lei", "ll"),
        ("李", "li", "l"),
        ("  王  小明 ", "wang xiaoming", "wxm"),
        ("", "", ""),
        ("·", "", ""),
    ],
)
def test_a_name_is_spelt(name: str, pinyin: str, initials: str) -> None:
    assert spelling_of(name) == Spelling(pinyin, initials)


def test_the_longest_name_fits_its_column() -> None:
    spelling = spelling_of("庄" * 64)
    assert len(spelling.pinyin) <= 256
    assert spelling.initials == "z" * 64
