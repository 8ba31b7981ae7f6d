"""Key files: made once, readable by their process alone, and named when something is wrong with them."""

import stat
from pathlib import Path

import pytest

from admin.security.keys import (
    KeyFileError,
    load_seal_public,
    load_sealing_key,
    load_secret,
    load_signing_key,
    load_verify_key,
    make_sealing_key,
    make_secret,
    make_signing_key,
)
from contracts.sealing import seal, unseal


def test_a_sealing_pair_fits_together(tmp_path: Path) -> None:
    make_sealing_key(tmp_path / "own" / "worker.key", tmp_path / "public" / "worker.pub")
    sealed = seal(load_seal_public(tmp_path / "public" / "worker.pub"), "photo", b"content")
    assert unseal(load_sealing_key(tmp_path / "own" / "worker.key"), "photo", sealed) == b"content"


def test_a_signing_pair_can_be_read(tmp_path: Path) -> None:
    make_signing_key(tmp_path / "own" / "pass.key", tmp_path / "pass.pub")
    assert load_signing_key(tmp_path / "own" / "pass.key") is not None
    assert load_verify_key(tmp_path / "pass.pub") is not None


def test_a_key_that_is_there_is_never_made_anew(tmp_path: Path) -> None:
    private, public = tmp_path / "own" / "worker.key", tmp_path / "worker.pub"
    for make in (make_sealing_key, make_signing_key):
        make(private, public)
    make_secret(private)
    before = private.read_bytes(), public.read_bytes()
    make_sealing_key(private, public)
    assert (private.read_bytes(), public.read_bytes()) == before


@pytest.mark.promise(9)
def test_private_files_and_their_folder_are_their_owners_alone(tmp_path: Path) -> None:
    make_secret(tmp_path / "own" / "master.key")
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "own" / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["master.key"]


@pytest.mark.parametrize(
    ("content", "trouble"), [(None, "not found"), (b"***", "not base64"), (b"c2hvcnQ=", "not 32 bytes")]
)
def test_a_bad_file_is_named_and_its_content_is_not(
    tmp_path: Path, content: bytes | None, trouble: str
) -> None:
    path = tmp_path / "worker.key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFileError, match=rf"worker\.key: {trouble}") as told:
        load_secret(path)
    assert "c2hvcnQ" not in str(told.value)
