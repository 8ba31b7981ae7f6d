"""Boxes are let in by proof and a second person; revoked gates are cut off."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, select

from admin.db.joins import CONFIRM_WITHIN, KEY_PURPOSE
from admin.db.session import reading, writing
from admin.db.tables import Audit, Gate, GateJoin, GateRevocation, JoinStep, SealedRoster
from admin.dispatch.admission import Desk, PinnedKeys
from admin.dispatch.broker import BrokerNotReached, BrokerUser
from admin.dispatch.joining import AGAIN, ANSWER_KEPT, Hours, Joining
from admin.dispatch.provision import credential_hash
from admin.security.authority import Authority, load_authority, make_authority
from admin.security.permissions import Role
from admin.settings import BrokerForGates
from contracts.ids import KeyId
from contracts.join import (
    PURPOSE,
    Admission,
    JoinCode,
    JoinFault,
    JoinRequestV1,
    Newcomer,
    ProvenV1,
    PublicKey,
    open_proven,
    request,
)
from contracts.sealing import seal, unseal
from tests.admin.conftest import a_join, a_roster, an_account
from tests.admin.dispatch.register import MovableClock, Town
from tests.chains import NOON

CODE = JoinCode("http://127.0.0.1:8750", None, b"sixteen secret b")
OTHER = JoinCode("http://127.0.0.1:8750", None, b"another secret..")
BOX = X25519PrivateKey.generate()
TLS_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class FakeAccess:
    """Notes what is asked of the broker, in order."""

    asked: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    away: bool = False

    def grant(self, user: BrokerUser) -> None:
        if self.away:
            raise BrokerNotReached("away")
        self.asked.append(f"grant {user.name}")
        self.passwords[user.name] = user.password

    def revoke(self, name: str) -> None:
        if self.away:
            raise BrokerNotReached("away")
        self.asked.append(f"revoke {name}")
        self.passwords.pop(name, None)

    def users(self) -> frozenset[str]:
        return frozenset(self.passwords)

    def renew(self, rights: object) -> None: ...


@dataclass
class Office:
    """A register with one code, dispatch's desk, and whoever decides."""

    engine: Engine
    own: X25519PrivateKey
    access: FakeAccess
    joining: Joining
    join: int
    second: int

    def row(self) -> GateJoin:
        with reading(self.engine) as session:
            return session.get_one(GateJoin, self.join)

    def set_to(self, **columns: object) -> None:
        with writing(self.engine) as session:
            row = session.get_one(GateJoin, self.join)
            for name, value in columns.items():
                setattr(row, name, value)

    def asks(self, asked: JoinRequestV1) -> None:
        """As web keeps it."""
        self.set_to(step="asked", request=asked.encode().decode(), code_sealed=None)

    def confirmed(self, asked: JoinRequestV1) -> None:
        self.asks(asked)
        self.joining.turn()
        self.set_to(step="confirmed", decided_by=self.second, decided_at=NOON)

    def acts(self) -> list[str]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Audit.act).order_by(Audit.seq)))

    def told(self) -> Admission:
        """What the box reads of the answer."""
        proven = ProvenV1.decode(unseal(BOX, PURPOSE, self.row().answer_sealed or b""))
        return open_proven(proven, Admission, CODE.key)

    def gate(self) -> Gate | None:
        with reading(self.engine) as session:
            return session.get(Gate, "gate-north")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    make_authority(tmp_path / "ca", tmp_path / "ca-public", "Wutong", NOON)
    return load_authority(tmp_path / "ca")


def pinned() -> PinnedKeys:
    made = [Ed25519PrivateKey.generate().public_key().public_bytes_raw() for _ in range(3)]
    return PinnedKeys(*(PublicKey(id=KeyId("k"), public=b64encode(one).decode()) for one in made))


@pytest.fixture
def office(engine: Engine, town: Town, clock: MovableClock, authority: Authority) -> Office:
    own, access = X25519PrivateKey.generate(), FakeAccess()
    desk = Desk(access, BrokerForGates(host="kaimen.example", port=8883), pinned, authority)
    with writing(engine) as session:
        maker, second = an_account("chen", Role.MANAGER), an_account("lin", Role.STAFF)
        session.add_all([maker, second])
        session.flush()
        key = seal(own.public_key(), KEY_PURPOSE, CODE.key)
        row = a_join(maker.id, town.units["3-1"], CODE.lookup, key_sealed=key)
        session.add(row)
        session.flush()
        numbers = row.id, second.id
    joining = Joining(engine, own, desk, Hours(clock, lambda _s: True))
    return Office(engine, own, access, joining, *numbers)


def a_csr(key: ec.EllipticCurvePrivateKey = TLS_KEY) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a box")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def a_request(code: JoinCode = CODE, key: bytes = CODE.key, csr: str | None = None) -> JoinRequestV1:
    public = b64encode(BOX.public_key().public_bytes_raw()).decode()
    return request(Newcomer(code=code.lookup, seal_key=public, csr=csr or a_csr()), key)


def test_a_proven_request_waits_for_a_second_person_and_nothing_exists_yet(office: Office) -> None:
    asked = a_request()
    office.asks(asked)
    office.joining.turn()
    row = office.row()
    assert (row.step, row.fingerprint) == (JoinStep.CHECKED, asked.fingerprint)
    assert (office.gate(), row.answer_sealed, office.access.asked) == (None, None, [])


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (a_request(key=OTHER.key), JoinFault.WRONG_PROOF),
        (a_request(code=OTHER), JoinFault.WRONG_PROOF),  # proven, but for another code
        (a_request(csr="no request"), JoinFault.BAD_REQUEST),
    ],
)
def test_a_request_that_does_not_hold_is_turned_away_and_recorded(
    office: Office, asked: JoinRequestV1, why: JoinFault
) -> None:
    office.asks(asked)
    office.joining.turn()
    assert (office.row().step, office.row().why) == (JoinStep.REFUSED, why)
    assert office.acts() == ["gate_join_turned_away"]


