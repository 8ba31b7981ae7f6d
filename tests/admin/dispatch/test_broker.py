"""The broker's files: who is in them, and that nothing can be smuggled in by a name."""

import hashlib
from base64 import b64decode
from pathlib import Path

import pytest

from admin.dispatch.broker import (
    BrokerUser,
    MosquittoAccess,
    NatsAccess,
    Rights,
    dispatch_rights,
    gate_rights,
    ingest_rights,
    reload,
)
from contracts.ids import CompoundId, GateId

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


def test_mosquitto_keeps_a_hash_of_the_password(tmp_path: Path) -> None:
    MosquittoAccess(tmp_path, tmp_path / "no.pid").grant(GATE)
    name, hashed = (tmp_path / "passwords").read_text().strip().split(":")
    _, kind, rounds, salt, digest = hashed.split("$")
    made = hashlib.pbkdf2_hmac("sha512", b"secret", b64decode(salt), int(rounds))
    assert (name, kind, made) == ("gate-a", "7", b64decode(digest))
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.iterdir())
    assert "topic read kaimen/v1/c/a/want" in (tmp_path / "acl").read_text()


def test_a_process_id_that_has_a_new_owner_is_left_alone(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text("1")  # not the broker; SIGHUP would reach whatever runs as 1
    reload(pid_file, b"nats-server")
    reload(tmp_path / "absent", b"nats-server")
    pid_file.write_text("not a number")
    reload(pid_file, b"nats-server")
