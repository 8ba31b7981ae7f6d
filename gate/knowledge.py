"""What the gate knows of people now: rights, gallery and threshold, made together from one roster."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import structlog

from contracts.ids import ModelId
from contracts.roster import FLOAT32_BYTES, RosterBody
from gate.access.rights import NO_RIGHTS, Rights
from gate.screen.stage import Place
from gate.vision.errors import VisionError
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Holding:
    """One roster, ready for use. Replaced whole, never changed."""

    rights: Rights
    gallery: Gallery
    rule: Threshold
    place: Place | None = None


class Lease(Protocol):
    """Whether the roster may still be decided on."""

    def __call__(self) -> bool: ...


ThresholdFor = Callable[[Gallery], Threshold]
"""The threshold for a gallery, measured on it anew with each roster."""


class Knowledge:
    """Any thread may ask; one thread applies rosters."""

    def __init__(self, model: ModelId, threshold_for: ThresholdFor, is_stale: Lease) -> None:
        self._model, self._threshold_for, self._is_stale = model, threshold_for, is_stale
        nobody = Gallery.empty(model)
        self._now = Holding(NO_RIGHTS, nobody, threshold_for(nobody))

    @property
    def now(self) -> Holding:
        """Taken once for each frame, so that a face is judged by one roster alone."""
        return self._now

    @property
    def rights(self) -> Rights:
        return self._now.rights

    def is_stale(self) -> bool:
        """Whether the roster's lease has ended; so it has before the first roster."""
        return self._is_stale()

    def apply(self, body: RosterBody) -> str | None:
        """Decides on this roster from now on; a code where it cannot, and the one before stays."""
        roster = body.roster
        if roster.rows and roster.model != self._model:
            log.error("The roster is for another eye", made_by=roster.model, gate_runs=self._model)
            return "other_model"
        try:
            gallery = _gallery(body, self._model)
            rights = Rights.of(roster)
        except (VisionError, ValueError):
            # The cause is not logged: it may quote a key or a template.
            log.error("The roster holds a key or a template that is none", version=roster.version)  # noqa: TRY400
            return "bad_content"
        names = (roster.compound_name, roster.gate_name)
        place = Place(names[0].zh, names[0].en, names[1].zh, names[1].en)
        # To measure the threshold takes half a second with ten thousand people: who lost their rights waits less.
        self._now = replace(self._now, rights=rights, place=place)
        self._now = Holding(rights, gallery, self._threshold_for(gallery), place)
        return None


def _gallery(body: RosterBody, model: ModelId) -> Gallery:
    roster = body.roster
    if not roster.rows:
        return Gallery.empty(model)
    matrix = np.frombuffer(body.templates, dtype="<f4", count=len(body.templates) // FLOAT32_BYTES)
    matrix = matrix.reshape(len(roster.rows), roster.width).astype(np.float32, copy=False)
    ids = [person.id for person in roster.people]
    pairs = [(ids[pair.one], ids[pair.other]) for pair in roster.confusable or ()]
    return Gallery.of(model, [ids[row] for row in roster.rows], matrix, pairs)
