"""A gate speaks of itself and hears what is said to it: on both brokers, against a hostile client."""

from collections.abc import Callable
from pathlib import Path

import pytest

from admin.dispatch.announcer import MqttAnnouncer
from admin.settings import BrokerSettings
from contracts.topics import HAVE, PASSAGE, RECEIPT, STATE, TOPICS, WANT
from tests.integration.running import PASSWORD, House, Speaker, until

pytestmark = pytest.mark.real
Opened = Callable[[Speaker], Speaker]


def test_a_gate_publishes_its_own_topics_and_hears_its_own(house: House, opened: Opened) -> None:
    secrets = house.add_gate("gate-a")
    gate = opened(house.speaker(secrets))
    ingest = opened(Speaker(house.broker.port, "ingest", PASSWORD))
    dispatch = opened(Speaker(house.broker.port, "dispatch", PASSWORD))
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
    ingest = opened(Speaker(house.broker.port, "ingest", PASSWORD))
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
    dispatch = opened(Speaker(house.broker.port, "dispatch", PASSWORD))
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
    ingest = opened(Speaker(house.broker.port, "ingest", PASSWORD))
    dispatch = opened(Speaker(house.broker.port, "dispatch", PASSWORD))
    ingest.say(WANT.at(house.compound, secrets.gate), b"forged", retain=True)
    dispatch.say(RECEIPT.at(house.compound, secrets.gate), b"forged", retain=True)
    dispatch.say(WANT.at(house.compound, secrets.gate), b"want", retain=True)
    assert gate.hear().payload == b"want"
    assert list(gate.heard()) == []


def test_a_revoked_gate_is_cut_off_at_once_and_does_not_come_back(house: House, opened: Opened) -> None:
    secrets, other = house.add_gate("gate-a"), house.add_gate("gate-b")
    gate, neighbour = opened(house.speaker(secrets)), opened(house.speaker(other))
    house.broker.access.revoke(secrets.broker.name)
    until(lambda: gate.turned_away)
    assert neighbour.connected


def test_a_wrong_password_and_no_password_are_turned_away(house: House) -> None:
    secrets = house.add_gate("gate-a")
    for user, password in ((secrets.broker.name, "wrong"), ("", "")):
        intruder = Speaker(house.broker.port, user, password).knock()
        intruder.close()
        assert intruder.turned_away
        assert not intruder.connected


def test_another_user_under_the_client_id_of_ingest_hears_nothing(house: House, opened: Opened) -> None:
    mine, theirs = house.add_gate("gate-a"), house.add_gate("gate-b")
    ingest = opened(Speaker(house.broker.port, "ingest", PASSWORD))
    ingest.subscribe(PASSAGE.everywhere)
    thief = opened(Speaker(house.broker.port, mine.broker.name, mine.broker.password, client_id="ingest"))
    opened(house.speaker(theirs)).say(PASSAGE.at(house.compound, theirs.gate), b"by b alone")
    mine_again = opened(Speaker(house.broker.port, "ingest", PASSWORD, client_id="another"))
    assert mine_again.subscribe(PASSAGE.everywhere)
    assert list(thief.heard()) == []


def test_a_gate_cannot_end_the_connection_of_dispatch_by_its_name(
    house: House, opened: Opened, tmp_path: Path
) -> None:
    secrets, password = house.add_gate("gate-a"), tmp_path / "dispatch.secret"
    password.write_text(PASSWORD)
    settings = BrokerSettings(port=house.broker.port, username="dispatch", password_file=password)
    announcer = MqttAnnouncer(settings)
    announcer.open()
    try:
        until(lambda: announcer.connection > 0)
        before = announcer.connection
        opened(Speaker(house.broker.port, secrets.broker.name, secrets.broker.password, client_id="dispatch"))
        gate = opened(house.speaker(secrets))
        gate.subscribe(WANT.at(house.compound, secrets.gate))
        announcer.publish(WANT.at(house.compound, secrets.gate), b"want")
        assert gate.hear().payload == b"want"
        assert announcer.connection == before
    finally:
        announcer.close()
