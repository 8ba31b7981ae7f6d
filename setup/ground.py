"""What must be true of the machine before anything is installed."""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from setup.problem import SetupProblem

GIB = 1024**3
# Measured: 1.1 GB of packages, 0.2 GB of downloads beside them while they are unpacked.
ROOM_FOR_PACKAGES = 3 * GIB // 2
# pip unpacks one archive at a time; the largest is 100 MB and is built once more as a wheel.
ROOM_FOR_UNPACKING = GIB // 2


def check_writable(folder: Path, may: Callable[[Path, int], bool] = os.access) -> None:
    """Raise SetupProblem unless `folder`, which exists, can be written to."""
    if not may(folder, os.W_OK | os.X_OK):
        raise SetupProblem(
            f"the folder {folder} cannot be written to.",
            f"sudo chown -R $(id -un) {folder}   (or clone Kaimen into a folder of your own)",
        )


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk that holds `folder`, in bytes."""
    return shutil.disk_usage(folder).free


def check_room(folder: Path, needed: int, free: Callable[[Path], int] = free_bytes) -> None:
    """Raise SetupProblem unless the disk of `folder` has `needed` bytes left."""
    left = free(folder)
    if left < needed:
        raise SetupProblem(
            f"the disk of {folder} is too full: {left / GIB:.1f} GB are free, {needed / GIB:.1f} GB are needed.",
            f"free some space (df -h {folder} shows the disk), then run the same command again.",
        )


def check_all_room(root: Path) -> None:
    """Raise SetupProblem when the packages or their unpacking would fill a disk."""
    check_room(root, ROOM_FOR_PACKAGES)
    scratch = Path(tempfile.gettempdir())
    if scratch.stat().st_dev != root.stat().st_dev:
        check_room(scratch, ROOM_FOR_UNPACKING)


def has_module(name: str) -> bool:
    """Return whether the running Python has the module `name`."""
    return importlib.util.find_spec(name) is not None


def check_venv(has: Callable[[str], bool] = has_module) -> None:
    """Raise SetupProblem when this Python cannot make virtual environments."""
    if has("venv") and has("ensurepip"):
        return
    major, minor = sys.version_info[:2]
    raise SetupProblem(
        f"Python {major}.{minor} here cannot make virtual environments: its venv module is missing.",
        f"sudo apt-get install python3-venv   (or python{major}.{minor}-venv, where Debian offers it)",
    )
