"""A gate believes only what the right key signed, and only what is meant for it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.ids import BootId, CompoundId, GateId, KeyId, StaffId, uuid7
from contracts.manifest import Manifest
from contracts.order import Mode, Operation, Order, OrderFault, Standing
from contracts.receipt import Receipt
from contracts.signing import SigningKey, sign
from contracts.topics import ORDER, PASSAGE, RECEIPT, STANDING, WANT
from contracts.wire import LARGEST_MESSAGE, Fault
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
COMPOUND, GATE, OTHER = CompoundId("red-garden"), GateId("east-gate"), GateId("west-gate")
INGEST = SigningKey(KeyId("receipt-1"), Ed25519PrivateKey.generate())
DISPATCH = SigningKey(KeyId("manifest-1"), Ed25519PrivateKey.generate())
ORDERS = SigningKey(KeyId("order-1"), Ed25519PrivateKey.generate())
STRANGER = SigningKey(KeyId("receipt-1"), Ed25519PrivateKey.generate())


class Desk:
    """An inbox and what it let through."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.manifests: list[Manifest] = []
        self.orders: list[tuple[Order, bool]] = []
        self.standings: list[Standing] = []
        self.refusals: list[tuple[UUID, OrderFault]] = []
        keys = PinnedKeys(
            {INGEST.id: INGEST.private.public_key()},
            {DISPATCH.id: DISPATCH.private.public_key()},
            {ORDERS.id: ORDERS.private.public_key()},
        )
        listeners = Listeners(lambda body, _kept: self.receipts.append(body), self.manifests.append, self)
        self.inbox = Inbox(GATE, COMPOUND, keys, listeners)

    def order(self, order: Order, retained: bool) -> None:
        self.orders.append((order, retained))

    def standing(self, standing: Standing) -> None:
        self.standings.append(standing)

    def refuse(self, order: UUID, why: OrderFault) -> None:
        self.refusals.append((order, why))

    def refused(self) -> dict[Fault, int]:
        assert self.receipts == []
        assert self.manifests == []
        assert self.orders == []
        assert self.standings == []
        return dict(self.inbox.refused)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def a_receipt(gate: GateId = GATE) -> Receipt:
    return Receipt(gate=gate, generation=1, at=NOON, upto=[])


def a_manifest(gate: GateId = GATE) -> Manifest:
    return Manifest(gate=gate, generation=1, version=2, digest="0" * 64, size=10, at=NOON)


def test_signed_receipts_and_manifests_are_passed_on(desk: Desk) -> None:
    desk.inbox.take(RECEIPT.at(COMPOUND, GATE), sign(a_receipt(), INGEST).encode())
    desk.inbox.take(WANT.at(COMPOUND, GATE), sign(a_manifest(), DISPATCH).encode())
    assert (desk.receipts, desk.manifests) == ([a_receipt()], [a_manifest()])
    assert not desk.inbox.refused


@pytest.mark.promise(8)
def test_a_key_for_receipts_signs_no_manifests(desk: Desk) -> None:
    desk.inbox.take(WANT.at(COMPOUND, GATE), sign(a_manifest(), INGEST).encode())
    desk.inbox.take(RECEIPT.at(COMPOUND, GATE), sign(a_receipt(), DISPATCH).encode())
    assert desk.refused() == {Fault.BAD_SIGNATURE: 2}


def test_a_forged_receipt_is_refused(desk: Desk) -> None:
    desk.inbox.take(RECEIPT.at(COMPOUND, GATE), sign(a_receipt(), STRANGER).encode())
    assert desk.refused() == {Fault.BAD_SIGNATURE: 1}


def test_a_changed_receipt_is_refused(desk: Desk) -> None:
    signed = sign(a_receipt(), INGEST)
    changed = signed.model_copy(update={"body": signed.body.replace('"generation":1', '"generation":2')})
    desk.inbox.take(RECEIPT.at(COMPOUND, GATE), changed.encode())
    assert desk.refused() == {Fault.BAD_SIGNATURE: 1}


