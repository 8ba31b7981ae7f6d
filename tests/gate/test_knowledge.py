"""A roster becomes rights, gallery and threshold, all at once or not at all."""

import weakref

import numpy as np
import pytest

from contracts.ids import KeyId, ModelId, PersonId
from contracts.roster import (
    PassKey,
    Roster,
    RosterBody,
    RosterPair,
    RosterPerson,
    decode_roster_within,
    encode_roster,
)
from gate.access.rights import NO_RIGHTS
from gate.knowledge import Knowledge
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from tests.gate.at_the_gate import MODEL, WANG, a_roster


def knowing() -> Knowledge:
    return Knowledge(MODEL, lambda gallery: Threshold(1.0 - len(gallery) / 10, 0.1), lambda: False)


def a_body(values: list[float] | None = None, **changed: object) -> RosterBody:
    values = values or [1.0, 0.0, 0.0, 0.0]
    roster: Roster = a_roster().model_copy(update={"rows": [0] * (len(values) // 4), **changed})
    return RosterBody(roster, np.array(values, dtype="<f4").tobytes())


def test_before_the_first_roster_nobody_is_known() -> None:
    known = knowing()
    assert known.rights is NO_RIGHTS
    assert len(known.now.gallery) == 0
    assert known.now.place is None


def test_a_roster_brings_rights_gallery_names_and_a_threshold_for_its_size() -> None:
    known = knowing()
    assert known.apply(a_body([1, 0, 0, 0, 0, 1, 0, 0])) is None
    assert known.now.gallery.people == (WANG, WANG)
    assert known.now.rule.distance == pytest.approx(0.9)
    assert known.rights.version == 7
    assert known.now.place is not None
    assert known.now.place.gate_zh == "东门"


@pytest.mark.promise(6)
def test_who_is_taken_for_whom_reaches_the_gallery_by_their_rows() -> None:
    known = knowing()
    without_a_face, twin = RosterPerson(id=PersonId("li")), RosterPerson(id=PersonId("wang-2"))
    people = [without_a_face, RosterPerson(id=WANG), twin]
    body = a_body(
        [1, 0, 0, 0, 1, 0.2, 0, 0], people=people, rows=[2, 1], confusable=[RosterPair(one=1, other=2)]
    )
    assert known.apply(body) is None
    gallery = known.now.gallery
    assert gallery.people == (twin.id, WANG)
    assert gallery.confusable == {0: (1,), 1: (0,)}


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (a_body(model=ModelId("another")), "other_model"),
        (a_body([float("nan"), 0, 0, 0]), "bad_content"),
        (a_body([0.0, 0.0, 0.0, 0.0]), "bad_content"),
        (a_body(pass_keys=[PassKey(id=KeyId("k"), public="AAAA")]), "bad_content"),
    ],
)
def test_a_roster_that_cannot_be_used_leaves_the_one_before(body: RosterBody, trouble: str) -> None:
    known = knowing()
    known.apply(a_body())
    before = known.now
    assert known.apply(body) == trouble
    assert known.now is before


def test_a_roster_without_faces_serves_a_gate_of_pins_whatever_the_model() -> None:
    known = knowing()
    roster = a_roster().model_copy(update={"model": ModelId("another")})
    assert known.apply(RosterBody(roster, b"")) is None
    assert known.rights.people


@pytest.mark.parametrize("gate", ["e", "ea", "eas", "east"])  # heads of every length modulo four
def test_templates_that_were_read_in_place_are_the_gallery_themselves(gate: str) -> None:
    body = a_body([1, 0, 0, 0, 0, 1, 0, 0], gate=gate)
    content = bytearray(encode_roster(body))
    known = knowing()
    known.apply(decode_roster_within(memoryview(content)))
    matrix = known.now.gallery.matrix
    assert np.shares_memory(matrix, np.frombuffer(content, dtype=np.uint8))
    assert matrix.flags.aligned  # else each search would copy it
    assert matrix.tobytes() == body.templates


@pytest.mark.promise(9)
@pytest.mark.promise(12)
def test_after_the_next_roster_nothing_holds_the_one_before() -> None:
    known = knowing()
    known.apply(a_body([1, 0, 0, 0, 0, 1, 0, 0]))
    before = weakref.ref(known.now.gallery.matrix)
    known.apply(a_body([0, 1, 0, 0]))
    assert before() is None


@pytest.mark.promise(8)
def test_who_lost_their_rights_is_refused_while_the_threshold_is_still_measured() -> None:
    seen: list[bool] = []

    def measured(gallery: Gallery) -> Threshold:
        if len(gallery):
            seen.append(WANG in known.rights.people)
        return Threshold(0.5, 0.1)

    known = Knowledge(MODEL, measured, lambda: False)
    known.apply(a_body())
    other = RosterPerson(id=PersonId("li"))
    known.apply(a_body(people=[other]))
    assert seen == [True, False]
