"""What a gate looks with, from its settings. Networks are loaded only where they are configured."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from contracts.ids import ModelId
from gate.access.policy import Liveness
from gate.loop import Watches
from gate.settings import GateSettings
from gate.vision.antispoof import Antispoof, MiniFasNets
from gate.vision.antispoof_files import FOLDER, SLOTS, checked
from gate.vision.camera import Camera, open_camera
from gate.vision.captures import CameraOptions
from gate.vision.errors import MissingModel
from gate.vision.lids import Lids
from gate.vision.onnx_eye import OnnxEye
from gate.vision.quality import AT_THE_GATE
from gate.vision.watch import Watcher
from gate.vision.zone import Zone

log = structlog.get_logger()


class Sight(Protocol):
    """A camera, who looks at its pictures, and the model whose templates that needs."""

    @property
    def model(self) -> ModelId: ...

    def camera(self) -> Camera:
        """Begins to read it. Raises CameraRefused."""
        ...

    def watcher(self) -> Watches:
        """Raises MissingModel and WrongWeights."""
        ...


class Eyes:
    """The camera of the settings and the gate's own eye."""

    def __init__(self, settings: GateSettings) -> None:
        """Raises VisionError."""
        self._settings, self._eye = settings, OnnxEye(settings.weights_folder)

    @property
    def model(self) -> ModelId:
        return self._eye.model

    def camera(self) -> Camera:
        settings = self._settings
        options = CameraOptions(settings.camera_allow_cleartext, settings.loop_video)
        return open_camera(settings.camera.get_secret_value(), options)

    def watcher(self) -> Watches:
        settings = self._settings
        limits = replace(AT_THE_GATE, inter_eye_distance=settings.smallest_inter_eye)
        zone = Zone.of(settings.capture_zone) if settings.capture_zone else None
        antispoof = antispoof_of(settings)
        return Watcher(self._eye, limits, antispoof, zone, None if antispoof else lids_of(settings))


def antispoof_of(settings: GateSettings) -> Antispoof | None:
    """The networks an operator installed; none is loaded where nobody asks. Raises MissingModel and WrongWeights."""
    if not _asks_for_networks(settings):
        return None
    folder = _folder(settings)
    files = checked(folder)
    if files:
        return MiniFasNets.load(files)
    if settings.antispoof == "needed":
        raise MissingModel(SLOTS[0].name, folder)
    log.warning(
        "No anti-spoof networks are installed: a turn of the head and a blink tell of life",
        folder=str(folder),
    )
    return None


def lids_of(settings: GateSettings) -> Lids | None:
    """What sees a blink, where a face has to be shown alive before it opens. Raises MissingWeights and WrongWeights."""
    has_to_be_shown = settings.liveness in {Liveness.SECOND, Liveness.REFUSE}
    return Lids.load(settings.weights_folder) if has_to_be_shown else None


def has_networks(settings: GateSettings) -> bool:
    """Whether a start by these settings loads networks that judge life. Raises MissingModel and WrongWeights."""
    return _asks_for_networks(settings) and bool(checked(_folder(settings)))


def _asks_for_networks(settings: GateSettings) -> bool:
    return settings.liveness is not Liveness.OFF and settings.antispoof != "off"


def _folder(settings: GateSettings) -> Path:
    return settings.antispoof_folder or settings.weights_folder / FOLDER
