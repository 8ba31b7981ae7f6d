"""The worker put together."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine

from admin.db.jobs import JobKind
from admin.jobs.audit import AuditGallery
from admin.jobs.discarding import DiscardRound
from admin.jobs.enrol import Enrol, EyeAtHand
from admin.jobs.erase import Erase
from admin.jobs.expiry import ExpiryRound
from admin.jobs.forget import Forget
from admin.jobs.pictures import PictureRound
from admin.jobs.rounds import AuditRound
from admin.jobs.spelling import Spell
from admin.jobs.task import Ground
from admin.jobs.worker import Worker
from admin.security.keys import load_sealing_key
from admin.settings import WorkerSettings
from admin.vault import open_vault

WORKER_KEY: Final = "worker.key"


def build(settings: WorkerSettings, engine: Engine, pause: Callable[[float], bool]) -> Worker:
    """Loads the eye too: the first enrolment after a start is as quick as any other.

    Raises KeyFileError or VaultError. Missing weights are only logged: then faces wait, the rest goes on.
    """
    ground = Ground(engine, lambda: datetime.now(UTC))
    vault = open_vault(settings.vault)
    eye = EyeAtHand(settings.weights)
    enrol = Enrol(ground, vault, load_sealing_key(settings.own_keys / WORKER_KEY), eye)
    eye.warm()
    return Worker(
        ground,
        {
            JobKind.ENROL_FACE.value: enrol,
            JobKind.ADD_LOOK.value: enrol,
            JobKind.FORGET_FACE.value: Forget(ground, vault),
            JobKind.ERASE_PASSAGES.value: Erase(ground),
            JobKind.WRITE_PINYIN.value: Spell(ground),
            JobKind.AUDIT_GALLERY.value: AuditGallery(ground, vault),
        },
        pause,
        (PictureRound(ground), AuditRound(ground), DiscardRound(ground), ExpiryRound(ground)),
    )
