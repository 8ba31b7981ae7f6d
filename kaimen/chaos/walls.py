"""Walls around a run: a network of its own, and disks that can be filled without harm to the machine's."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path
from typing import Final

CLONE_NEWNS: Final = 0x00020000  # sched.h
CLONE_NEWNET: Final = 0x40000000
SIOCSIFFLAGS: Final = 0x8914  # linux/sockios.h
IFF_UP: Final = 0x1
DISK_MB: Final = 64
PIECE: Final = 64 * 1024


def own_network() -> str | None:
    """This thread, and whatever it starts, gets a network with nothing but loopback, and mounts of its own.

    None where that was done, else why not. Call it before there is another thread.
    """
    if os.geteuid() != 0:
        return "a network namespace needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        return f"no namespaces here ({os.strerror(ctypes.get_errno())})"
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
    _mount("--make-rprivate", "/")
    return None


class SmallDisk:
    """A folder on a disk of its own in memory, which goes with this run's mounts."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing may be mounted."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not _mount("-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "kaimen-chaos", str(folder)):
            raise OSError("a disk to be filled needs a mount of its own")

    def fill(self) -> None:
        """Until not one byte more goes in."""
        ballast = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        size = PIECE
        while size:
            try:
                os.write(ballast, b"\0" * size)
            except OSError:
                size //= 2
        os.close(ballast)

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0
