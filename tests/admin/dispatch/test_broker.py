"""The broker's files: who is in them, and that nothing can be smuggled in by a name."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import Audit, Gate, Place
from admin.db.tables.gates import NO_CREDENTIAL
from admin.dispatch.broker import (
    BrokerNotReached,
    BrokerUser,
    Rights,
    dispatch_rights,
    gate_rights,
    ingest_rights,
    settle,
)
from admin.dispatch.broker_access import JUST_ADDED, access_of, settle_users
from admin.dispatch.broker_mosquitto import first_users
from admin.dispatch.broker_nats import NatsAccess, reload
from admin.settings import MosquittoAccessSettings
from contracts.ids import CompoundId, GateId
from tests.admin.conftest import NOON, Town, a_gate

GATE = BrokerUser("gate-a", "secret", gate_rights(CompoundId("c"), GateId("a")))


def test_a_gates_rights_name_its_own_topics_without_a_wildcard() -> None:
    rights = GATE.rights
    assert set(rights.publish) == {
        f"kaimen/v1/c/a/{name}" for name in ("state", "health", "passage", "alarm", "have", "result")
    }
    assert set(rights.subscribe) == {
        f"kaimen/v1/c/a/{name}" for name in ("receipt", "want", "order", "standing")
    }


def test_ingest_sends_receipts_alone_and_dispatch_all_else() -> None:
    assert ingest_rights().publish == ("kaimen/v1/+/+/receipt",)
    said = tuple(f"kaimen/v1/+/+/{name}" for name in ("want", "order", "standing"))
    assert dispatch_rights() == Rights(said, ())


@pytest.mark.parametrize("name", ['a", password: "', "a\nuser b", "a b", ""])
def test_a_name_that_could_end_a_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="broker user"):
        BrokerUser(name, "secret", Rights((), ()))


def test_nats_allows_mqtt_alone_and_refuses_all_where_nothing_is_allowed(tmp_path: Path) -> None:
    access = NatsAccess(tmp_path, tmp_path / "no.pid")
    access.grant(BrokerUser("dispatch", "other", dispatch_rights()))
    access.grant(GATE)
    text = (tmp_path / "users.conf").read_text()
    assert text.count('allowed_connection_types: ["MQTT"]') == 2
    assert 'subscribe: {deny: [">"]}' in text
    assert '"kaimen.v1.*.*.want"' in text
    assert (tmp_path / "users.conf").stat().st_mode & 0o077 == 0
    access.revoke("gate-a")
    assert "gate-a" not in (tmp_path / "users.conf").read_text()


def test_a_change_that_changes_nothing_does_not_disturb_the_broker(tmp_path: Path) -> None:
    access = NatsAccess(tmp_path, tmp_path / "no.pid")
    access.grant(GATE)
    before = (tmp_path / "users.conf").stat().st_ino
    access.grant(GATE)
    access.renew({"gate-a": GATE.rights, "gate-b": GATE.rights})
    assert (tmp_path / "users.conf").stat().st_ino == before
    (tmp_path / "users.conf").unlink()
    access.renew({})
    assert "gate-a" in (tmp_path / "users.conf").read_text()


def test_rights_are_renewed_and_passwords_stay(tmp_path: Path) -> None:
    access = NatsAccess(tmp_path, tmp_path / "no.pid")
    access.grant(GATE)
    access.renew({"gate-a": Rights(("new/topic",), ())})
    text = (tmp_path / "users.conf").read_text()
    assert '"new.topic"' in text
    assert "kaimen" not in text
    assert 'password: "secret"' in text


class Known:
    """A list of users in memory."""

    def __init__(self, *names: str) -> None:
        self.rights = dict.fromkeys(names, Rights((), ()))

    def grant(self, user: BrokerUser) -> None:
        self.rights[user.name] = user.rights

    def revoke(self, name: str) -> None:
        del self.rights[name]

    def users(self) -> frozenset[str]:
        return frozenset(self.rights)

    def renew(self, rights: Mapping[str, Rights]) -> None:
        self.rights |= rights


def test_users_are_brought_in_line_with_the_register() -> None:
    access = Known("ingest", "witness", "gate-a", "gate-gone")
    absent = settle(access, lambda: {"ingest": ingest_rights(), "gate-a": GATE.rights, "gate-b": GATE.rights})
    assert absent == {"gate-b"}
    assert access.rights == {"ingest": ingest_rights(), "witness": Rights((), ()), "gate-a": GATE.rights}


@pytest.mark.promise(8)
def test_a_gate_that_was_ended_after_the_backup_put_back_stays_out(engine: Engine, town: Town) -> None:
    """The register has forgotten its end; the broker has not."""
    later = NOON + JUST_ADDED + timedelta(seconds=1)
    with writing(engine) as session:
        session.get_one(Gate, town.gates[0]).added_at = NOON
        compound = session.get_one(Place, town.compound)
        a_gate(session, compound, "gate-new").added_at = later  # not granted yet
    for _ in range(2):
        settle_users(Known("ingest", "dispatch"), engine, later)
    with reading(engine) as session:
        assert session.get_one(Gate, town.gates[0]).credential_hash == NO_CREDENTIAL
        assert session.get_one(Gate, "gate-new").credential_hash != NO_CREDENTIAL
        assert session.scalars(select(Audit.act)).all() == ["gate_shut_out"]


def test_a_gate_granted_while_the_register_is_read_is_no_stranger() -> None:
    access = Known("gate-a")

    def registered() -> Mapping[str, Rights]:
        access.grant(BrokerUser("gate-b", "secret", GATE.rights))
        return {"gate-a": GATE.rights}

    settle(access, registered)
    assert set(access.rights) == {"gate-a", "gate-b"}


def test_a_new_mosquitto_knows_its_users_by_hashes_and_lets_the_keeper_rule_alone() -> None:
    file = first_users([BrokerUser("ingest", "secret", ingest_rights())], "keeper-secret")
    assert b"secret" not in file
    told = json.loads(file)
    assert told["defaultACLAccess"] | {"unsubscribe": False} == dict.fromkeys(told["defaultACLAccess"], False)
    ingest, keeper = told["clients"]
    made = hashlib.pbkdf2_hmac("sha512", b"secret", b64decode(ingest["salt"]), ingest["iterations"])
    assert (ingest["username"], made) == ("ingest", b64decode(ingest["password"]))
    assert keeper["roles"] == [{"rolename": "keeper"}]
    topics = [{acl["topic"] for acl in role["acls"]} for role in told["roles"]]
    assert not any(topic.startswith("$CONTROL") for topic in topics[0])
    assert all(topic.startswith("$CONTROL/dynamic-security/") for topic in topics[1])


@pytest.mark.real
def test_no_broker_stops_a_change_with_the_reason_and_dispatch_starts_without(
    tmp_path: Path, engine: Engine
) -> None:
    (tmp_path / "keeper.secret").write_text("secret")
    settings = MosquittoAccessSettings(
        kind="mosquitto", port=1, username="keeper", password_file=tmp_path / "keeper.secret"
    )
    with pytest.raises(BrokerNotReached, match="refused"):
        access_of(settings).revoke("gate-a")
    settle_users(access_of(settings), engine, NOON)


def test_a_process_id_that_has_a_new_owner_is_left_alone(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text("1")  # not the broker; SIGHUP would reach whatever runs as 1
    reload(pid_file, b"nats-server")
    reload(tmp_path / "absent", b"nats-server")
    pid_file.write_text("not a number")
    reload(pid_file, b"nats-server")
