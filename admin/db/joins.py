"""How long codes for new gates live. Pure: now is handed in."""

from datetime import datetime, timedelta
from typing import Final

from admin.db.tables.joins import GateJoin, JoinStep

CODE_LASTS: Final = timedelta(minutes=15)
CONFIRM_WITHIN: Final = timedelta(hours=24)
"""From a box's coming to its admission. Also a confirmation ends: a register put back from a backup admits nobody."""

KEY_PURPOSE: Final = "join key"
CODE_PURPOSE: Final = "join code"
"""What a code's key is sealed to dispatch for, and its text to web."""

UNDER_WAY: Final = frozenset({JoinStep.OPEN, JoinStep.ASKED, JoinStep.CHECKED, JoinStep.CONFIRMED})


def step_at(row: GateJoin, now: datetime) -> JoinStep:
    """How far the code has come, whether or not dispatch has written down that its time is over."""
    step = JoinStep(row.step)
    return JoinStep.EXPIRED if step in UNDER_WAY and row.ends_at <= now else step
