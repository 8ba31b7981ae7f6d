"""Reports as the worker keeps them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from admin.db.calibration import Report, keep
from tests.admin.conftest import NOON


def a_report(pair: tuple[str, str] | None = None, gate: str = "gate-main", **changed: Any) -> Report:
    """Eighty people, six strangers; `pair` are the ids of two who look alike, the first to be enrolled again."""
    closest = [] if pair is None else [{"first": pair[0], "second": pair[1], "distance": 0.41}]
    outliers = [] if pair is None else [an_outlier(*pair)]
    rate = {"value": 0.3, "low": 0.1, "high": 0.9}
    plain: dict[str, Any] = {
        "model": "yunet-sface-resnet.2",
        "people": 80,
        "templates": 81,
        "fewest": 50,
        "mistakes": 0,
        "doors": [a_door(gate, rate)],
        "likeness": {
            "near": 0.58,
            "closest": closest,
            "outliers": outliers,
            "same": {"start": 0.3, "step": 0.02, "counts": [1, 3, 1]},
            "missed": None,
        },
        "measured": {
            "different": {"start": 0.6, "step": 0.02, "counts": [1, 0, 12, 340, 2100, 3200, 600, 67]},
            "held_out": {"hits": 0, "tries": 80, "at_most": 0.0368},
            "false_accepts": rate,
        },
        "advice": {"step": "keep", "why": "within", "target_fpir": 0.001},
    }
    return Report.model_validate({**plain, **changed})


def too_few(gate: str = "gate-main") -> Report:
    """A compound where one person is enrolled."""
    likeness = {"near": 0.67, "closest": [], "outliers": [], "same": None, "missed": None}
    return a_report(
        people=1,
        templates=1,
        doors=[{**a_door(gate, None), "people": 1}],
        likeness=likeness,
        measured=None,
        advice={"step": "keep", "why": "too_few", "target_fpir": 0.001},
    )


def a_door(gate: str, rate: dict[str, float] | None) -> dict[str, Any]:
    fpir = None if rate is None else {"value": 0.001, "low": 0.0003, "high": 0.003}
    return {
        "gate": gate,
        "people": 80,
        "seen": 60,
        "days": 30,
        "target_fpir": 0.001,
        "distance": 0.58,
        "margin": 0.06,
        "fpir": fpir,
        "false_accepts": rate,
    }


def an_outlier(person: str, other: str) -> dict[str, Any]:
    return {"person": person, "kind": "like_another", "other": other, "distance": 0.41, "own": None}


def kept(session: Session, compound: int, report: Report, at: datetime = NOON) -> None:
    keep(session, compound, report, at)
    session.flush()
