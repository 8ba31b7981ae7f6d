"""What people read of a report."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.db.calibration import OutlierKind, Rate, Step, Why

OUTLIERS: Final[dict[OutlierKind, str]] = {
    OutlierKind.UNUSABLE: _l("A template that cannot be compared"),
    OutlierKind.NEARER_TO_ANOTHER: _l("Nearer to somebody else than to the own other pictures"),
    OutlierKind.LIKE_ANOTHER: _l("The only picture, and near somebody else's"),
    OutlierKind.FAR_FROM_OWN: _l("Unlike the own other pictures"),
}
STEPS: Final[dict[Step, str]] = {
    Step.KEEP: _l("Keep the setting of %(target)s"),
    Step.LOWER: _l("Make the setting stricter: %(target)s"),
    Step.RAISE: _l("The setting may be looser: %(target)s"),
}
REASONS: Final[dict[Why, str]] = {
    Why.TOO_FEW: _l(
        "Too few people are enrolled to measure; the gates use the distance that came with the software."
    ),
    Why.WITHIN: _l("At most one false accept a month is to be expected."),
    Why.OFTEN: _l("More than one false accept a month is to be expected."),
    Why.MISTAKEN: _l("Staff said that somebody was taken for another. Nothing is made looser after that."),
    Why.MISSED: _l(
        "Residents' own pictures often lie too far apart for this setting, and strangers are rare."
    ),
}
FAULTS: Final[dict[str, str]] = {
    "no_gate": _l(
        "No gate has reported yet, so there is nothing to measure by. Measure again when one is online."
    ),
    "unknown_model": _l(
        "The gates run a face model that this version has no figures for. Tell the operator."
    ),
    "trouble": _l("The measurement failed five times. Tell the operator; logs/worker.log says where."),
}
SMALLEST: Final = 0.01
SMALLEST_PERCENT: Final = 0.001
DIGITS: Final = ((2, 0.095), (1, 9.95))
"""So many digits below that figure."""


def figure(value: float) -> str:
    """0, <0.01, 0.03, 1.4, 12: as many digits as can be meant."""
    if value == 0:
        return "0"
    if value < SMALLEST:
        return f"<{SMALLEST}"
    digits = next((digits for digits, below in DIGITS if value < below), 0)
    return f"{value:.{digits}f}"


def percent(share: float) -> str:
    """0.1 %, 0.05 %, <0.001 %."""
    return f"<{SMALLEST_PERCENT} %" if 0 < share * 100 < SMALLEST_PERCENT else f"{share * 100:.2g} %"


def between(rate: Rate) -> str:
    """0.1–0.9: the interval; what cannot be told from nothing is 0."""
    return f"{'0' if rate.low < SMALLEST else figure(rate.low)}–{figure(rate.high)}"
