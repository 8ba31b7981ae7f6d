"""A gate never goes back to an older roster, and stops believing one whose lease has ended."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.ids import CompoundId, GateId, ModelId
from contracts.manifest import WEEK_S, Manifest
from contracts.roster import Name, Roster, RosterBody, encode_roster
from gate.store.disk import JournalError, NoRecord
from gate.store.roster import Keep, LowerRoster, RosterStore

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
GATE = GateId("east-gate")


def a_body(version: int = 1, generation: int = 1) -> RosterBody:
    name = Name(zh="东门", en="East gate")
    head = Roster(
        compound=CompoundId("red-garden"),
        gate=GATE,
        generation=generation,
        version=version,
        made_at=NOON,
        compound_name=name,
        gate_name=name,
        model=ModelId("sface+dlib-1"),
        width=256,
        pin_key="AAAA",
    )
    return RosterBody(head, b"")


def a_manifest(version: int = 1, generation: int = 1, at: datetime = NOON) -> Manifest:
    content = encode_roster(a_body(version, generation))
    return Manifest(
        gate=GATE,
        generation=generation,
        version=version,
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        at=at,
    )


def holding(store: RosterStore, version: int = 1, generation: int = 1) -> RosterStore:
    store.take(
        a_manifest(version, generation), a_body(version, generation), lambda: [b"sea", b"led"], monotonic=0.0
    )
    return store


def test_a_gate_without_a_roster_is_stale() -> None:
    store = RosterStore(None)
    assert store.roster is None
    assert store.is_stale(NOON, 0.0)


@pytest.mark.promise(8)
def test_a_lower_roster_is_refused_and_the_held_one_stays() -> None:
    store = holding(RosterStore(None), version=5)
    assert not store.takes(a_manifest(4))
    with pytest.raises(LowerRoster, match=r"1\.4 is older than 1\.5"):
        holding(store, version=4)
    assert store.roster == a_body(5)


@pytest.mark.promise(8)
def test_a_lower_roster_is_refused_after_a_restart_too(tmp_path: Path) -> None:
    holding(RosterStore(tmp_path), version=5)
    store = RosterStore(tmp_path)
    assert store.roster is None
    assert not store.takes(a_manifest(4))
    assert store.takes(a_manifest(5))


def test_a_raised_generation_counts_more_than_the_version() -> None:
    store = holding(RosterStore(None), version=5)
    assert store.takes(a_manifest(1, generation=2))
    holding(store, version=1, generation=2)
    assert not store.takes(a_manifest(6, generation=1))


@pytest.mark.promise(9)
def test_nothing_of_the_roster_is_on_the_disk_unless_the_operator_chose_it(tmp_path: Path) -> None:
    holding(RosterStore(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["roster.json"]
    assert RosterStore(tmp_path).load(lambda _sealed, _manifest: a_body(), 0.0) is False


def test_a_roster_kept_on_disk_comes_back_from_its_sealed_bytes(tmp_path: Path) -> None:
    holding(RosterStore(tmp_path, keep="disk"), version=3)
    asked: list[tuple[bytes, int]] = []

    def unseal(sealed: bytes, manifest: Manifest) -> RosterBody:
        asked.append((sealed, manifest.version))
        return a_body(manifest.version)

    store = RosterStore(tmp_path, keep="disk")
    assert store.load(unseal, 0.0)
    assert asked == [(b"sealed", 3)]
    assert store.roster == a_body(3)


def test_a_kept_roster_that_does_not_open_is_none(tmp_path: Path) -> None:
    holding(RosterStore(tmp_path, keep="disk"))
    store = RosterStore(tmp_path, keep="disk")
    assert not store.load(lambda _sealed, _manifest: None, 0.0)
    assert store.roster is None


class FakeBox:
    """Turns bytes round, and opens only what it has turned."""

    def wrap(self, content: Iterable[bytes]) -> Iterable[bytes]:
        yield b"box"
        yield b"".join(content)[::-1]

    def unwrap(self, wrapped: bytes) -> bytes | None:
        return wrapped[:2:-1] if wrapped.startswith(b"box") else None


@pytest.mark.promise(9)
def test_a_boxed_roster_is_on_disk_as_the_box_wraps_it_and_comes_back(tmp_path: Path) -> None:
    holding(RosterStore(tmp_path, "tpm", FakeBox()), version=3)
    assert (tmp_path / "roster.sealed").read_bytes() == b"box" + b"sealed"[::-1]
    opened: list[bytes] = []

    def unseal(sealed: bytes, manifest: Manifest) -> RosterBody:
        opened.append(sealed)
        return a_body(manifest.version)

    store = RosterStore(tmp_path, "tpm", FakeBox())
    assert store.load(unseal, 0.0)
    assert (opened, store.roster) == ([b"sealed"], a_body(3))


@pytest.mark.promise(9)
@pytest.mark.parametrize("store", [("memory", None), ("tpm", FakeBox())], ids=["memory", "tpm"])
def test_what_an_unsafer_choice_left_on_the_disk_is_deleted(
    tmp_path: Path, store: tuple[Keep, FakeBox | None]
) -> None:
    holding(RosterStore(tmp_path, keep="disk"))
    keep, box = store
    assert not RosterStore(tmp_path, keep, box).load(lambda _sealed, _manifest: a_body(), 0.0)
    assert not (tmp_path / "roster.sealed").exists()


@pytest.mark.promise(7)
def test_a_roster_is_good_for_a_week_from_its_signature() -> None:
    store = holding(RosterStore(None))
    assert not store.is_stale(NOON + timedelta(seconds=WEEK_S - 1), 10.0)
    assert store.is_stale(NOON + timedelta(seconds=WEEK_S), 10.0)


@pytest.mark.promise(7)
def test_a_clock_set_back_does_not_lengthen_the_lease() -> None:
    store = holding(RosterStore(None))
    assert store.is_stale(NOON, WEEK_S + 1.0)


@pytest.mark.promise(7)
def test_without_a_trusted_clock_a_roster_is_good_for_twelve_hours() -> None:
    store = holding(RosterStore(None))
    far = NOON + timedelta(days=400)
    assert not store.is_stale(far, 12 * 3600 - 1.0, clock_trusted=False)
    assert store.is_stale(far, 12 * 3600.0, clock_trusted=False)


@pytest.mark.promise(7)
def test_without_a_trusted_clock_twelve_hours_are_summed_over_boots(tmp_path: Path) -> None:
    store = holding(RosterStore(tmp_path, keep="disk"))
    for hours in range(1, 8):
        assert not store.is_stale(NOON, hours * 3600.0, clock_trusted=False)
    store = RosterStore(tmp_path, keep="disk")
    assert store.load(lambda _sealed, manifest: a_body(manifest.version), 0.0)
    assert not store.is_stale(NOON, 0.0, clock_trusted=False)
    assert not store.is_stale(NOON, 5 * 3600.0, clock_trusted=False)
    assert store.is_stale(NOON, 6 * 3600.0, clock_trusted=False)


def test_a_fresh_signature_renews_the_lease_and_an_old_one_does_not() -> None:
    store = holding(RosterStore(None))
    tomorrow = NOON + timedelta(days=1)
    store.renew(a_manifest(at=tomorrow), 86_400.0)
    assert not store.is_stale(NOON + timedelta(seconds=WEEK_S + 60), 90_000.0)
    store.renew(a_manifest(at=NOON - timedelta(days=1)), 90_000.0)
    assert store.held is not None
    assert store.held.manifest.at == tomorrow


def test_a_number_that_cannot_be_kept_is_no_record(tmp_path: Path) -> None:
    store = RosterStore(tmp_path / "gone")
    with pytest.raises(NoRecord):
        holding(store)
    assert store.roster is None


def test_an_unreadable_mark_stops_the_start_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "roster.json").write_text("{")
    with pytest.raises(JournalError, match=r"roster\.json"):
        RosterStore(tmp_path)
