"""What to do about the rate a gate is set to. Pure; the steps and limits are explained in docs/calibration.md."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from enrollment.confidence import Rate

RUNGS: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01)
"""Settings that are advised: finer ones differ by less than what can be measured."""
MOST_A_MONTH: Final = 1.0
"""False accepts a month, over all gates, above which a stricter setting is advised."""
MISSED: Final = 0.03
"""Share of people's own templates beyond the distance above which a looser setting is worth asking for: the FNIR
that the system is held to."""


class Step(StrEnum):
    """Which way to turn the target."""

    KEEP = "keep"
    LOWER = "lower"
    RAISE = "raise"


class Why(StrEnum):
    """What the advice stands on."""

    TOO_FEW = "too_few"  # nothing can be measured yet
    WITHIN = "within"  # at most one false accept a month, and residents are found
    OFTEN = "often"  # more than one false accept a month is to be expected
    MISTAKEN = "mistaken"  # somebody was taken for another: whatever else is measured, nothing is loosened
    MISSED = "missed"  # people's own templates lie too far apart for this setting, and strangers are rare


@dataclass(frozen=True, slots=True)
class Advice:
    """The rate to set as `target_fpir`; the present one where it is kept."""

    step: Step
    why: Why
    target_fpir: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a setting: false accepts a month, the share of own templates missed (None: not measured),
    and how often staff said that somebody was taken for another."""

    target_fpir: float
    false_accepts: Rate | None
    missed: float | None
    mistakes: int


def advise(now: Standing) -> Advice:
    """Never a looser setting after a mistake, and only one step looser at a time."""
    keep = now.target_fpir
    if now.false_accepts is None:
        return Advice(Step.KEEP, Why.TOO_FEW, keep)
    if now.false_accepts.value > MOST_A_MONTH:
        stricter = _stricter(keep, MOST_A_MONTH / now.false_accepts.value)
        return Advice(Step.LOWER if stricter < keep else Step.KEEP, Why.OFTEN, stricter)
    if now.mistakes:
        return Advice(Step.KEEP, Why.MISTAKEN, keep)
    looser = next((rung for rung in RUNGS if rung > keep * 1.001), keep)
    rare = now.false_accepts.high * looser / keep <= MOST_A_MONTH
    if now.missed is not None and now.missed > MISSED and rare and looser > keep:
        return Advice(Step.RAISE, Why.MISSED, looser)
    return Advice(Step.KEEP, Why.WITHIN, keep)


def _stricter(target: float, share: float) -> float:
    """The highest rung at most that share of the target; the lowest where none is."""
    below = [rung for rung in RUNGS if rung <= target * share]
    return below[-1] if below else min(target, RUNGS[0])
