"""A key that only this box's TPM 2.0 gives out, and only to the software that it was started with (promise 9).

Debian's tpm2-tools speak to the TPM. The key is sealed under the owner's primary key and the state of the boot: boot
loader, secure boot, kernel and its command line. Another disk, another box or another system gets nothing.
"""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from contracts.sealing import encrypted
from gate.store.files import write_whole

log = structlog.get_logger()

DEVICE: Final = "device:/dev/tpmrm0"
BOOT: Final = "sha256:4,7,8,9"
"""Registers of the boot, as shim and grub on Linux fill them: loader, secure boot, command line, kernel."""
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
PURPOSE: Final = b"kaimen/roster/tpm/v1"
WITHIN_S: Final = 20.0
"""A hardware TPM makes a primary key in one to three seconds."""


class TpmUnusable(Exception):
    """No TPM where the settings ask for one; says what to do."""

    def __init__(self, at: str, trouble: str) -> None:
        super().__init__(
            f'roster_keep = "tpm", but the TPM at {at} cannot be used: {trouble}. Switch the TPM 2.0 on in the'
            " firmware, install the Debian package tpm2-tools, let the gate's user into the group tss, or choose"
            ' roster_keep = "memory".'
        )


class _Refused(Exception):
    """One of the tools ended with an error."""


class TpmBox:
    """AES-256-GCM under the TPM's key, which is in this process' memory from the start on."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, folder: Path, at: str = DEVICE) -> "TpmBox":
        """The key sealed in the folder, or a new one where there is none or the boot has changed.

        Raises TpmUnusable, and NoRecord where a new one cannot be kept.
        """
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            tools = _Tools(at, Path(scratch))
            try:
                tools.make_primary()
                return cls(_sealed_key(tools, folder) or _new_key(tools, folder))
            except _Refused as refused:
                raise TpmUnusable(at, str(refused)) from None

    def wrap(self, content: Iterable[bytes]) -> Iterator[bytes]:
        nonce = secrets.token_bytes(NONCE_BYTES)
        yield nonce
        yield from encrypted(AES(self._key), nonce, PURPOSE, content)

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """None for what this key did not wrap."""
        try:
            return AESGCM(self._key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], PURPOSE)
        except (InvalidTag, ValueError):
            return None


def _sealed_key(tools: "_Tools", folder: Path) -> bytes | None:
    """None where there is none, or this boot is not the one it was sealed for."""
    public, private = folder / "tpm.pub", folder / "tpm.priv"
    if not (public.exists() and private.exists()):
        return None
    try:
        key = tools.unseal(public, private)
    except _Refused:
        log.warning("The TPM does not give the old key out: other boot, or other TPM. A new one is made.")
        return None
    return key if len(key) == KEY_BYTES else None


def _new_key(tools: "_Tools", folder: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    public, private = tools.seal(key)
    write_whole(folder / "tpm.pub", public)
    write_whole(folder / "tpm.priv", private)
    return key


class _Tools:
    """The tools' few commands; each leaves its context in the scratch folder. Raises _Refused."""

    def __init__(self, at: str, scratch: Path) -> None:
        self._at, self._scratch = at, scratch

    def make_primary(self) -> None:
        """The same each time: it comes from the TPM's own seed."""
        self._run("createprimary", "-Q", "-C", "o", "-c", self._file("primary"))

    def seal(self, key: bytes) -> tuple[bytes, bytes]:
        """Public and private half of the sealed key; neither is a secret without this TPM in this state."""
        policy, public, private = (self._file(name) for name in ("policy", "public", "private"))
        self._run("createpolicy", "-Q", "--policy-pcr", "-l", BOOT, "-L", policy)
        halves = ("-u", public, "-r", private)
        self._run("create", "-Q", "-C", self._file("primary"), "-L", policy, "-i", "-", *halves, given=key)
        return Path(public).read_bytes(), Path(private).read_bytes()

    def unseal(self, public: Path, private: Path) -> bytes:
        halves = ("-u", str(public), "-r", str(private))
        self._run("load", "-Q", "-C", self._file("primary"), *halves, "-c", self._file("sealed"))
        return self._run("unseal", "-Q", "-c", self._file("sealed"), "-p", f"pcr:{BOOT}")

    def _file(self, name: str) -> str:
        return str(self._scratch / name)

    def _run(self, command: str, *words: str, given: bytes = b"") -> bytes:
        try:
            return self._tool(command, *words, given=given)
        finally:
            # The kernel's resource manager does this by itself; an emulator's three places would fill up.
            for kind in ("--transient-object", "--loaded-session"):
                with suppress(_Refused):
                    self._tool("flushcontext", kind)

    def _tool(self, command: str, *words: str, given: bytes = b"") -> bytes:
        tool = f"tpm2_{command}"
        try:
            done = subprocess.run(
                [tool, *words],
                input=given,
                capture_output=True,
                check=False,
                timeout=WITHIN_S,
                env={**os.environ, "TPM2TOOLS_TCTI": self._at},
            )
        except FileNotFoundError:
            raise _Refused(f"{tool} is not installed") from None
        except subprocess.TimeoutExpired:
            raise _Refused(f"{tool} did not end within {WITHIN_S:.0f} s") from None
        if done.returncode != 0:
            raise _Refused(f"{tool} failed ({_last_line(done.stderr)})")
        return done.stdout


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"
