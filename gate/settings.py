"""The settings of one gate: one frozen value, read once from `gate.toml`. docs/gate.md explains each."""

import tomllib
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from contracts.ids import CompoundId, GateId, KeyId
from contracts.loopback import is_loopback
from contracts.signing import TrustedKeys
from contracts.wire import Base64
from contracts.words import Direction
from gate.access.policy import Liveness
from gate.door.relay import LONGEST_PULSE_S
from gate.vision.zone import Corner, Zone

LARGEST_SECRET = 4096  # bytes

Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """The settings do not let this gate start. The message names keys and files, never a value."""


class Section(BaseModel):
    """A table of gate.toml: nothing unknown, nothing changed later, no input repeated in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerSettings(Section):
    """Where rosters come from and uses of passes are claimed."""

    url: str
    credential_file: Path
    ca_file: Path | None = None
    allow_cleartext: bool = False

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return url.rstrip("/")


class BrokerSettings(Section):
    """The MQTT broker. `ca_file` switches TLS on, in which the gate shows its certificate if it has one."""

    host: str
    port: Port
    user: str
    password_file: Path
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    allow_cleartext: bool = False

    @model_validator(mode="after")
    def _shows_itself_over_tls(self) -> Self:
        together = {self.certificate_file is None, self.key_file is None}
        if len(together) > 1 or (self.certificate_file is not None and self.ca_file is None):
            raise ValueError("certificate_file and key_file go together, and with ca_file")
        return self


class PublicKeySetting(Section):
    """A public Ed25519 key by id."""

    id: KeyId
    public: Base64

    @field_validator("public")
    @classmethod
    def _is_a_key(cls, public: str) -> str:
        Ed25519PublicKey.from_public_bytes(b64decode(public))
        return public


class KeySettings(Section):
    """This gate's own key, and whose signatures it believes. Several ids where keys are being rotated."""

    own_file: Path  # X25519 private key: 32 bytes in base64
    receipt: Annotated[tuple[PublicKeySetting, ...], Field(min_length=1)]
    manifest: Annotated[tuple[PublicKeySetting, ...], Field(min_length=1)]
    order: tuple[PublicKeySetting, ...] = ()  # without one the gate obeys no orders


Input = Annotated[int, Field(ge=0, le=65535)]


class InputSettings(Section):
    """Which input each wire of the door is on; none where nothing is wired."""

    contact: Input | None = None
    tamper: Input | None = None
    fire: Input | None = None
    exit: Input | None = None

    @property
    def numbers(self) -> dict[str, int]:
        """Names and inputs of the wires there are."""
        wires = {"contact": self.contact, "tamper": self.tamper, "fire": self.fire, "exit": self.exit}
        return {name: number for name, number in wires.items() if number is not None}

    @property
    def wired(self) -> tuple[str, ...]:
        return tuple(self.numbers)


class GpioSettings(InputSettings):
    """Lines of this box. `relay` triggers a monostable relay, whose own timer is set to door.pulse_seconds."""

    chip: str = "/dev/gpiochip0"
    relay: Input | None = None
    active_low: bool = False


class ModbusSettings(InputSettings):
    """A relay over Modbus TCP; `relay` is the register that takes tenths of a second and times the pulse itself."""

    host: str
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    relay: Input | None = None
    allow_cleartext: bool = False

    @model_validator(mode="after")
    def _line_is_private(self) -> Self:
        if not (self.allow_cleartext or is_loopback(self.host)):
            raise ValueError(
                "Modbus is neither encrypted nor signed: anyone on the line could open the door. "
                "Use a cable of its own and set allow_cleartext = true to say so"
            )
        return self


