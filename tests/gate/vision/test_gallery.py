"""A gallery refuses what could make a match mean nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from gate.vision.errors import BadTemplate, ModelMismatch
from gate.vision.gallery import Gallery, Template

EYE = ModelId("eye.1")
ANN, BEN = PersonId("ann"), PersonId("ben")


def rows(*values: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_a_person_with_two_pictures_is_one_person() -> None:
    gallery = Gallery.of(EYE, [ANN, BEN, ANN], rows((1, 0), (0, 1), (1, 0.1)))
    assert len(gallery) == 2
    assert gallery.owners.tolist() == [0, 1, 0]
    assert gallery.matrix.flags.c_contiguous


def test_templates_of_another_model_are_refused() -> None:
    with pytest.raises(ModelMismatch, match=r"made by eye\.2; the gate runs eye\.1"):
        Gallery.from_templates(EYE, [Template(ANN, ModelId("eye.2"), rows((1, 0))[0])])
    with pytest.raises(ModelMismatch):
        Gallery.empty(EYE).serves(ModelId("eye.2"))
    Gallery.empty(EYE).serves(EYE)


@pytest.mark.parametrize(
    "matrix",
    [
        rows((1, float("nan"))),
        rows((float("inf"), 0)),
        rows((0, 0)),
        rows((1, 0)).astype(np.float64),
        rows((1, 0))[0],
        rows((1, 0), (0, 1)),
    ],
)
def test_nan_zero_float64_and_missing_people_are_refused(matrix: NDArray[np.float32]) -> None:
    with pytest.raises(BadTemplate):
        Gallery.of(EYE, [ANN], matrix)


def test_templates_of_unequal_length_are_refused() -> None:
    short, long = rows((1, 0))[0], rows((1, 0, 0))[0]
    with pytest.raises(BadTemplate, match="length"):
        Gallery.from_templates(EYE, [Template(ANN, EYE, short), Template(BEN, EYE, long)])


def test_a_gallery_of_single_templates_equals_one_of_a_matrix() -> None:
    matrix = rows((1, 0), (0, 1))
    single = Gallery.from_templates(EYE, [Template(ANN, EYE, matrix[0]), Template(BEN, EYE, matrix[1])])
    assert single.people == Gallery.of(EYE, [ANN, BEN], matrix).people
    assert np.array_equal(single.matrix, matrix)
    assert len(Gallery.from_templates(EYE, [])) == 0


@pytest.mark.promise(9)
def test_neither_a_template_nor_a_gallery_prints_its_numbers() -> None:
    template = Template(ANN, EYE, rows((0.123456, 0))[0])
    assert "0.12" not in repr(template)
    assert "0.12" not in repr(Gallery.from_templates(EYE, [template]))


def test_a_gallery_cannot_be_written_to() -> None:
    gallery = Gallery.of(EYE, [ANN], rows((1, 0)))
    with pytest.raises(ValueError, match="read-only"):
        gallery.matrix[0, 0] = 2


def test_people_who_are_taken_for_each_other_are_known_both_ways() -> None:
    cat = PersonId("cat")
    matrix = rows((1, 0), (1, 0.1), (0, 1), (1, 1))
    gallery = Gallery.of(EYE, [ANN, ANN, BEN, cat], matrix, [(ANN, BEN), (cat, ANN)])
    assert gallery.confusable == {0: (1, 2), 1: (0,), 2: (0,)}


def test_a_pair_with_somebody_outside_the_gallery_is_refused() -> None:
    with pytest.raises(BadTemplate):
        Gallery.of(EYE, [ANN], rows((1, 0)), [(ANN, BEN)])
