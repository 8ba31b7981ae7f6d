"""Links leave in order, in a window, and again until the server's receipt: a PUBACK is not one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.alarm import AlarmV1
from contracts.ids import EpochId
from contracts.passage import PassageV1
from contracts.receipt import Missing, Receipt
from contracts.topics import PASSAGE, Topic
from contracts.wire import Message
from contracts.words import AlarmKind
from gate.mqtt.link import Link, LinkSettings
from gate.mqtt.sender import WINDOW, Patience, Sender
from gate.store.journal import Journal, NoRecord
from tests.brokers import Broker
from tests.gate.mqtt.conftest import USERS, ServerSide
from tests.gate.mqtt.test_link import COMPOUND, GATE, WILL, Up
from tests.gate.store.journals import BOOT, MORNING, NOBODY, a_journal, a_receipt, a_refusal


class FakeLink:
    """Takes everything while it is up; says nothing about what became of it."""

    def __init__(self) -> None:
        self.is_up = True
        self.full_after = 10_000
        self.sent: list[PassageV1] = []

    def publish(self, topic: Topic, payload: Message) -> bool:
        if len(self.sent) >= self.full_after:
            return False
        assert payload.encode()
        self.sent.append(payload)  # type: ignore[arg-type]
        return True

    def taken(self) -> list[int]:
        """The seqs sent since the last look."""
        seqs, self.sent = [link.seq for link in self.sent], []
        return seqs


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return a_journal(tmp_path / "journal.sqlite3")


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


def write(journal: Journal, count: int) -> list[PassageV1]:
    return [journal.write_passage(NOBODY, a_refusal()) for _ in range(count)]


def test_links_leave_in_order_and_once(journal: Journal, link: FakeLink) -> None:
    write(journal, 3)
    sender = Sender(journal, link)
    sender.step(0.0)
    assert link.taken() == [1, 2, 3, 4]
    write(journal, 1)
    sender.step(1.0)
    assert link.taken() == [5]


@pytest.mark.promise(2)
def test_a_link_is_sent_again_until_it_is_receipted(journal: Journal, link: FakeLink) -> None:
    (passage,) = write(journal, 1)
    sender = Sender(journal, link)
    assert sender.step(0.0) == 10.0
    assert link.taken() == [1, 2]
    sender.step(9.9)
    assert link.taken() == []
    sender.step(10.0)
    assert link.taken() == [1, 2]
    sender.take(a_receipt(passage.place))
    sender.step(11.0)
    sender.step(1000.0)
    assert link.taken() == []
    assert journal.unsent_count() == 0


@pytest.mark.promise(2)
def test_a_receipt_with_another_hash_releases_nothing(journal: Journal, link: FakeLink) -> None:
    one, two = write(journal, 2)
    sender = Sender(journal, link)
    sender.take(a_receipt(two.place.model_copy(update={"hash": one.hash})))
    sender.step(0.0)
    assert journal.unsent_count() == 3


def test_at_most_a_window_is_under_way(journal: Journal, link: FakeLink) -> None:
    passages = write(journal, WINDOW + 50)
    sender = Sender(journal, link)
    sender.step(0.0)
    sender.step(1.0)
    assert link.taken() == list(range(1, WINDOW + 1))
    sender.take(a_receipt(passages[9].place))  # seq 11
    sender.step(2.0)
    assert link.taken() == list(range(WINDOW + 1, WINDOW + 12))


def test_links_that_are_never_receipted_do_not_stop_the_ones_behind(journal: Journal, link: FakeLink) -> None:
    write(journal, WINDOW + 5)
    sender = Sender(journal, link)
    sender.step(0.0)
    link.taken()
    sender.step(10.0)
    assert link.taken() == list(range(WINDOW + 1, WINDOW + 7))
    sender.step(40.0)
    assert link.taken() == list(range(1, WINDOW + 1))


def test_patience_grows_while_nothing_is_heard_and_returns_with_a_receipt(
    journal: Journal, link: FakeLink
) -> None:
    passages = write(journal, 2)
    sender = Sender(journal, link, patience=Patience(10.0, 30.0))
    assert sender.step(0.0) == 10.0
    assert sender.step(10.0) == 20.0
    assert sender.step(30.0) == 30.0
    assert sender.step(60.0) == 30.0
    sender.take(a_receipt(passages[0].place))
    assert sender.step(61.0) == 10.0


@pytest.mark.promise(2)
def test_links_the_server_misses_are_sent_at_once(journal: Journal, link: FakeLink) -> None:
    passages = write(journal, 4)
    sender = Sender(journal, link)
    sender.step(0.0)
    link.taken()
    sender.take(a_receipt(passages[-1].place))
    sender.step(0.5)
    gap = Missing(epoch=passages[0].epoch, first=2, last=3)
    sender.take(a_receipt(missing=(gap,)))
    sender.step(1.0)
    assert link.taken() == [2, 3]


def test_a_gap_that_cannot_be_filled_makes_no_storm(journal: Journal, link: FakeLink) -> None:
    passages = write(journal, 4)
    sender = Sender(journal, link)
    sender.step(0.0)
    link.taken()
    held = Missing(epoch=passages[0].epoch, first=3, last=3)
    gone = Missing(epoch=passages[0].epoch, first=100, last=200)
    for tenth in range(40):  # every answer of the server brings the next receipt
        sender.take(a_receipt(missing=(gone, held)))
        sender.step(tenth / 10)
    assert link.taken() == [3]
    sender.step(5.0)
    assert link.taken() == [3]


@pytest.mark.promise(2)
def test_what_is_gone_for_ever_is_said_by_one_alarm_that_is_sent_like_any_link(
    journal: Journal, link: FakeLink
) -> None:
    write(journal, 2)
    sender = Sender(journal, link, now=lambda: MORNING)
    sender.step(0.0)
    link.taken()
    lost = Missing(epoch=EpochId("another"), first=61, last=79)
    for second in range(3):
        sender.take(a_receipt(missing=(lost,)))
        sender.step(second * 10.0)
    (alarm,) = {sent.seq: sent for sent in link.sent if sent.seq == 4}.values()
    assert isinstance(alarm, AlarmV1)
    what = AlarmV1.read_what(alarm)
    assert (what.kind, what.gone, what.monotonic_ms) == (AlarmKind.LINKS_GONE, lost, 0)
    assert journal.unsent_count() == 4


def test_a_new_connection_sends_everything_open_again(journal: Journal, link: FakeLink) -> None:
    write(journal, 2)
    sender = Sender(journal, link)
    sender.step(0.0)
    link.is_up = False
    write(journal, 1)
    sender.step(1.0)
    assert link.taken() == [1, 2, 3]
    link.is_up = True
    sender.send_again()
    sender.step(2.0)
    assert link.taken() == [1, 2, 3, 4]


def test_a_full_connection_is_tried_again_later(journal: Journal, link: FakeLink) -> None:
    write(journal, 3)
    link.full_after = 2
    sender = Sender(journal, link)
    sender.step(0.0)
    assert link.taken() == [1, 2]
    sender.step(1.0)
    assert link.taken() == [3, 4]


@pytest.mark.promise(7)
def test_old_links_leave_marked_as_late(journal: Journal, link: FakeLink) -> None:
    write(journal, 1)
    Sender(journal, link, now=lambda: MORNING + timedelta(hours=3)).step(0.0)
    assert [sent.late for sent in link.sent] == [True, True]


class FullDisk:
    """A journal that still reads but cannot note receipts while `full`."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self.full = journal, True
        self.unsent, self.still_unsent = journal.unsent, journal.still_unsent
        self.fill = journal.fill
        self.say_gone = journal.say_gone

    def obey(self, receipt: Receipt) -> int:
        if self.full:
            raise NoRecord("disk is full")
        return self._journal.obey(receipt)


