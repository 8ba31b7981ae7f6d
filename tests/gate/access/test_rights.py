"""A roster becomes rights; passes are read from codes and from rosters."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.ids import CompoundId, GateId, KeyId, ModelId, PassId, PersonId
from contracts.pass_token import PassToken, read_token, write_token
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import Name, PassKey, Roster, RosterPass, RosterPerson, RosterPin
from contracts.signing import SigningKey
from contracts.words import Method
from gate.access.claim import Claim, ShownPass
from gate.access.rights import NO_RIGHTS, Rights

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = bytes(range(32))
WANG = PersonId("a1")
EAST, WEST = GateId("east"), GateId("west")
COMPOUND = CompoundId("hongfu")


def a_pass(mac: str | None = None, home: bool = False) -> RosterPass:
    return RosterPass(
        id=PassId.random(), since=NOON, until=NOON + timedelta(hours=1), uses=1, mac=mac, home=home
    )


def a_roster(*passes: RosterPass, keys: list[PassKey] | None = None) -> Roster:
    return Roster(
        compound=COMPOUND,
        gate=EAST,
        generation=1,
        version=7,
        made_at=NOON,
        compound_name=Name(zh="红福苑", en="Hongfu Court"),
        gate_name=Name(zh="东门", en="East gate"),
        model=ModelId("pair"),
        width=4,
        people=[RosterPerson(id=WANG, second_credential=True)],
        pin_key=b64encode(KEY).decode(),
        pins=[RosterPin(person=WANG, mac=pin_mac(KEY, "3-2-1201", "246810"))],
        passes=list(passes),
        pass_keys=keys or [],
    )


def test_a_pin_belongs_to_a_person_only_together_with_the_room() -> None:
    rights = Rights.of(a_roster())
    assert rights.version == 7
    assert rights.whose_pin("3-2-1201", "246810") == WANG
    assert rights.whose_pin("3-2-1202", "246810") is None
    assert rights.whose_pin("3-2-1201", "246811") is None


def test_a_visitors_pin_finds_the_pass_and_never_a_resident() -> None:
    row = a_pass(pin_mac(KEY, VISITOR_ROOM, "12345678"))
    rights = Rights.of(a_roster(row, a_pass()))
    assert rights.which_pass("12345678") == row
    assert rights.which_pass("87654321") is None
    assert rights.whose_pin(VISITOR_ROOM, "12345678") is None


def test_a_gate_without_a_roster_knows_no_pin_and_no_look_alike() -> None:
    assert NO_RIGHTS.whose_pin("1", "0000") is None
    assert NO_RIGHTS.which_pass("12345678") is None
    assert not NO_RIGHTS.is_look_alike(WANG)
    assert Rights.of(a_roster()).is_look_alike(WANG)


def test_rights_print_no_pin_key_and_no_macs() -> None:
    printed = repr(Rights.of(a_roster()))
    assert repr(KEY) not in printed
    assert pin_mac(KEY, "3-2-1201", "246810") not in printed


def test_a_code_signed_by_the_compound_is_read_with_the_rosters_key() -> None:
    key = SigningKey(KeyId("pass-1"), Ed25519PrivateKey.generate())
    public = b64encode(key.private.public_key().public_bytes_raw()).decode()
    rights = Rights.of(a_roster(keys=[PassKey(id=key.id, public=public)]))
    token = PassToken(PassId.random(), COMPOUND, NOON, NOON + timedelta(hours=1), 1, (WEST, EAST))
    code = read_token(write_token(token, key), COMPOUND, rights.pass_keys)
    assert ShownPass.read(code, EAST) == ShownPass(
        token.pass_id, token.since, token.until, 1, here=True, home=False
    )
    assert ShownPass.read(code, WEST).home
    assert not ShownPass.read(code, GateId("north")).here


def test_a_claim_carries_the_id_of_the_pass_it_shows() -> None:
    shown = ShownPass.listed(a_pass(home=True))
    assert shown.here
    assert shown.home
    assert Claim(Method.PIN, shown=shown).pass_id == shown.pass_id
    assert Claim(Method.FACE, person=WANG).pass_id is None
