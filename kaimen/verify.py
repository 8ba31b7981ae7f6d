"""`kaimen verify`: walks gates' chains, and the audit trail, and names the first bad link."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select

from admin.db.session import reading
from admin.db.tables import Gate
from admin.security.audit import first_bad_entry
from kaimen.chains import JournalChain, RegisterChain
from kaimen.register import register_in
from kaimen.state import CannotStart, StateFolder
from kaimen.walk import Walked, walk


@dataclass(frozen=True, slots=True)
class Report:
    """What was walked: chains by the name of gate or file, and the first bad entry of the audit trail."""

    chains: dict[str, Walked]
    audit: int | None = None

    @property
    def ok(self) -> bool:
        return self.audit is None and all(walked.bad is None for walked in self.chains.values())

    def as_json(self) -> str:
        chains = {name: asdict(walked) for name, walked in self.chains.items()}
        return json.dumps({"ok": self.ok, "chains": chains, "audit_first_bad": self.audit})

    def as_text(self) -> str:
        lines = [_line(name, walked) for name, walked in self.chains.items()]
        if self.audit is not None:
            lines.append(f"audit: BAD at entry {self.audit}")
        return "\n".join([*lines, "ok" if self.ok else "not ok"])


def verify_register(state: Path) -> Report:
    """Every gate's chain and the audit trail. Raises CannotStart where there is no register."""
    with register_in(StateFolder(state.resolve())) as engine, reading(engine) as session:
        gates = session.scalars(select(Gate.id).order_by(Gate.id)).all()
        chains = {gate: walk(RegisterChain(session, gate)) for gate in gates}
        return Report(chains, first_bad_entry(session))


def verify_journal(path: Path) -> Report:
    """A gate's own file. Raises CannotStart where it cannot be read as a journal."""
    try:
        chain = JournalChain(path)
        try:
            return Report({path.name: walk(chain)})
        finally:
            chain.close()
    except sqlite3.Error as trouble:
        raise CannotStart(f"{path} cannot be read as a gate's journal: {trouble}") from None


def _line(name: str, walked: Walked) -> str:
    return f"{name}: {', '.join(_figures(walked))}"


def _figures(walked: Walked) -> Iterator[str]:
    yield f"{walked.links} links in {walked.epochs} epochs"
    for count, word in (
        (walked.erased, "parts erased"),
        (walked.excused, "places missing with an entry"),
        (walked.awaited, "places asked for again"),
    ):
        if count:
            yield f"{count} {word}"
    bad = walked.bad
    yield f"BAD at {bad.epoch}/{bad.seq}: {bad.fault.value}" if bad else "whole"
