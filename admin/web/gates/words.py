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