class DoorSettings(Section):
    """The relay, whose own timer ends each pulse; its wires; and what becomes of the lock without power."""

    kind: Literal["simulated", "http", "gpio", "modbus"]
    url: SecretStr | None = None  # may carry a password
    gpio: GpioSettings | None = None
    modbus: ModbusSettings | None = None
    pulse_seconds: Annotated[float, Field(gt=0, le=LONGEST_PULSE_S)] = 3.0
    held_seconds: Annotated[float, Field(ge=5, le=3600)] = 20.0
    allow_cleartext: bool = False
    fail: Literal["safe", "secure"] = "safe"  # without power the lock is open, or stays shut
    escape_route: bool = True
    mechanical_exit: bool = False  # a handle inside opens whatever the lock does

    @model_validator(mode="after")
    def _relay_has_an_address(self) -> Self:
        if self.kind == "http" and self.url is None:
            raise ValueError("door.url is missing: an http door needs the relay's address")
        if self.kind == "gpio" and (self.gpio is None or self.gpio.relay is None):
            raise ValueError("door.gpio.relay is missing: a gpio door needs the relay's line")
        if self.kind == "modbus" and (self.modbus is None or self.modbus.relay is None):
            raise ValueError("door.modbus.relay is missing: a modbus door needs the relay's register")
        return self

    @model_validator(mode="after")
    def _people_get_out(self) -> Self:
        if self.escape_route and self.fail == "secure" and not self.mechanical_exit:
            raise ValueError(
                "this door is an escape route and stays locked without power. Fit a mechanical exit and set "
                'door.mechanical_exit = true, or a lock that opens without power and set door.fail = "safe"'
            )
        return self

    @property
    def inputs(self) -> GpioSettings | ModbusSettings | None:
        """Where the wires are."""
        return next((one for one in (self.gpio, self.modbus) if one is not None and one.wired), None)

    @property
    def wired(self) -> tuple[str, ...]:
        """Names of the wires there are."""
        return self.inputs.wired if self.inputs else ()


