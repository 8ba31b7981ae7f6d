"""Pictures of refusals, where gate and compound keep them: sent over HTTPS once the passage itself has arrived.

Until then they lie in memory alone, encrypted, twenty at most; a passage never waits for its picture.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.chain import Place
from contracts.passage import PassageV1
from contracts.picture import PictureKind
from contracts.receipt import Receipt
from contracts.sealing import seal, unseal
from contracts.words import Method, Outcome
from gate.errands import Errands
from gate.snapshots import LatestFrame, Sends, small_jpeg
from gate.vision.frame import Frame

log = structlog.get_logger()

MOST_KEPT: Final = 20
LONGEST_S: Final = 3600.0
"""The server takes none of a passage recorded earlier than this."""
MOST_WAITING: Final = 32
PURPOSE: Final = "refusal"
FINAL: Final = "http_4"
"""How the server's own refusals begin: what it does not want now it will not want later."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that waits for its passage's receipt; since when, on the monotonic clock."""

    place: Place
    since: float
    sealed: bytes = field(repr=False)


class RefusalPictures:
    """Any thread may call; all the work is done on one of its own."""

    def __init__(
        self, latest: LatestFrame, server: Sends, monotonic: Callable[[], float], *, wanted: bool
    ) -> None:
        self._wanted = wanted
        self._latest, self._server, self._monotonic = latest, server, monotonic
        self._key = X25519PrivateKey.generate()  # of this start alone: what it seals dies with the process
        self._kept: dict[UUID, Kept] = {}
        self.errands = Errands("refusals", MOST_WAITING)

    def note(self, passage: PassageV1) -> None:
        """Somebody was refused and it is on record. Of a face takes the newest frame; returns at once."""
        if not self._wanted:
            return
        what, frame = passage.read_what(), self._latest.newest(self._monotonic())
        if frame is not None and what.outcome is Outcome.DENIED and what.method is Method.FACE:
            self.errands.put(lambda: self._keep(what.id, passage.place, frame))

    def receipted(self, receipt: Receipt) -> None:
        """A verified receipt. Returns at once."""
        self.errands.put(lambda: self._send(receipt))

    def _keep(self, passage: UUID, place: Place, frame: Frame) -> None:
        self._drop_old()
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        sealed = seal(self._key.public_key(), PURPOSE, small_jpeg(frame.pixels))
        self._kept[passage] = Kept(place, self._monotonic(), sealed)

    def _send(self, receipt: Receipt) -> None:
        self._drop_old()
        upto = {place.epoch: place.seq for place in receipt.upto}
        arrived = [of for of, one in self._kept.items() if one.place.seq <= upto.get(one.place.epoch, 0)]
        for of in arrived:
            jpeg = unseal(self._key, PURPOSE, self._kept[of].sealed)
            trouble = self._server.send_picture(PictureKind.REFUSAL, of, jpeg)
            if trouble is not None and not trouble.why.startswith(FINAL):
                log.warning("A picture waits for the server", why=trouble.why)
                return  # with the next receipt again
            del self._kept[of]

    def _drop_old(self) -> None:
        too_old = self._monotonic() - LONGEST_S
        self._kept = {of: one for of, one in self._kept.items() if one.since > too_old}
