"""`kaimen chaos`: a bounded, seeded run on each broker, and one line of JSON."""

import json
import os
import platform
import random
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.session import reading
from admin.db.tables import Alarm, GateOrder, Passage
from admin.db.tables.orders import OrderState
from bench.postgresql import postgresql_server
from contracts.order import Operation
from contracts.words import Reason
from kaimen.chains import RegisterChain
from kaimen.chaos.journals import Link, is_receipted, links
from kaimen.chaos.plan import plan
from kaimen.chaos.programs import EAR, wait_for_port
from kaimen.chaos.staff import Desk, Ear, orders_told
from kaimen.chaos.trouble import Trouble
from kaimen.chaos.verdict import Evidence, Row, Verdict, judge
from kaimen.chaos.walls import own_network
from kaimen.chaos.witness import heard_from
from kaimen.chaos.world import (
    GATES,
    BrokerKind,
    Database,
    Paths,
    PostgreSqlServer,
    SqliteFile,
    Traffic,
    World,
    build_world,
)
from kaimen.state import CannotStart
from kaimen.verify import verify_journal
from kaimen.walk import walk

AT_WORK_WITHIN_S: Final = 60.0
HEALED_WITHIN_S: Final = 180.0
"""A gate tries its broker again every 30 s at last, and sends again what got no receipt for two minutes."""
PERSON_EACH_S: Final = 0.05
ORDER_EACH_S: Final = 0.4
TROUBLE_EACH_S: Final = 1.5
SETTLED_S: Final = 0.2
FAULTS: Final = ("lost", "doubled", "late_orders", "unrecorded")
SUMS: Final = ("made", "kills", "cuts", "orders", "obeyed", "let_out", "let_out_kept", *FAULTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. `minutes` of trouble in all, shared by the brokers."""

    minutes: float
    seed: int
    brokers: Sequence[BrokerKind]
    database: Literal["sqlite", "postgresql"] = "sqlite"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One broker's run. `healed_s` is None where not everything was receipted in time."""

    verdict: Verdict
    trouble: Mapping[str, int]
    kills: int
    cuts: int
    orders: int
    healed_s: float | None

    @property
    def holds(self) -> bool:
        return self.verdict.holds and self.healed_s is not None

    def figures(self) -> dict[str, Any]:
        return {
            **asdict(self.verdict),
            "kills": self.kills,
            "cuts": self.cuts,
            "orders": self.orders,
            "healed_s": self.healed_s,
            "trouble": dict(self.trouble),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The line that is printed, and whether all promises held."""

    json: str
    holds: bool


def run(asked: Asked) -> Report:
    """Raises CannotStart where a broker or a database is not installed."""
    not_done: list[str] = []
    no_walls = own_network()
    if no_walls is not None:
        not_done += [f"network: {no_walls}", "disk: needs a mount of its own"]
    seconds = asked.minutes * 60 / len(asked.brokers)
    outcomes: dict[BrokerKind, Outcome] = {}
    for kind in asked.brokers:
        with _database(asked.database) as (paths, database):
            outcomes[kind] = _Trial(paths, kind, asked.seed, seconds).outcome(
                database, disks=no_walls is None
            )
    figures = {kind: outcome.figures() for kind, outcome in outcomes.items()}
    holds = all(outcome.holds for outcome in outcomes.values())
    whole = {name: sum(one[name] for one in figures.values()) for name in SUMS}
    whole["chain_ok"] = all(outcome.verdict.chain_ok for outcome in outcomes.values())
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    line = {**figures, "all": whole, "holds": holds, "seed": asked.seed, "minutes": asked.minutes}
    return Report(
        json.dumps({**line, "database": asked.database, "not_done": not_done, "machine": machine}), holds
    )


@contextmanager
def _database(kind: Literal["sqlite", "postgresql"]) -> Generator[tuple[Paths, Database]]:
    with tempfile.TemporaryDirectory(prefix="kaimen-chaos-") as name, ExitStack() as ends:
        paths = Paths(Path(name))
        if kind == "sqlite":
            yield paths, SqliteFile(paths.root)
            return
        server = ends.enter_context(postgresql_server())
        if server is None:
            raise CannotStart("PostgreSQL or its driver is missing. `make test` installs both.")
        yield paths, PostgreSqlServer(server)


class _Trial:
    """One broker: trouble, healing, and the evidence."""

    def __init__(self, paths: Paths, kind: BrokerKind, seed: int, seconds: float) -> None:
        self._kind: BrokerKind = kind
        self._paths, self._seed, self._seconds = paths, seed, seconds

    def outcome(self, database: Database, disks: bool) -> Outcome:
        world = build_world(self._paths, self._kind, database, Traffic(self._seed, PERSON_EACH_S), disks)
        try:
            return self._watched(world)
        finally:
            world.close()

    def _watched(self, world: World) -> Outcome:
        _start(world)
        trouble, stop = Trouble(world), threading.Event()
        ear = Ear(world.broker.port, world.words[EAR], random.Random(self._seed))  # noqa: S311 - repeatable, not secret
        desk = Desk(world.engine, world.account, GATES, random.Random(self._seed))  # noqa: S311 - as above
        asking = threading.Thread(target=desk.run, args=(stop, ORDER_EACH_S), name="desk")
        asking.start()
        try:
            _wait_for_work(world, trouble)
            trouble.follow(plan(self._seed, self._seconds, world.cast, TROUBLE_EACH_S), self._seconds)
        finally:
            stop.set()
            asking.join()
            ear.close()
        healed_s = _heal(world, trouble)
        evidence = _evidence(world, ear)
        made = {kind.value: count for kind, count in sorted(trouble.made.items())}
        return Outcome(judge(evidence), made, trouble.kills, trouble.cuts, desk.asked, healed_s)


def _start(world: World) -> None:
    """The broker first."""
    world.programs["broker"].start()
    wait_for_port(world.broker.port)
    for name, program in world.programs.items():
        if name != "broker":
            program.start()


def _wait_for_work(world: World, trouble: Trouble) -> None:
    """Until every gate has opened by an order: trouble is to meet what works. Raises CannotStart."""
    opened = select(GateOrder.gate_id).where(
        GateOrder.operation == Operation.OPEN.value, GateOrder.state == OrderState.DONE.value
    )
    end = time.monotonic() + AT_WORK_WITHIN_S
    while time.monotonic() < end:
        with reading(world.engine) as session:
            if set(session.scalars(opened)) == set(GATES):
                return
        trouble.tend()
    raise CannotStart(
        f"No order was obeyed at every gate within {AT_WORK_WITHIN_S:.0f} s, before any trouble."
    )


def _heal(world: World, trouble: Trouble) -> float | None:
    """Nobody comes any more, and gates start once again, so that what they counted is written down.

    Seconds until all of it is receipted.
    """
    began = time.monotonic()
    world.paths.closed.touch()
    for gate in GATES:
        world.programs[gate].stop()
        world.programs[gate].start()
    while time.monotonic() - began < HEALED_WITHIN_S:
        if all(is_receipted(world.paths.journal(gate)) for gate in GATES):
            return round(time.monotonic() - began, 1)
        trouble.tend()
        time.sleep(SETTLED_S)
    return None


def _evidence(world: World, ear: Ear) -> Evidence:
    """What witnesses, journals and register say once everything stands still."""
    for gate in GATES:
        world.programs[gate].stop()
    heard = {gate: heard_from(world.paths.witness(gate)) for gate in GATES}
    with reading(world.engine) as session:
        rows = _rows(session)
    return Evidence(
        made=[one for gate in heard.values() for one in gate.made],
        rows=rows,
        pulses=world.relays.pulses,
        orders=orders_told(world.engine, ear.orders),
        counted={gate: said.counted for gate, said in heard.items()},
        let_out={gate: said.let_out for gate, said in heard.items()},
        chain_ok=_chains_hold(world),
    )


def _rows(session: Session) -> list[Row]:
    """The register's log of passages."""
    row = Passage.id, Passage.gate_id, Passage.epoch, Passage.seq, Passage.hash, Passage.times, Passage.reason
    return [
        Row(str(id_), gate, epoch, seq, hash_, times, let_out=reason == Reason.NO_RECORD.value)
        for id_, gate, epoch, seq, hash_, times, reason in session.execute(select(*row))
    ]


def _chains_hold(world: World) -> bool:
    """Every gate's chain on both sides without a bad or missing link, and every link of the gate at the server."""
    with reading(world.engine) as session:
        walked = [walk(RegisterChain(session, gate)) for gate in GATES]
        whole = all(one.bad is None and not (one.awaited or one.excused) for one in walked)
        kept = {
            Link(*row)
            for log in (Passage, Alarm)
            for row in session.execute(select(log.gate_id, log.epoch, log.seq, log.hash))
        }
    here = all(verify_journal(world.paths.journal(gate)).ok for gate in GATES)
    return (
        whole
        and here
        and all(link in kept for gate in GATES for link in links(world.paths.journal(gate), gate))
    )
