"""A register, a vault and a worker that share a folder, with one resident to enrol."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin.db.consent_texts import ensure_consent_texts
from admin.db.jobs import JobKind, NewJob, Queue, put, result_of
from admin.db.session import reading, writing
from admin.db.tables import Consent, ConsentText, Job, Person, Place
from admin.security.keys import load_seal_public, make_sealing_key, make_secret
from admin.settings import VaultSettings, WorkerSettings
from admin.vault import Vault, open_vault
from contracts.sealing import seal
from tests.databases import a_register

# Without OpenCV the worker spells names and forgets; what looks at faces is tried where the eye is installed.
collect_ignore = [] if importlib.util.find_spec("cv2") else ["test_enrol.py", "test_audit.py"]

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # asked for then, so due whatever the clock of this machine says


@dataclass
class House:
    """What a test asks of the server."""

    settings: WorkerSettings
    engine: Engine
    vault: Vault
    compound: int

    def person(
        self, name: str = "测试", consents: tuple[str, ...] = ("face", "central"), **more: object
    ) -> UUID:
        with writing(self.engine) as session:
            number = len(session.scalars(select(Person.id)).all())
            ids = {"wire_id": f"w{number}", "vault_id": f"{number:032x}"}
            columns = {"compound_id": self.compound, "name": name, "added_at": NOON, **ids, **more}
            person = Person(**columns)
            session.add(person)
            session.flush()
            for kind in consents:
                agree(session, person.id, kind)
            return person.id

    def ask(self, kind: JobKind, person: UUID | str, photo: bytes | None = None) -> int:
        reader = load_seal_public(self.settings.public_keys / "worker.pub")
        blob = None if photo is None else seal(reader, "photo", photo)
        with writing(self.engine) as session:
            job = NewJob(Queue.WORKER, kind, f"person:{person}", blob=blob)
            return put(session, job, "account:1", LONG_AGO).id

    def job(self, number: int) -> tuple[Job, dict[str, object]]:
        with reading(self.engine) as session:
            row = session.get_one(Job, number)
            return row, dict(result_of(row))

    def vault_id(self, person: UUID) -> str:
        with reading(self.engine) as session:
            return session.get_one(Person, person).vault_id


def agree(
    session: Session, person: UUID, kind: str, agreed: bool = True, guardian: UUID | None = None
) -> None:
    text = session.scalars(select(ConsentText.id).where(ConsentText.kind == kind)).one()
    session.add(
        Consent(
            person_id=person,
            kind=kind,
            text_id=text,
            agreed=agreed,
            at=NOON,
            channel="desk",
            guardian_id=guardian,
        )
    )


@pytest.fixture
def house(tmp_path: Path, weights: Path, database: str) -> Iterator[House]:
    own, public = tmp_path / "keys", tmp_path / "public"
    make_sealing_key(own / "worker.key", public / "worker.pub")
    make_secret(own / "master.key")
    stores = VaultSettings(
        templates=tmp_path / "vault" / "templates.sqlite3",
        keys=tmp_path / "keystore" / "keys.sqlite3",
        master_key=own / "master.key",
    )
    settings = WorkerSettings(
        database=database, own_keys=own, public_keys=public, vault=stores, weights=weights
    )
    engine = a_register(database)
    with writing(engine) as session:
        place = Place(kind="compound", name_zh="红梅苑", name_en="Red Plum Court", path="/1/")
        session.add(place)
        session.flush()
        compound = place.id
        ensure_consent_texts(session, NOON)
    with open_vault(stores) as vault:
        yield House(settings, engine, vault, compound)
    engine.dispose()


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")
