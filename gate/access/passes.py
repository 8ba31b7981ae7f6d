"""Visitors' passes: what speaks against one, here and now."""

from datetime import datetime

from contracts.words import Reason
from gate.access.claim import ShownPass, Use
from gate.access.rights import Rights


def objection(shown: ShownPass, rights: Rights, used: int, now: datetime) -> Reason | None:
    """What the gate itself holds against a pass, before any server is asked; None where nothing.

    `used` counts uses made at this gate; the roster may know of more, made elsewhere.
    """
    row = rights.passes.get(shown.pass_id)
    if row is not None and row.cancelled:
        return Reason.CANCELLED
    if not shown.here:
        return Reason.WRONG_GATE
    # The roster is newer than a code printed yesterday: a window or a number of uses changed since counts.
    window = row or shown
    if now < window.since:
        return Reason.TOO_EARLY
    if now >= window.until:
        return Reason.EXPIRED
    elsewhere = row.used if row else 0
    return Reason.SPENT if max(used, elsewhere) >= window.uses else None


def server_objection(shown: ShownPass, use: Use) -> Reason | None:
    """What stands against a pass once the server was asked for a use, or could not be."""
    if use.reached:
        return use.refused
    return None if shown.home else Reason.UNCONFIRMED
