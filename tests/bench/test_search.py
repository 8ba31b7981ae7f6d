"""The measurement of a search says what it searched."""

import json

import pytest

from bench.search import run


@pytest.mark.real
def test_a_small_gallery_is_searched_in_float32_and_everybody_is_found() -> None:
    found = json.loads(run(500))
    assert (found["people"], found["templates"], found["dtype"], found["found"]) == (
        500,
        1000,
        "float32",
        1.0,
    )
    assert found["search_p50_ms"] > 0