def test_a_confirmed_box_is_registered_granted_and_answered(office: Office, authority: Authority) -> None:
    office.confirmed(a_request())
    office.joining.turn()
    told, gate = office.told(), office.gate()
    assert gate is not None
    assert (told.gate, told.compound, told.direction.value) == ("gate-north", "wutong", "both")
    assert gate.credential_hash == credential_hash(told.credential)
    assert gate.seal_key == BOX.public_key().public_bytes_raw()
    assert office.access.passwords == {told.broker.user: told.broker.password}
    assert (told.broker.host, told.broker.tls) == ("kaimen.example", True)
    certificate = x509.load_pem_x509_certificate((told.certificate or "").encode())
    certificate.verify_directly_issued_by(authority.certificate)
    assert certificate.public_key() == TLS_KEY.public_key()
    assert office.acts() == ["gate.register"]
    office.joining.turn()  # nothing is done twice
    assert office.access.asked == ["grant gate-gate-north"]


def test_a_broker_that_is_away_is_tried_again_and_nothing_is_registered_meanwhile(
    office: Office, clock: MovableClock
) -> None:
    office.confirmed(a_request())
    office.access.away = True
    office.joining.turn()
    assert (office.gate(), office.row().step) == (None, JoinStep.CONFIRMED)
    office.access.away = False
    office.joining.turn()  # too soon
    assert office.gate() is None
    clock.pass_by(AGAIN)
    office.joining.turn()
    assert office.row().step == JoinStep.DONE


def test_a_new_box_ends_the_old_ones_session_and_credential(office: Office, clock: MovableClock) -> None:
    office.confirmed(a_request())
    office.joining.turn()
    before = office.told().credential
    office.confirmed(a_request())
    office.set_to(replaces=True)
    office.joining.turn()
    assert office.access.asked[1:] == ["revoke gate-gate-north", "grant gate-gate-north"]
    gate = office.gate()
    assert gate is not None
    assert gate.credential_hash == credential_hash(office.told().credential) != credential_hash(before)
    assert office.acts() == ["gate.register", "gate_box_replaced"]


def test_a_request_changed_after_its_confirmation_is_never_admitted(office: Office) -> None:
    office.confirmed(a_request())
    office.set_to(fingerprint="0" * 64)
    office.joining.turn()
    assert (office.gate(), office.access.passwords) == (None, {})
    office.set_to(request=a_request(key=OTHER.key).encode().decode())
    office.joining.turn()
    assert office.gate() is None


def test_a_confirmation_that_came_back_with_a_backup_admits_nobody(
    office: Office, clock: MovableClock
) -> None:
    office.confirmed(a_request())
    clock.pass_by(CONFIRM_WITHIN)
    office.joining.turn()
    assert (office.gate(), office.row().step) == (None, JoinStep.EXPIRED)
    assert office.access.asked == []


def test_without_access_to_the_brokers_users_nobody_is_let_in(office: Office, clock: MovableClock) -> None:
    office.asks(a_request())
    Joining(office.engine, office.own, None, Hours(clock, lambda _s: True)).turn()
    assert office.row().why == JoinFault.NOT_SET_UP


def test_trouble_with_the_loop_itself_does_not_end_it(office: Office) -> None:
    office.asks(a_request())
    times = [RuntimeError("a clock that fails once"), NOON]

    def now() -> datetime:
        time = times.pop(0)
        if isinstance(time, Exception):
            raise time
        return time

    Joining(office.engine, office.own, None, Hours(now, lambda _s: not times)).run()
    assert office.row().step == JoinStep.REFUSED


def test_codes_end_and_answers_are_not_kept(office: Office, clock: MovableClock) -> None:
    office.confirmed(a_request())
    office.joining.turn()
    clock.pass_by(ANSWER_KEPT)
    office.joining.turn()
    assert office.row().answer_sealed is None
    office.set_to(step="open", code_sealed=b"x", answer_sealed=None)
    office.joining.turn()
    assert (office.row().step, office.row().code_sealed) == (JoinStep.EXPIRED, None)
    assert office.acts()[-1] == "gate_join_expired"


@pytest.mark.promise(8)
def test_a_revoked_gate_is_cut_off_at_once_and_a_roster_made_meanwhile_is_deleted(office: Office) -> None:
    office.confirmed(a_request())
    office.joining.turn()
    with writing(office.engine) as session:
        session.get_one(Gate, "gate-north").revoked_at = NOON
        session.add(GateRevocation(gate_id="gate-north", account_id=office.second, why="stolen", at=NOON))
        session.add(a_roster("gate-north"))
    office.joining.turn()
    assert (office.access.asked[-1], office.access.passwords) == ("revoke gate-gate-north", {})
    with reading(office.engine) as session:
        assert session.get_one(GateRevocation, "gate-north").cut_off_at == NOON
        assert session.scalars(select(SealedRoster)).all() == []
    assert office.acts()[-1] == "gate_cut_off"


def test_a_gate_revoked_while_its_new_box_is_admitted_keeps_no_user(office: Office) -> None:
    office.confirmed(a_request())
    granted = office.access.grant

    def cancelled_meanwhile(user: BrokerUser) -> None:
        granted(user)
        office.set_to(step="cancelled")

    office.access.grant = cancelled_meanwhile  # type: ignore[method-assign]
    office.joining.turn()
    assert (office.gate(), office.access.passwords) == (None, {})