def test_messages_for_another_gate_are_refused_and_counted(desk: Desk) -> None:
    desk.inbox.take(RECEIPT.at(COMPOUND, OTHER), sign(a_receipt(OTHER), INGEST).encode())
    desk.inbox.take(WANT.at(COMPOUND, GATE), sign(a_manifest(OTHER), DISPATCH).encode())
    desk.inbox.take(WANT.at(CompoundId("blue-garden"), GATE), sign(a_manifest(), DISPATCH).encode())
    assert desk.refused() == {Fault.WRONG_GATE: 3}


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", Fault.NOT_JSON),
        (b"\xff\x00", Fault.NOT_JSON),
        (b"{}", Fault.MALFORMED),
        (b'{"v":2,"key":"receipt-1","body":"{}","signature":""}', Fault.NEWER_VERSION),
        (b" " * (LARGEST_MESSAGE + 1), Fault.TOO_LARGE),
    ],
)
def test_bytes_that_are_no_message_are_refused_by_name(desk: Desk, payload: bytes, fault: Fault) -> None:
    desk.inbox.take(RECEIPT.at(COMPOUND, GATE), payload)
    assert desk.refused() == {fault: 1}


def test_a_topic_gates_do_not_hear_is_refused(desk: Desk) -> None:
    desk.inbox.take(PASSAGE.at(COMPOUND, GATE), b"{}")
    desk.inbox.take("kaimen/v1/elsewhere", b"{}")
    assert desk.refused() == {Fault.UNKNOWN_TOPIC: 2}


def an_order(gate: GateId = GATE) -> Order:
    return Order(
        id=uuid7(),
        gate=gate,
        operation=Operation.OPEN,
        by=StaffId("account-1"),
        boot=BootId("b1"),
        deadline_ms=5000,
    )


@pytest.mark.promise(3)
@pytest.mark.parametrize("retained", [False, True])
def test_a_signed_order_is_passed_on_and_so_is_whether_it_was_kept(desk: Desk, retained: bool) -> None:
    order = an_order()
    desk.inbox.take(ORDER.at(COMPOUND, GATE), sign(order, ORDERS).encode(), retained)
    assert desk.orders == [(order, retained)]


def test_what_stands_is_passed_on(desk: Desk) -> None:
    standing = Standing(
        id=uuid7(),
        gate=GATE,
        generation=1,
        number=3,
        mode=Mode.LOCK_DOWN,
        by=StaffId("account-1"),
        at=NOON,
        until=NOON + timedelta(hours=1),
    )
    desk.inbox.take(STANDING.at(COMPOUND, GATE), sign(standing, ORDERS).encode(), retained=True)
    assert desk.standings == [standing]


@pytest.mark.promise(3)
@pytest.mark.parametrize("key", [DISPATCH, INGEST, STRANGER], ids=["manifest", "receipt", "stranger"])
def test_no_other_key_orders_and_the_refusal_is_answered(desk: Desk, key: SigningKey) -> None:
    order = an_order()
    desk.inbox.take(ORDER.at(COMPOUND, GATE), sign(order, key).encode())
    assert desk.refused() == {Fault.BAD_SIGNATURE: 1}
    assert desk.refusals == [(order.id, OrderFault.BAD_SIGNATURE)]


@pytest.mark.promise(3)
def test_an_order_for_another_gate_is_refused_and_answered(desk: Desk) -> None:
    order = an_order(OTHER)
    desk.inbox.take(ORDER.at(COMPOUND, GATE), sign(order, ORDERS).encode())
    assert desk.refused() == {Fault.WRONG_GATE: 1}
    assert desk.refusals == [(order.id, OrderFault.WRONG_GATE)]


@pytest.mark.promise(3)
@pytest.mark.parametrize("body", ["[]", "{}", '{"id":1}', '{"id":"no uuid"}', "[" * 5000, "no json"])
def test_an_order_that_names_no_id_is_refused_in_silence(desk: Desk, body: str) -> None:
    signed = sign(an_order(), STRANGER).model_copy(update={"body": body})
    desk.inbox.take(ORDER.at(COMPOUND, GATE), signed.encode())
    assert (desk.refused(), desk.refusals) == ({Fault.BAD_SIGNATURE: 1}, [])


@pytest.mark.promise(3)
def test_a_standing_order_is_no_order_whoever_signed_it(desk: Desk) -> None:
    signed = sign(a_manifest(), ORDERS)
    desk.inbox.take(ORDER.at(COMPOUND, GATE), signed.encode())
    desk.inbox.take(STANDING.at(COMPOUND, GATE), signed.encode())
    assert desk.refused() == {Fault.BAD_SIGNATURE: 2}
