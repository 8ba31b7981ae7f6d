"""The anti-spoof files an operator installed: which there may be, where they lie, whether they are unchanged.

The product ships none. A folder holds one file a slot and `manifest.json`, which records each file's checksum.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from gate.vision.errors import MissingModel, WrongWeights
from gate.vision.weights import sum_of, write_whole

FOLDER: Final = "antispoof"
"""Within the folder of weights, unless a gate is told another place."""

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one network: the name of its file, how many times the face's box is enlarged for it."""

    name: str
    scale: float

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.name}.onnx"


MINIFASNET_V2: Final = Slot("minifasnet-v2", 2.7)
MINIFASNET_V1SE: Final = Slot("minifasnet-v1se", 4.0)
SLOTS: Final = (MINIFASNET_V2, MINIFASNET_V1SE)


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed file, as the manifest has it."""

    slot: Slot
    sha256: str


def installed(folder: Path) -> tuple[Installed, ...]:
    """What the manifest lists, in the order of the slots; files are not opened. Raises WrongWeights."""
    try:
        recorded = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except ValueError:
        raise _damaged(folder) from None
    if not isinstance(recorded, dict):
        raise _damaged(folder)
    sums = cast("Mapping[str, object]", recorded)
    return tuple(Installed(slot, str(sums[slot.name])) for slot in SLOTS if slot.name in sums)


def checked(folder: Path) -> Mapping[Slot, Path]:
    """The file of every slot, each compared with its checksum; empty where none is installed.

    Raises MissingModel where some are installed and one is not, WrongWeights where a file was changed.
    """
    recorded = {each.slot: each.sha256 for each in installed(folder)}
    return {slot: _unchanged(folder, slot, recorded.get(slot)) for slot in SLOTS} if recorded else {}


def install(content: bytes, slot: Slot, folder: Path) -> None:
    """Puts a network in its slot, in place of the one before, and records its checksum. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    sums = {each.slot.name: each.sha256 for each in installed(folder)}
    sums[slot.name] = hashlib.sha256(content).hexdigest()
    # In this order a power cut between the two leaves a file that is refused, never one that is not checked.
    write_whole(folder / slot.file, content)
    write_whole(folder / MANIFEST, json.dumps(sums, indent=2).encode("utf-8"))


def _unchanged(folder: Path, slot: Slot, sha256: str | None) -> Path:
    path = folder / slot.file
    if sha256 is None or not path.is_file():
        raise MissingModel(slot.name, folder)
    if sum_of(path) != sha256:
        raise WrongWeights(slot.file, "Install it again with `kaimen models add`.")
    return path


def _damaged(folder: Path) -> WrongWeights:
    return WrongWeights(str(folder / MANIFEST), "Install the models again with `kaimen models add`.")
