"""The broker's users as the settings say they are kept, and as the register says they should be."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import Compound, Gate
from admin.db.tables.gates import NO_CREDENTIAL
from admin.dispatch.broker import (
    DISPATCH,
    INGEST,
    BrokerAccess,
    BrokerNotReached,
    Rights,
    dispatch_rights,
    gate_rights,
    ingest_rights,
    settle,
)
from admin.dispatch.broker_mosquitto import MosquittoAccess
from admin.dispatch.broker_nats import NatsAccess
from admin.security.audit import Act, record
from admin.security.client_id import GATE_USERS, gate_user_name
from admin.security.principals import process
from admin.settings import MosquittoAccessSettings, NatsAccessSettings
from contracts.ids import CompoundId, GateId

log = structlog.get_logger()

JUST_ADDED: Final = timedelta(minutes=10)  # between the register and the broker's users lie milliseconds


def access_of(settings: NatsAccessSettings | MosquittoAccessSettings) -> BrokerAccess:
    """The adapter for the broker there is."""
    if isinstance(settings, NatsAccessSettings):
        return NatsAccess(settings.folder, settings.pid_file)
    return MosquittoAccess(settings)


def settle_users(access: BrokerAccess, engine: Engine, now: datetime) -> None:
    """At each start: rights as of this release for every gate of the register, none for any other.

    A gate without a user was ended after the backup that the register was put back from: it is shut out here too. A
    broker that is not there yet stops nothing: gates keep what they have, and the next start tries again.
    """
    try:
        absent = settle(access, lambda: registered_rights(engine))
    except BrokerNotReached as trouble:
        log.warning("the broker's users were not brought in line", why=trouble.why)
        return
    for name in sorted(absent):
        log.warning("no such user at the broker; the gate must join again", user=name)
    _shut_out(engine, [name.removeprefix(GATE_USERS) for name in sorted(absent)], now)


def _shut_out(engine: Engine, gates: Iterable[str], now: datetime) -> None:
    """Their credentials are worth nothing until a box has joined again."""
    with writing(engine) as session:
        rows = session.scalars(
            select(Gate).where(
                Gate.id.in_(gates), Gate.added_at < now - JUST_ADDED, Gate.credential_hash != NO_CREDENTIAL
            )
        )
        for gate in rows.all():
            gate.credential_hash = NO_CREDENTIAL
            record(session, process("dispatch"), Act("gate_shut_out", f"gate:{gate.id}"), now)


def registered_rights(engine: Engine) -> Mapping[str, Rights]:
    """By user name: the server's own processes, and gates that are not revoked."""
    gates = (
        select(Gate.id, Compound.wire_id)
        .join(Compound, Compound.place_id == Gate.compound_id)
        .where(Gate.revoked_at.is_(None))
    )
    with reading(engine) as session:
        rights = {
            gate_user_name(GateId(gate)): gate_rights(CompoundId(compound), GateId(gate))
            for gate, compound in session.execute(gates)
        }
    return {INGEST: ingest_rights(), DISPATCH: dispatch_rights(), **rights}