def test_a_disk_that_cannot_note_receipts_does_not_stop_the_sending(journal: Journal, link: FakeLink) -> None:
    disk, passages = FullDisk(journal), write(journal, 2)
    sender = Sender(disk, link)
    sender.take(a_receipt(passages[-1].place))
    with pytest.raises(NoRecord):
        sender.step(0.0)
    assert link.taken() == [1, 2, 3]
    disk.full = False
    sender.step(1.0)
    assert journal.unsent_count() == 0


@pytest.fixture
def running(broker: Broker, journal: Journal) -> Iterator[tuple[Sender, Link]]:
    settings = LinkSettings(
        "127.0.0.1",
        broker.port,
        "gate-east-gate",
        SecretStr(USERS["gate-east-gate"]),
        slowest_retry_s=1,
    )
    real = Link(settings, GATE, COMPOUND, BOOT, WILL)
    sender = Sender(journal, real, patience=Patience(0.5, 1.0))
    real.when_up(sender.send_again)
    sender.start()
    yield sender, real
    sender.stop()
    real.stop()


@pytest.mark.real
@pytest.mark.promise(2)
def test_a_broker_killed_on_the_way_loses_no_passage(
    broker: Broker,
    journal: Journal,
    running: tuple[Sender, Link],
    server_side: Callable[[], ServerSide],
) -> None:
    sender, real = running
    up = Up(real)
    passages = write(journal, 20)
    real.start(lambda: MORNING)  # there is no broker yet
    broker.start()
    up.wait()
    sender.wake()
    broker.kill()  # whatever it had acknowledged may be gone
    passages += write(journal, 20)
    broker.start()
    topic = PASSAGE.at(COMPOUND, GATE)
    heard = server_side().heard.wait(
        lambda all_: (
            {PassageV1.decode(bytes(m.payload)).hash for m in all_ if m.topic == topic}
            >= {passage.hash for passage in passages}
        )
    )
    assert heard
    assert journal.unsent_count() == 41  # heard and acknowledged by the broker is not receipted
    sender.take(a_receipt(passages[-1].place))
