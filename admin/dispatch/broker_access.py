"""The broker's users as the settings say they are kept, and as the register says they should be."""

from collections.abc import Mapping

import structlog
from sqlalchemy import Engine, select

from admin.db.session import reading
from admin.db.tables import Compound, Gate
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
from admin.security.client_id import gate_user_name
from admin.settings import MosquittoAccessSettings, NatsAccessSettings
from contracts.ids import CompoundId, GateId

log = structlog.get_logger()


def access_of(settings: NatsAccessSettings | MosquittoAccessSettings) -> BrokerAccess:
    """The adapter for the broker there is."""
    if isinstance(settings, NatsAccessSettings):
        return NatsAccess(settings.folder, settings.pid_file)
    return MosquittoAccess(settings)


def settle_users(access: BrokerAccess, engine: Engine) -> None:
    """At each start: rights as of this release for every gate of the register, none for any other.

    A broker that is not there yet stops nothing: gates keep what they have, and the next start tries again.
    """
    try:
        absent = settle(access, lambda: registered_rights(engine))
    except BrokerNotReached as trouble:
        log.warning("the broker's users were not brought in line", why=trouble.why)
        return
    for name in sorted(absent):
        log.warning("no such user at the broker; the gate must join again", user=name)


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
