"""A roster kept under a TPM's key: against an emulator (swtpm), as nothing here has a chip."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from gate.store.tpm import TpmBox, TpmUnusable

pytestmark = pytest.mark.real
WRAPPED = b"a sealed roster"


@pytest.fixture(scope="module")
def chip() -> Iterator[str]:
    """An emulated TPM, as tpm2-tools name it; `make test` installs it."""
    with tempfile.TemporaryDirectory(prefix="tpm") as folder:
        socket = Path(folder) / "s"
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}"]
        places = ["--server", f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl"]
        flags = ["--flags", "not-need-init,startup-clear"]
        running = subprocess.Popen(
            [*command, *places, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 10
        while not Path(f"{socket}.ctrl").exists() or not socket.exists():
            assert running.poll() is None, "swtpm ended"
            assert time.monotonic() < until, "swtpm does not listen"
            time.sleep(0.02)
        yield f"swtpm:path={socket}"
        running.terminate()
        running.wait(10)


def wrapped_by(box: TpmBox) -> bytes:
    return b"".join(box.wrap([WRAPPED[:5], WRAPPED[5:]]))


def boot_otherwise(chip: str) -> None:
    """Another kernel is measured, as at a start from a stick."""
    measured = f"9:sha256={'ab' * 32}"
    environment = {**os.environ, "TPM2TOOLS_TCTI": chip}
    subprocess.run(["tpm2_pcrextend", measured], check=True, env=environment, timeout=20)


@pytest.mark.promise(9)
def test_the_same_boot_opens_what_it_kept_and_nothing_on_disk_does(tmp_path: Path, chip: str) -> None:
    wrapped = wrapped_by(TpmBox.open(tmp_path, chip))
    assert WRAPPED not in wrapped
    assert TpmBox.open(tmp_path, chip).unwrap(wrapped) == WRAPPED
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tpm.priv", "tpm.pub"]


@pytest.mark.promise(9)
def test_the_files_alone_open_nothing_at_another_tpm(tmp_path: Path, chip: str) -> None:
    wrapped = wrapped_by(TpmBox.open(tmp_path, chip))
    for file in tmp_path.iterdir():
        file.write_bytes(bytes(len(file.read_bytes())))
    assert TpmBox.open(tmp_path, chip).unwrap(wrapped) is None


@pytest.mark.promise(9)
def test_another_boot_gets_a_new_key_and_opens_nothing_old(tmp_path: Path, chip: str) -> None:
    wrapped = wrapped_by(TpmBox.open(tmp_path, chip))
    boot_otherwise(chip)
    with structlog.testing.capture_logs() as said:
        other = TpmBox.open(tmp_path, chip)
    assert other.unwrap(wrapped) is None
    assert "does not give the old key out" in said[0]["event"]
    assert TpmBox.open(tmp_path, chip).unwrap(wrapped_by(other)) == WRAPPED


def test_a_changed_or_short_file_is_not_opened(tmp_path: Path, chip: str) -> None:
    box = TpmBox.open(tmp_path, chip)
    wrapped = wrapped_by(box)
    assert box.unwrap(wrapped[:-1]) is None
    assert box.unwrap(b"") is None


def test_without_a_tpm_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        TpmUnusable, match=r'nowhere cannot be used: tpm2_createprimary.*roster_keep = "memory"'
    ):
        TpmBox.open(tmp_path, "device:/dev/nowhere")
    assert list(tmp_path.iterdir()) == []


def test_without_the_tools_the_message_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TpmUnusable, match=r"tpm2_createprimary is not installed.*package tpm2-tools"):
        TpmBox.open(tmp_path)
