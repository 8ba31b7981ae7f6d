"""How a gate is: birth and will, and a measured report every 30 seconds."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from contracts.ids import BootId, GateId, ModelId
from contracts.order import Mode
from contracts.wire import Message, Wire
from contracts.words import CameraState, DoorState, GateStatus

Count = Annotated[int, Field(ge=0)]
Milliseconds = Annotated[float, Field(ge=0)]
Distance = Annotated[float, Field(ge=0, le=10)]


class StateV1(Message):
    """Retained. The broker publishes the will, which names the boot and connection it belongs to."""

    gate: GateId
    status: GateStatus
    boot: BootId
    connection: Count  # rises with every connection of this boot: an old will is known by it
    at: AwareDatetime
    software: Annotated[str, Field(max_length=64)]
    model: ModelId
    roster_version: Count = 0


class StageMs(Wire):
    """Median milliseconds a stage took since the last report; absent where it did not run."""

    read: Milliseconds | None = None
    detect: Milliseconds | None = None
    describe: Milliseconds | None = None
    liveness: Milliseconds | None = None  # since 1.1
    match: Milliseconds | None = None
    codes: Milliseconds | None = None
    journal: Milliseconds | None = None


class LockV1(Wire):
    """What becomes of a door's lock without power, and what is wired to it."""

    relay: Annotated[str, Field(max_length=16)]  # simulated, http, gpio, modbus
    fail: Literal["safe", "secure"]  # without power it is open, or stays shut
    escape_route: bool
    mechanical_exit: bool
    wired: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=8)] = []


class HealthV1(Message):
    """What a gate measured of itself."""

    gate: GateId
    boot: BootId
    at: AwareDatetime
    monotonic_ms: Count
    camera: CameraState
    door: DoorState
    frames_per_s: Annotated[float, Field(ge=0)]
    stages: StageMs
    unsent: Count  # links the server has not receipted
    disk_free_mb: Count
    rss_mb: Count
    roster_version: Count
    people: Count
    troubles: Count = 0  # frames dropped by an error since the start
    liveness: Annotated[str, Field(max_length=16)] | None = None  # the gate's policy
    clock_trusted: bool = True
    clock_offset_ms: int | None = (
        None  # the server's time minus the gate's, by its last live receipt; since 1.1
    )
    # How hard the gate looks: frames searched a second, pixels across in which faces are sought, and whether that
    # is less than it would be on a faster box. Since 1.1.
    looks_per_s: Annotated[float, Field(ge=0)] | None = None
    detection_width: Annotated[int, Field(ge=1)] | None = None
    degraded: bool | None = None
    # What a face is judged by: the rate asked for, the distance and margin it came to in this gate's gallery.
    target_fpir: Annotated[float, Field(gt=0, lt=1)] | None = None
    distance: Distance | None = None
    margin: Distance | None = None
    # What the door is, and what it stands under.
    lock: LockV1 | None = None
    mode: Mode | None = None
    fire: bool | None = None
    # Since 1.2: whether networks judge if a face is alive, and where the roster is between two starts.
    antispoof: bool | None = None
    roster_keep: Literal["memory", "disk", "tpm"] | None = None
    exits_unrecorded: Count | None = None  # since 1.2: openings of the way out that wait to be recorded
