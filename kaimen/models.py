"""`kaimen models`: the anti-spoof networks an operator brings. Kaimen carries none and downloads none."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gate.vision.antispoof import CHIP, CLASSES
from gate.vision.antispoof_files import (
    FOLDER,
    MINIFASNET_V1SE,
    MINIFASNET_V2,
    SLOTS,
    Slot,
    install,
    installed,
)
from gate.vision.errors import NotANetwork, VisionError
from gate.vision.session import Session
from gate.vision.weights import sum_of
from kaimen.state import CannotStart
from kaimen.weights import weights_folder

# The networks published with Silent-Face-Anti-Spoofing at b6d5f04, as ONNX: what the figures of
# docs/decisions/0032-signs-of-life.md were measured with.
KNOWN: Final = {
    "66e09204407ad2dea616825a35dec667dd694670db10f1ce893cea1497af0fb6": MINIFASNET_V2,
    "397c5786334c23c8dd52c186e76a48a23eb7a881cee31d500f401123490c5b9b": MINIFASNET_V1SE,
}


class ModelRefused(CannotStart):
    """A file that is not installed; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file, the checksum its source states, and the slot it is for where the checksum is not a known one."""

    file: Path
    sha256: str
    slot: str | None = None


def antispoof_folder() -> Path:
    """Where the gates of this environment look for the networks."""
    return weights_folder() / FOLDER


def add(offered: Offered, folder: Path) -> str:
    """Checks a file, tries it, installs it; returns a line for the operator. Raises ModelRefused."""
    try:
        content = offered.file.read_bytes()
    except OSError as wrong:
        raise ModelRefused(f"{offered.file} cannot be read ({wrong.strerror}).") from None
    if hashlib.sha256(content).hexdigest() != offered.sha256.strip().lower():
        raise ModelRefused(
            f"{offered.file} has another checksum than the one given with --sha256. Nothing was installed: "
            "get the file again from its source."
        )
    slot = _slot_of(offered)
    _try(offered.file)
    try:
        install(content, slot, folder)
    except (OSError, VisionError) as wrong:
        raise ModelRefused(f"{offered.file} was not installed: {wrong}") from None
    return f"{slot.name} is installed. Gates use it from their next start."


def listing(folder: Path) -> str:
    """One line a slot: whether it is filled, and with the file that was installed. Raises ModelRefused."""
    try:
        sums = {each.slot: each.sha256 for each in installed(folder)}
    except VisionError as wrong:
        raise ModelRefused(str(wrong)) from None
    return "\n".join([str(folder), *(f"{slot.name:16} {_state(folder, slot, sums)}" for slot in SLOTS)])


def _state(folder: Path, slot: Slot, sums: dict[Slot, str]) -> str:
    sha256, path = sums.get(slot), folder / slot.file
    if sha256 is None:
        return "not installed"
    if not path.is_file() or sum_of(path) != sha256:
        return f"missing or changed, expected {sha256}"
    return f"installed {sha256}"


def _slot_of(offered: Offered) -> Slot:
    slots = {slot.name: slot for slot in SLOTS}
    known = KNOWN.get(offered.sha256.strip().lower())
    if offered.slot is None and known is None:
        raise ModelRefused(
            f"{offered.file} is none of the networks Kaimen was measured with. If you trust it, say with --slot "
            f"what it is: {' or '.join(slots)}."
        )
    if offered.slot is not None and offered.slot not in slots:
        raise ModelRefused(f"There is no slot {offered.slot}. Slots: {', '.join(slots)}.")
    if known is not None and offered.slot not in (None, known.name):
        raise ModelRefused(f"{offered.file} is {known.name}, not {offered.slot}.")
    return known or slots[str(offered.slot)]


def _try(file: Path) -> None:
    """One grey chip has to give one finite number a class."""
    grey = np.full((CHIP, CHIP, 3), 128, dtype=np.uint8)
    try:
        logits = Session(file, blue_first=True).run(grey)
    except NotANetwork as wrong:
        raise ModelRefused(f"{wrong} It has to take 1 x 3 x {CHIP} x {CHIP} numbers.") from None
    if logits.shape != (CLASSES,) or not np.isfinite(logits).all():
        raise ModelRefused(f"{file} does not give {CLASSES} numbers for one face.")
