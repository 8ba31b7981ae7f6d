"""Sets the demonstration up: people, one of them really enrolled, a pass, the clip, the gate."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.session import reading, writing
from admin.db.tables import Face, Visit
from admin.security.keys import load_seal_public, load_sealing_key
from admin.security.principals import process
from admin.web.visits.passes import TOKEN, Seals
from admin.web.visits.service import NewVisit, VisitFault, make_visit
from contracts.sealing import seal, unseal
from kaimen.demo import compound
from kaimen.demo.clip import render
from kaimen.demo.compound import DemonstrationCompound
from kaimen.demo.script import ENROLMENT_PICTURE
from kaimen.gatefile import Camera
from kaimen.house import House
from kaimen.onegate import OneGate
from kaimen.state import CannotStart
from kaimen.waiting import job_done, wait_until
from kaimen.weights import pictures_folder

ENROL_S: Final = 90.0  # the first one may convert the weights
SIGN_S: Final = 20.0
PASS_SINCE: Final = timedelta(minutes=5)
PASS_LASTS: Final = timedelta(hours=12)
VISITOR: Final = "刘晓彤"
BY: Final = process("up")


@dataclass(frozen=True, slots=True)
class Stage:
    """The demonstration on a house whose server runs."""

    house: House

    def set_up(self, loop: bool) -> DemonstrationCompound:
        """Returns with the gate started. Everything goes the way it goes for a real compound."""
        with writing(self.house.box.engine) as session:
            made = compound.find(session) or compound.make(session, datetime.now(UTC))
        gate = OneGate(self.house, made.compound_id)
        gate.register()
        enrolment = self._enrol(made.enrolled)
        visit = self._invite(made)
        code = wait_until("the pass to be signed", lambda: self._token(visit), SIGN_S)
        render(pictures_folder(), code, self.house.box.folder.clip)
        if enrolment is not None:
            wait_until("the enrolment", lambda: job_done(self.house.box.engine, enrolment), ENROL_S)
        gate.start(Camera(str(self.house.box.folder.clip), loop=loop, demonstration=True))
        return made

    def _enrol(self, person: UUID) -> int | None:
        """Queues the enrolment as the desk does: the photo sealed to the worker. None where it was done before."""
        box = self.house.box
        photo = (pictures_folder() / ENROLMENT_PICTURE).read_bytes()
        sealed = seal(load_seal_public(box.folder.public_keys / "worker.pub"), "photo", photo)
        with writing(box.engine) as session:
            if session.get(Face, person) is not None:
                return None
            job = NewJob(Queue.WORKER, JobKind.ENROL_FACE, f"person:{person}", blob=sealed)
            return put(session, job, str(BY), datetime.now(UTC)).id

    def _invite(self, made: DemonstrationCompound) -> UUID:
        """A visitor of the enrolled resident: one use, from some minutes ago until tonight."""
        box, now = self.house.box, datetime.now(UTC)
        wanted = NewVisit(
            compound_id=made.compound_id,
            visitor=VISITOR,
            since=now - PASS_SINCE,
            until=now + PASS_LASTS,
            uses=1,
            host_id=made.enrolled,
        )
        public = box.folder.public_keys
        seals = Seals(load_seal_public(public / "web.pub"), load_seal_public(public / "dispatch.pub"))
        with writing(box.engine) as session:
            visit = make_visit(session, BY, wanted, seals, now)
            if isinstance(visit, VisitFault):
                raise CannotStart(f"The demonstration's pass was refused: {visit.value}")
            return visit.visit.id

    def _token(self, visit_id: UUID) -> str | None:
        """The QR code's text once dispatch has signed it."""
        folder = self.house.box.folder
        with reading(self.house.box.engine) as session:
            visit = session.get(Visit, visit_id)
            if visit is None or visit.token_sealed is None:
                return None
            own = load_sealing_key(folder.keys("web") / "web.key")
            return unseal(own, TOKEN, visit.token_sealed).decode()
