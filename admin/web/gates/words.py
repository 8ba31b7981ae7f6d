"""What people read of a gate's stages and policies."""

from typing import Final

from admin.catalogue import say_later as _l

STAGES: Final[dict[str, str]] = {
    "read": _l("picture"),
    "detect": _l("find faces"),
    "describe": _l("describe"),
    "liveness": _l("liveness check"),
    "match": _l("compare"),
    "codes": _l("codes"),
    "journal": _l("record"),
}
RELAYS: Final[dict[str, str]] = {
    "simulated": _l("Simulated: no door moves"),
    "http": _l("Network relay"),
    "gpio": _l("Relay at the gate's box"),
    "modbus": _l("Modbus relay"),
}
WIRES: Final[dict[str, str]] = {
    "contact": _l("door contact"),
    "tamper": _l("tamper contact"),
    "fire": _l("fire panel"),
    "exit": _l("exit button"),
}
WITHOUT_POWER: Final[dict[str, str]] = {
    "safe": _l("Fail-safe: the lock lets go, anybody can walk in and out. Post a guard."),
    "secure": _l("Fail-secure: it stays locked from outside; people leave by the handle inside."),
}
