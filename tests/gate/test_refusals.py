"""A refusal's picture goes after its passage, over HTTPS, or it goes nowhere; no passage waits for it."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from contracts.chain import Place
from contracts.ids import EpochId, GateId
from contracts.passage import PassageV1
from contracts.picture import PictureKind
from contracts.receipt import Receipt
from contracts.words import Method, Outcome, Reason
from gate.access.claim import Claim
from gate.attendant import Attendant
from gate.mqtt.fetch import NotReached
from gate.refusals import LONGEST_S, MOST_KEPT, RefusalPictures
from gate.snapshots import LatestFrame
from gate.vision.frame import Frame
from tests.chains import NOON, Chain
from tests.gate.at_the_gate import AtTheGate


class FakeServer:
    """Notes what came; `answer` is what it says to the next."""

    def __init__(self) -> None:
        self.came: list[UUID] = []
        self.answer: NotReached | None = None

    def send_picture(self, kind: PictureKind, of: UUID, jpeg: bytes) -> NotReached | None:
        assert kind is PictureKind.REFUSAL
        assert jpeg.startswith(b"\xff\xd8")
        self.came.append(of)
        return self.answer


class Kiosk:
    """A gate's camera, chain and server; its thread works when told to, until nothing waits."""

    def __init__(self, wanted: bool = True) -> None:
        self.server, self.latest, self.now = FakeServer(), LatestFrame(), 100.0
        self.chain = Chain(GateId("east-gate"))
        self.pictures = RefusalPictures(self.latest, self.server, lambda: self.now, wanted=wanted)

    def refuse(self, outcome: Outcome = Outcome.DENIED) -> PassageV1:
        pixels = np.zeros((72, 128, 3), np.uint8)
        self.latest.see(Frame(pixels, datetime(2026, 11, 24, tzinfo=UTC), self.now, 1))
        passage = self.chain.passage(outcome=outcome)
        self.pictures.note(passage)
        return passage

    def receipt(self, place: Place) -> None:
        self.pictures.receipted(Receipt(gate=self.chain.gate, generation=1, at=NOON, upto=[place]))

    def work(self) -> None:
        done, errands = threading.Event(), self.pictures.errands
        errands.start()
        while not errands.put(done.set):
            pass  # full: the thread makes room
        assert done.wait(10)
        errands.stop()


def id_of(passage: PassageV1) -> UUID:
    return passage.read_what().id


def test_it_is_sent_once_and_only_after_the_passages_receipt() -> None:
    kiosk = Kiosk()
    first, second = kiosk.refuse(), kiosk.refuse()
    kiosk.work()
    assert kiosk.server.came == []
    kiosk.receipt(first.place)
    kiosk.receipt(first.place)
    kiosk.work()
    assert kiosk.server.came == [id_of(first)]
    kiosk.receipt(second.place)
    kiosk.work()
    assert kiosk.server.came == [id_of(first), id_of(second)]


def test_another_epochs_receipt_sends_nothing() -> None:
    kiosk = Kiosk()
    kiosk.refuse()
    kiosk.receipt(Place(epoch=EpochId.random(), seq=9, hash="0" * 64))
    kiosk.work()
    assert kiosk.server.came == []


@pytest.mark.promise(9)
def test_off_by_default_and_never_of_somebody_let_in() -> None:
    off, on = Kiosk(wanted=False), Kiosk()
    off.refuse()
    for outcome in (Outcome.GRANTED, Outcome.ASKED):
        on.refuse(outcome)
    for kiosk in (off, on):
        kiosk.receipt(kiosk.chain.place)
        kiosk.work()
        assert kiosk.server.came == []


def test_a_server_that_is_away_gets_it_with_a_later_receipt_one_that_refuses_never() -> None:
    kiosk = Kiosk()
    passage = kiosk.refuse()
    for answer in (NotReached("ConnectError"), NotReached("http_503"), NotReached("http_403"), None):
        kiosk.server.answer = answer
        kiosk.receipt(passage.place)
        kiosk.work()
    assert kiosk.server.came == [id_of(passage)] * 3


@pytest.mark.promise(12)
def test_what_was_not_sent_is_forgotten_after_an_hour_and_the_oldest_when_there_are_many() -> None:
    kiosk = Kiosk()
    passages = [kiosk.refuse() for _ in range(MOST_KEPT + 2)]
    kiosk.work()
    kiosk.receipt(passages[-1].place)
    kiosk.work()
    assert kiosk.server.came == [id_of(one) for one in passages[2:]]
    old = kiosk.refuse()
    kiosk.work()
    kiosk.now += LONGEST_S
    kiosk.receipt(old.place)
    kiosk.work()
    assert id_of(old) not in kiosk.server.came


@pytest.mark.promise(9)
def test_what_waits_is_not_readable() -> None:
    kiosk = Kiosk()
    kiosk.refuse()
    kiosk.work()
    (kept,) = kiosk.pictures._kept.values()
    assert b"JFIF" not in kept.sealed
    assert "sealed" not in repr(kept)


def test_a_full_queue_drops_pictures_and_keeps_nobody_waiting() -> None:
    kiosk = Kiosk()
    for _ in range(200):
        kiosk.refuse()
    kiosk.work()
    assert len(kiosk.pictures._kept) == MOST_KEPT


@pytest.mark.promise(1)
def test_the_attendant_tells_of_refusals_on_record_alone() -> None:
    told: list[PassageV1] = []
    gate = AtTheGate()
    attendant = Attendant(gate.attendant._post, gate.known, replace(gate.iron, refused=told.append))
    stranger = Claim(Method.FACE, doubt=Reason.UNKNOWN)
    attendant.attend(stranger)
    assert [one.read_what().outcome for one in told] == [Outcome.DENIED]
    gate.records.counts = True  # one of a burst has no link of its own
    attendant.attend(stranger)
    gate.records.full = True
    attendant.attend(stranger)
    assert len(told) == 1
