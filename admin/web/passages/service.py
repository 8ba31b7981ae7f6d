"""Reading somebody's passages is itself on record, with why (DESIGN.md, promise 10)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Engine

from admin.catalogue import say_later as _l
from admin.db.session import writing
from admin.security.audit import Act, record
from admin.security.principals import Principal
from admin.web.passages.filters import Wanted

# The trail keeps the code; it is read in either language.
PURPOSES: Final = {
    "resident_asked": _l("The resident asked"),
    "incident": _l("An incident is looked into"),
    "gate_trouble": _l("A gate does not work as it should"),
    "duty": _l("An authority asked in writing"),
}


def note_person_read(engine: Engine, by: Principal, wanted: Wanted, purpose: str, now: datetime) -> None:
    """Its own transaction, committed before the page is made: there is no reading without the entry."""
    details = {"since": wanted.time.since.isoformat(), "until": wanted.time.until.isoformat()}
    act = Act("passages_read", f"person:{wanted.person}", details, purpose)
    with writing(engine) as session:
        record(session, by, act, now)


def note_passage_read(engine: Engine, by: Principal, passage: UUID, purpose: str, now: datetime) -> None:
    with writing(engine) as session:
        record(session, by, Act("passage_read", f"passage:{passage}", purpose=purpose), now)
