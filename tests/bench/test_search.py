"""The measurement of a search says what it searched."""

from pathlib import Path

import pytest

from bench.replaced import WHOLE, growth_to, write_versions
from bench.search import measure

MOST_GROWTH = 2.2  # times the raw templates


@pytest.mark.real
def test_a_small_gallery_is_searched_in_float32_and_everybody_is_found() -> None:
    found = measure(500)
    assert (found.people, found.templates, found.dtype, found.found) == (500, 1000, "float32", 1.0)
    assert found.search_p50_ms > 0


@pytest.mark.real
def test_a_gate_that_replaces_its_roster_grows_by_little_more_than_the_new_templates(tmp_path: Path) -> None:
    """The roster's whole way, wholes and steps alike. Ten megabytes of templates: fixed costs are a tenth of that."""
    write_versions(tmp_path, 5_000)
    measured = growth_to(WHOLE, tmp_path, "disk"), growth_to(4, tmp_path)
    assert all(1.0 < each <= MOST_GROWTH for each in measured), measured
