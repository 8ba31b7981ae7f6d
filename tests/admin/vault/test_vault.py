"""The vault: what is kept can be read by those who hold the master key, and what is forgotten by nobody."""

import random
import shutil
import sqlite3
import stat
import struct
from pathlib import Path

import pytest

from admin.security.keys import KeyFileError, make_secret
from admin.settings import VaultSettings
from admin.vault import ChangedKey, ChangedTemplate, StoredFace, VaultError, WrongMasterKey, open_vault
from contracts.ids import ModelId

MODEL = ModelId("sface+resnet-1")
ANNA = "a" * 32
BO = "b" * 32


def a_row(seed: int) -> bytes:
    numbers = random.Random(seed)
    return struct.pack("<256f", *(numbers.gauss(0, 1) for _ in range(256)))


@pytest.fixture
def settings(tmp_path: Path) -> VaultSettings:
    make_secret(tmp_path / "master.key")
    return VaultSettings(
        templates=tmp_path / "vault" / "templates.sqlite3",
        keys=tmp_path / "keys" / "keys.sqlite3",
        master_key=tmp_path / "master.key",
    )


def test_a_kept_face_comes_back_as_it_was(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1), a_row(2)])
    with open_vault(settings) as vault:
        assert vault.read_many([ANNA, BO]) == {ANNA: StoredFace(MODEL, (a_row(1), a_row(2)))}


def test_keeping_again_replaces_what_was_there(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        vault.keep(ANNA, ModelId("next-2"), [a_row(2)])
        assert vault.read_many([ANNA]) == {ANNA: StoredFace(ModelId("next-2"), (a_row(2),))}


def test_thousands_are_read_at_once(settings: VaultSettings) -> None:
    everybody = [f"{n:032x}" for n in range(1, 1200)]
    with open_vault(settings) as vault:
        for vault_id in everybody[:3]:
            vault.keep(vault_id, MODEL, [a_row(1)])
        assert list(vault.read_many(everybody)) == everybody[:3]
        assert vault.read_many([]) == {}


def test_two_processes_share_the_stores(settings: VaultSettings) -> None:
    with open_vault(settings) as worker, open_vault(settings) as dispatch:
        worker.keep(ANNA, MODEL, [a_row(1)])
        assert ANNA in dispatch.read_many([ANNA])
        worker.forget(ANNA)
        assert dispatch.read_many([ANNA]) == {}


@pytest.mark.promise(5)
def test_an_old_copy_of_the_templates_cannot_be_read_once_the_person_is_forgotten(
    settings: VaultSettings, tmp_path: Path
) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        vault.keep(BO, MODEL, [a_row(2)])
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(settings.templates, backup)
    with open_vault(settings) as vault:
        vault.forget(ANNA)
    restored = settings.model_copy(update={"templates": backup})
    with open_vault(restored) as vault:
        assert list(vault.read_many([ANNA, BO])) == [BO]


@pytest.mark.promise(5)
def test_an_old_copy_stays_unreadable_when_the_person_enrols_again(
    settings: VaultSettings, tmp_path: Path
) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(settings.templates, backup)
    with open_vault(settings) as vault:
        vault.forget(ANNA)
        vault.keep(ANNA, MODEL, [a_row(3)])
    with open_vault(settings.model_copy(update={"templates": backup})) as vault:
        assert vault.read_many([ANNA]) == {}


@pytest.mark.promise(5)
def test_forgetting_leaves_neither_key_nor_ciphertext_in_any_file(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        (wrapped,) = (
            sqlite3.connect(settings.keys)
            .execute("SELECT wrapped FROM person_key WHERE vault_id = ?", (ANNA,))
            .fetchone()
        )
        (sealed,) = sqlite3.connect(settings.templates).execute("SELECT sealed FROM template").fetchone()
        vault.forget(ANNA)
        left = every_byte(settings)
    assert wrapped not in left
    assert sealed[:64] not in left


@pytest.mark.promise(9)
def test_the_files_hold_no_template_in_clear_and_are_readable_by_their_owner_alone(
    settings: VaultSettings,
) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        left = every_byte(settings)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in every_file(settings)}
    assert a_row(1)[:8] not in left
    assert modes == {0o600}


@pytest.mark.promise(9)
def test_a_face_prints_no_numbers() -> None:
    assert repr(StoredFace(MODEL, (b"secret",))) == "StoredFace(model='sface+resnet-1')"


def test_a_wrong_master_key_is_said_clearly(settings: VaultSettings, tmp_path: Path) -> None:
    open_vault(settings).close()
    make_secret(tmp_path / "other.key")
    with pytest.raises(WrongMasterKey, match=r"other\.key does not open the key store .*keys\.sqlite3"):
        open_vault(settings.model_copy(update={"master_key": tmp_path / "other.key"}))


def test_an_absent_master_key_is_named(settings: VaultSettings, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"none\.key: not found"):
        open_vault(settings.model_copy(update={"master_key": tmp_path / "none.key"}))


def test_changed_templates_are_all_named_and_the_others_still_readable(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        vault.keep(BO, MODEL, [a_row(2)])
        with sqlite3.connect(settings.templates) as thief:
            thief.execute("UPDATE template SET sealed = zeroblob(300) WHERE vault_id = ?", (ANNA,))
        with pytest.raises(ChangedTemplate) as told:
            vault.read_many([ANNA, BO])
        assert told.value.vault_ids == (ANNA,)
        assert BO in vault.read_many([BO])


def test_one_persons_template_cannot_be_passed_off_as_anothers(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        vault.keep(BO, MODEL, [a_row(2)])
        with sqlite3.connect(settings.templates) as thief:
            (sealed,) = thief.execute("SELECT sealed FROM template WHERE vault_id = ?", (ANNA,)).fetchone()
            thief.execute("UPDATE template SET sealed = ? WHERE vault_id = ?", (sealed, BO))
        with pytest.raises(ChangedTemplate):
            vault.read_many([BO])


def test_a_template_cannot_be_passed_off_as_another_models(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        with sqlite3.connect(settings.templates) as thief:
            thief.execute("UPDATE template SET model = 'other-1'")
        with pytest.raises(ChangedTemplate):
            vault.read_many([ANNA])


def test_a_changed_key_is_told_from_a_wrong_master_key(settings: VaultSettings) -> None:
    with open_vault(settings) as vault:
        vault.keep(ANNA, MODEL, [a_row(1)])
        with sqlite3.connect(settings.keys) as thief:
            thief.execute("UPDATE person_key SET wrapped = zeroblob(60) WHERE vault_id = ?", (ANNA,))
        with pytest.raises(ChangedKey) as told:
            vault.read_many([ANNA])
        assert isinstance(told.value, VaultError)


def every_file(settings: VaultSettings) -> list[Path]:
    return [file for store in (settings.templates, settings.keys) for file in store.parent.iterdir()]


def every_byte(settings: VaultSettings) -> bytes:
    return b"".join(file.read_bytes() for file in every_file(settings))
