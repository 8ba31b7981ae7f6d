"""Whose link this is. A link that is none, has ended, or was never made is one and the same: not found."""

import re
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables.people import Person
from admin.db.tables.places import Place
from admin.db.tables.visits import ResidentLink, Visit
from admin.security.permissions import RESIDENT, VISITOR
from admin.security.principals import Principal, PrincipalKind
from admin.security.scope import Scope
from admin.web.limits import Limit
from admin.web.visits.passes import hash_of

# Guessing 128 bits is hopeless; the limit keeps the attempt from costing us anything.
WRONG_LINKS: Final = Limit("wrong-link", 20, timedelta(minutes=15))
INVITATIONS: Final = Limit("invite", 20, timedelta(days=1))
# A pass that ended is still explained for a while, then its link is like one never made.
SHOWN_AFTER_END: Final = timedelta(days=7)
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


def visitor_behind(session: Session, secret: str, now: datetime) -> Principal | None:
    if not _SHAPE.fullmatch(secret):
        return None
    visit = session.scalars(select(Visit).where(Visit.link_hash == hash_of(secret))).one_or_none()
    if visit is None or visit.until + SHOWN_AFTER_END < now:
        return None
    return Principal(PrincipalKind.VISITOR, str(visit.id), Scope("-", visit_id=visit.id), VISITOR)


def resident_behind(session: Session, secret: str, now: datetime) -> Principal | None:
    if not _SHAPE.fullmatch(secret):
        return None
    row = session.execute(
        select(Person.id, Place.path)
        .join(ResidentLink, ResidentLink.person_id == Person.id)
        .join(Place, Place.id == Person.compound_id)
        .where(
            ResidentLink.secret_hash == hash_of(secret),
            ResidentLink.ended_at.is_(None),
            ResidentLink.until > now,
            Person.left_at.is_(None) | (Person.left_at > now),
        )
    ).one_or_none()
    if row is None:
        return None
    return Principal(PrincipalKind.RESIDENT, str(row.id), Scope(row.path, person_id=row.id), RESIDENT)
