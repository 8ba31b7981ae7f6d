"""Intervals as tables of statistics give them."""

import pytest

from enrollment.confidence import upper_bound


@pytest.mark.parametrize(("hits", "tries", "bound"), [(0, 100, 0.0295), (5, 1146, 0.0091), (3, 10, 0.6066)])
def test_the_upper_bound_is_clopper_and_pearsons(hits: int, tries: int, bound: float) -> None:
    assert upper_bound(hits, tries) == pytest.approx(bound, abs=2e-4)
