"""Every code has words and a remedy in both languages."""

import re
from itertools import chain

import pytest

from contracts.words import Outcome, Reason
from gate.screen.words import CONDITIONS, GRANTED, REASONS, Condition, Shape, Words, shape_of, words_for

ALL = list(chain([GRANTED], REASONS.values(), CONDITIONS.values()))


def test_every_reason_and_every_condition_has_words() -> None:
    assert REASONS.keys() == set(Reason)
    assert CONDITIONS.keys() == set(Condition)


@pytest.mark.parametrize("words", ALL, ids=lambda words: words.en.word)
def test_words_are_short_polite_and_in_their_own_language(words: Words) -> None:
    for text in (words.zh.word, words.zh.remedy):
        assert not re.search("[A-Za-z!！]", text)
    for text in (words.en.word, words.en.remedy):
        assert text
        assert not re.search("[\u4e00-\u9fff!]", text)
    assert len(words.zh.word) <= 7
    assert len(words.zh.remedy) <= 20
    assert len(words.en.word.split()) <= 4
    assert len(words.en.remedy) <= 60


@pytest.mark.promise(4)
def test_whoever_a_face_does_not_help_is_told_another_way() -> None:
    for reason in (Reason.UNKNOWN, Reason.AMBIGUOUS, Reason.NOT_LIVE):
        assert "密码" in REASONS[reason].zh.remedy
        assert "PIN" in REASONS[reason].en.remedy


def test_a_grant_is_a_welcome_whatever_remark_its_record_carries() -> None:
    assert words_for(Outcome.GRANTED, Reason.NOT_LIVE) == GRANTED
    assert words_for(Outcome.GRANTED, None) == GRANTED
    assert words_for(Outcome.GRANTED, Reason.FIRE) == REASONS[Reason.FIRE]
    assert words_for(Outcome.DENIED, Reason.NOT_LIVE) == REASONS[Reason.NOT_LIVE]


def test_every_outcome_has_a_shape_of_its_own() -> None:
    assert {shape_of(outcome) for outcome in Outcome} == set(Shape)