class ScreenSettings(Section):
    """The gate's own page. Loopback only: it shows the camera."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8470
    mirror: bool = True

    @field_validator("host")
    @classmethod
    def _stays_on_this_machine(cls, host: str) -> str:
        if not is_loopback(host):
            raise ValueError("the gate's page shows its camera and stays on loopback: use 127.0.0.1 or ::1")
        return host


class GateSettings(Section):
    """Everything a gate is told. Relative paths are relative to the file."""

    compound: CompoundId
    gate: GateId
    direction: Direction = Direction.IN
    camera: SecretStr  # may carry a password
    camera_allow_cleartext: bool = False
    loop_video: bool = False
    state_folder: Path
    weights_folder: Path
    second_credentials: Annotated[tuple[Literal["pin", "qr"], ...], Field(min_length=1)]
    server: ServerSettings
    broker: BrokerSettings
    keys: KeySettings
    door: DoorSettings
    screen: ScreenSettings = ScreenSettings()
    target_fpir: Annotated[PositiveFloat, Field(le=0.1)] = 0.001
    smallest_inter_eye: Annotated[int, Field(ge=18, le=200)] = 24
    capture_zone: tuple[Corner, ...] | None = None  # the whole frame
    liveness: Liveness = Liveness.WARN
    antispoof: Literal["auto", "needed", "off"] = "auto"
    antispoof_folder: Path | None = None  # without it, in weights_folder
    roster_keep: Literal["memory", "disk", "tpm"] = "memory"
    tpm: str = "device:/dev/tpmrm0"  # as tpm2-tools name it
    refusal_pictures: bool = False  # kept where the compound says so too
    stale_pin: bool = False
    demonstration: bool = False

    @property
    def reads_codes(self) -> bool:
        """Whether a QR code shown to the camera is one of the ways in."""
        return "qr" in self.second_credentials

    @field_validator("capture_zone")
    @classmethod
    def _is_a_zone(cls, corners: tuple[Corner, ...] | None) -> tuple[Corner, ...] | None:
        return corners if corners is None else Zone.of(corners).corners


def read_settings(file: Path) -> GateSettings:
    """The settings in a TOML file; raises SettingsError naming the file and the key."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except OSError as wrong:
        raise SettingsError(f"{file}: cannot be read ({wrong.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # Neither error is quoted: the line it points at may hold a camera's password.
        raise SettingsError(f"{file}: is not TOML. Compare it with docs/gate.sample.toml.") from None
    try:
        return _anchored(GateSettings.model_validate(table), file.resolve().parent)
    except ValidationError as wrong:
        raise SettingsError(_complaint(file, wrong)) from None


def trusted(keys: tuple[PublicKeySetting, ...]) -> TrustedKeys:
    """Public keys by id."""
    return {key.id: Ed25519PublicKey.from_public_bytes(b64decode(key.public)) for key in keys}


def read_secret(file: Path, what: str) -> SecretStr:
    """The secret in a file, white space around it taken off; raises SettingsError."""
    try:
        with file.open("rb") as source:
            content = source.read(LARGEST_SECRET + 1).strip()
    except OSError as wrong:
        raise SettingsError(f"{file}: {what} cannot be read ({wrong.strerror}).") from None
    if not content or len(content) > LARGEST_SECRET:
        raise SettingsError(f"{file}: holds no {what}.")
    try:
        return SecretStr(content.decode("ascii"))
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: holds no {what}: it is not plain text.") from None


def read_own_key(file: Path) -> X25519PrivateKey:
    """The gate's private key; raises SettingsError."""
    try:
        content = read_secret(file, "the gate's private key").get_secret_value()
        return X25519PrivateKey.from_private_bytes(b64decode(content, validate=True))
    except ValueError:
        raise SettingsError(f"{file}: is not an X25519 private key in base64.") from None


def _anchored(settings: GateSettings, folder: Path) -> GateSettings:
    """The settings with every path made absolute, relative ones starting at the file's folder."""
    server, broker, keys = settings.server, settings.broker, settings.keys
    return settings.model_copy(
        update={
            "camera": SecretStr(_camera_from(settings.camera.get_secret_value(), folder)),
            "state_folder": folder / settings.state_folder,
            "weights_folder": folder / settings.weights_folder,
            "antispoof_folder": _under(folder, settings.antispoof_folder),
            "server": server.model_copy(
                update={
                    "credential_file": folder / server.credential_file,
                    "ca_file": _under(folder, server.ca_file),
                }
            ),
            "broker": broker.model_copy(
                update={
                    "password_file": folder / broker.password_file,
                    "ca_file": _under(folder, broker.ca_file),
                    "certificate_file": _under(folder, broker.certificate_file),
                    "key_file": _under(folder, broker.key_file),
                }
            ),
            "keys": keys.model_copy(update={"own_file": folder / keys.own_file}),
        }
    )


def _under(folder: Path, path: Path | None) -> Path | None:
    return folder / path if path else None


def _camera_from(source: str, folder: Path) -> str:
    """A file or folder made absolute; a USB number or an address as it is."""
    return source if source.isdecimal() or "://" in source else str(folder / source)


def _complaint(file: Path, wrong: ValidationError) -> str:
    """One line per fault: the key, and what is the matter. Never the value."""
    lines: list[str] = []
    for fault in wrong.errors(include_input=False, include_url=False, include_context=False):
        key = ".".join(str(step) for step in fault["loc"])
        match fault["type"]:
            case "extra_forbidden":
                lines.append(f"{file}: unknown key {key}. See docs/gate.md for the keys there are.")
            case "missing":
                lines.append(f"{file}: key {key} is missing. See docs/gate.md.")
            case _ if key == "second_credentials":
                lines.append(
                    f'{file}: second_credentials must name "pin", "qr" or both: '
                    "a gate whose only way in is a face does not start."
                )
            case _:
                lines.append(f"{file}: key {key}: {fault['msg']}.")
    return "\n".join(lines)
