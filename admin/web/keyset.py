"""A place in a long list as an address carries it: the moment and the id of the row it goes on from."""

from datetime import datetime
from uuid import UUID

SEPARATOR = "~"


def written(at: datetime, row: UUID) -> str:
    return f"{at.isoformat()}{SEPARATOR}{row}"


def read(text: str | None) -> tuple[datetime, UUID] | None:
    """None for what this server did not write."""
    at, _, row = (text or "").partition(SEPARATOR)
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(row)) if moment.tzinfo is not None else None
    except ValueError:
        return None
