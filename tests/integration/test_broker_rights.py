"""A gate speaks of itself and hears what is said to it: on both brokers, against a hostile client."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin.dispatch.announcer import MqttAnnouncer
from admin.dispatch.broker import BrokerUser, Rights
from admin.dispatch.broker_access import settle_users
from admin.settings import BrokerSettings
from contracts.topics import HAVE, PASSAGE, RECEIPT, STATE, TOPICS, WANT
from tests.integration.brokers import PASSWORD, Papers, until
from tests.integration.running import House, Speaker

pytestmark = pytest.mark.real
Opened = Callable[[Speaker], Speaker]
CONNECT = bytes.fromhex("100d00044d5154540402003c000178")  # MQTT 3.1.1, clean session, client id "x", no name
CONNACK = 0x20


def test_a_gate_publishes_its_own_topics_and_hears_its_own(house: House, opened: Opened) -> None:
    secrets = house.add_gate("gate-a")
    gate = opened(house.speaker(secrets))
    ingest = opened(house.somebody("ingest"))
    dispatch = opened(house.somebody("dispatch"))
    assert all(ingest.subscribe(topic.everywhere) for topic in TOPICS if topic.way == "from gate")
    assert all(
        gate.subscribe(topic.at(house.compound, secrets.gate)) for topic in TOPICS if topic.way == "to gate"
    )
    for topic in (STATE, HAVE, PASSAGE):
        gate.say(topic.at(house.compound, secrets.gate), topic.name.encode(), topic.retain)
        assert ingest.hear().payload == topic.name.encode()
    ingest.say(RECEIPT.at(house.compound, secrets.gate), b"receipt", retain=True)
    assert gate.hear().payload == b"receipt"
    dispatch.say(WANT.at(house.compound, secrets.gate), b"want", retain=True)
    assert gate.hear().payload == b"want"


def test_a_gate_can_neither_speak_for_another_gate_nor_hear_it(house: House, opened: Opened) -> None:
    mine, theirs = house.add_gate("gate-a"), house.add_gate("gate-b")
    hostile = opened(house.speaker(mine))
    victim = opened(house.speaker(theirs))
    ingest = opened(house.somebody("ingest"))
    for topic in TOPICS:
        if topic.way == "from gate":
            ingest.subscribe(topic.everywhere)
        else:
            victim.subscribe(topic.at(house.compound, theirs.gate))
    for topic in TOPICS:
        hostile.say(topic.at(house.compound, theirs.gate), b"forged", topic.retain)
        if topic.way == "to gate":
            hostile.say(topic.at(house.compound, mine.gate), b"forged", topic.retain)
    for inner in ("$MQTT/rmsgs/", "$MQTT/msgs/", "$MQTT/sub/", "$JS/API/"):
        hostile.say(f"{inner}kaimen/v1/wutong/gate-b/want", b"forged", retain=True)
    for wide in (
        "#",
        "kaimen/#",
        "kaimen/v1/+/+/want",
        "kaimen/v1/wutong/*/want",
        "kaimen/v1/wutong/>",
        "kaimen/v1/wutong/gate-b/want",
        "kaimen/v1/wutong/gate-b/#",
        "$MQTT/#",
        "$MQTT/rmsgs/#",
        "$MQTT/msgs/#",
        "$JS/#",
        "$SYS/#",
    ):
        hostile.subscribe(wide)  # Mosquitto grants any filter and delivers nothing; what counts is what comes
    dispatch = opened(house.somebody("dispatch"))
    dispatch.say(WANT.at(house.compound, theirs.gate), b"for b alone", retain=True)
    victim_heard = [victim.hear()]
    opened(house.speaker(theirs)).say(PASSAGE.at(house.compound, theirs.gate), b"by b alone")
    assert ingest.hear().payload == b"by b alone"
    assert [one.payload for one in (*victim_heard, *victim.heard())] == [b"for b alone"]
    assert [*hostile.heard(), *ingest.heard()] == []


def test_ingest_can_send_nothing_but_receipts_and_dispatch_nothing_but_wants(
    house: House, opened: Opened
) -> None:
    secrets = house.add_gate("gate-a")
    gate = opened(house.speaker(secrets))
    for topic in (RECEIPT, WANT):
        gate.subscribe(topic.at(house.compound, secrets.gate))
    ingest = opened(house.somebody("ingest"))
    dispatch = opened(house.somebody("dispatch"))
    ingest.say(WANT.at(house.compound, secrets.gate), b"forged", retain=True)
    dispatch.say(RECEIPT.at(house.compound, secrets.gate), b"forged", retain=True)
    dispatch.say(WANT.at(house.compound, secrets.gate), b"want", retain=True)
    assert gate.hear().payload == b"want"
    assert list(gate.heard()) == []


def test_a_revoked_gate_is_cut_off_at_once_and_does_not_come_back(certified: House, opened: Opened) -> None:
    secrets, other = certified.add_gate("gate-a"), certified.add_gate("gate-b")
    gate, neighbour = opened(certified.speaker(secrets)), opened(certified.speaker(other))
    certified.broker.access.revoke(secrets.broker.name)
    until(lambda: gate.ended == 1, seconds=2.0)
    until(lambda: gate.turned_away)  # it has tried again, with its certificate and its password
    again = BrokerUser(secrets.broker.name, "another-password", secrets.broker.rights)
    certified.broker.access.grant(again)
    fresh = opened(certified.somebody(again.name, again.password))
    returned = certified.speaker(secrets).knock()
    returned.close()
    assert returned.turned_away
    assert (gate.ended, neighbour.ended, neighbour.connected) == (1, 0, True)
    assert fresh.subscribe(WANT.at(certified.compound, secrets.gate))


def test_nobody_comes_without_a_certificate_of_the_authority(certified: House, tmp_path: Path) -> None:
    secrets = certified.add_gate("gate-a")
    assert certified.broker.papers is not None
    ours, theirs = certified.broker.papers, Papers(tmp_path / "theirs")
    stranger = ours.context(None)
    stranger.load_cert_chain(*theirs.client(secrets.broker.name))
    as_server = ours.context(None)
    as_server.load_cert_chain(ours.folder / "server.crt", ours.folder / "server.key")
    for trust in (ours.context(None), stranger, as_server):
        with pytest.raises(OSError, match=r"(?i)certificate|alert|eof|reset|closed"):
            _greet(certified.broker.port, trust)
    assert _greet(certified.broker.port, ours.context(secrets.broker.name))[0] == CONNACK
    in_clear = Speaker(certified.broker.port, secrets.broker.name, secrets.broker.password)
    in_clear.client.on_disconnect = lambda *_: setattr(in_clear, "turned_away", True)
    in_clear.knock().close()
    assert not in_clear.connected


def test_with_certificates_a_gate_reaches_its_own_topics_and_nothing_else(
    certified: House, opened: Opened
) -> None:
    """Neither another gate's topics, nor the server's, nor those by which the broker itself is ruled."""
    mine, theirs = certified.add_gate("gate-a"), certified.add_gate("gate-b")
    hostile, victim = opened(certified.speaker(mine)), opened(certified.speaker(theirs))
    ingest = opened(certified.somebody("ingest"))
    for topic in TOPICS:
        if topic.way == "from gate":
            ingest.subscribe(topic.everywhere)
        else:
            victim.subscribe(topic.at(certified.compound, theirs.gate))
    deletion = b'{"commands": [{"command": "deleteClient", "username": "gate-gate-b"}]}'
    for ruling in (
        "$CONTROL/dynamic-security/v1",
        "$CONTROL/other",
        "$SYS/broker/log",
        "$JS/API/STREAM/DELETE/x",
    ):
        hostile.say(ruling, deletion)
    for topic in TOPICS:
        hostile.say(topic.at(certified.compound, theirs.gate), b"forged", topic.retain)
    for wide in ("#", "+/#", "$CONTROL/#", "$SYS/#", "kaimen/v1/+/+/passage", "kaimen/v1/wutong/gate-b/want"):
        hostile.subscribe(wide)
    opened(certified.somebody("dispatch")).say(
        WANT.at(certified.compound, theirs.gate), b"for b", retain=True
    )
    assert victim.hear().payload == b"for b"
    victim.say(PASSAGE.at(certified.compound, theirs.gate), b"by b")
    assert ingest.hear().payload == b"by b"
    assert [*hostile.heard(), *victim.heard(), *ingest.heard()] == []
    assert victim.ended == 0


def test_a_gate_of_an_older_release_gets_the_rights_of_this_one_and_a_stranger_loses_its_own(
    certified: House, opened: Opened
) -> None:
    secrets, kept = certified.add_gate("gate-a"), certified.add_gate("gate-b")
    old = Rights(secrets.broker.rights.publish[:1], secrets.broker.rights.subscribe[:1])
    certified.broker.access.grant(BrokerUser(secrets.broker.name, secrets.broker.password, old))
    certified.broker.access.grant(BrokerUser("gate-forgotten", "a-password", old))
    neighbour = opened(certified.speaker(kept))
    for _ in range(2):
        settle_users(certified.broker.access, certified.engine, datetime.now(UTC))
    gate = opened(certified.speaker(secrets))
    assert all(
        gate.subscribe(topic.at(certified.compound, secrets.gate))
        for topic in TOPICS
        if topic.way == "to gate"
    )
    assert certified.broker.access.users() == {"ingest", "dispatch", kept.broker.name, secrets.broker.name}
    assert neighbour.ended == 0


def test_a_wrong_password_and_no_password_are_turned_away(house: House) -> None:
    secrets = house.add_gate("gate-a")
    for user, password in ((secrets.broker.name, "wrong"), ("", "")):
        intruder = house.somebody(user, password).knock()
        intruder.close()
        assert intruder.turned_away
        assert not intruder.connected


def test_another_user_under_the_client_id_of_ingest_hears_nothing(house: House, opened: Opened) -> None:
    mine, theirs = house.add_gate("gate-a"), house.add_gate("gate-b")
    ingest = opened(house.somebody("ingest"))
    ingest.subscribe(PASSAGE.everywhere)
    thief = opened(house.speaker(mine, client_id="ingest"))
    opened(house.speaker(theirs)).say(PASSAGE.at(house.compound, theirs.gate), b"by b alone")
    mine_again = opened(house.somebody("ingest", client_id="another"))
    assert mine_again.subscribe(PASSAGE.everywhere)
    assert list(thief.heard()) == []


def test_a_gate_cannot_end_the_connection_of_dispatch_by_its_name(
    house: House, opened: Opened, tmp_path: Path
) -> None:
    secrets, password = house.add_gate("gate-a"), tmp_path / "dispatch.secret"
    password.write_text(PASSWORD)
    settings = BrokerSettings(port=house.broker.port, username="dispatch", password_file=password)
    if house.broker.papers:
        settings = house.broker.papers.settings(house.broker.port, "dispatch", password)
    announcer = MqttAnnouncer(settings)
    announcer.open()
    try:
        until(lambda: announcer.connection > 0)
        before = announcer.connection
        opened(house.speaker(secrets, client_id="dispatch"))
        gate = opened(house.speaker(secrets))
        gate.subscribe(WANT.at(house.compound, secrets.gate))
        announcer.publish(WANT.at(house.compound, secrets.gate), b"want")
        assert gate.hear().payload == b"want"
        assert announcer.connection == before
    finally:
        announcer.close()


def _greet(port: int, trust: ssl.SSLContext) -> bytes:
    """What the broker answers to a greeting; raises OSError where TLS does not come about."""
    with (
        socket.create_connection(("127.0.0.1", port), 5) as line,
        trust.wrap_socket(line, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(CONNECT)
        answer = secure.recv(16)
        if not answer:
            raise ConnectionResetError("closed")
        return answer
