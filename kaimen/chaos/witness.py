"""What a gate made, written down beside its journal and on another disk, by fsync, before the door moves."""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.passage import PassageV1, PassageWhat, PassageWho
from gate.attendant import Records


@dataclass(frozen=True, slots=True)
class Made:
    """A passage that the journal has committed, with its place in the chain and the boot that made it."""

    id: str
    gate: str
    epoch: str
    seq: int
    hash: str
    boot: str
    method: str


@dataclass(slots=True)
class Testimony:
    """All of one gate: passages with rows of their own, how many refusals were counted in shared rows, and when it
    was about to let somebody out without a record, in milliseconds of the machine's monotonic clock."""

    made: list[Made] = field(default_factory=list[Made])
    counted: int = 0
    let_out: list[int] = field(default_factory=list[int])


class WitnessFile:
    """Appended to line by line; a line that is there is there whole."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def made(self, passage: PassageV1, what: PassageWhat) -> None:
        place = passage.place
        self._append(
            asdict(
                Made(
                    str(what.id),
                    passage.gate,
                    place.epoch,
                    place.seq,
                    place.hash,
                    what.boot,
                    what.method.value,
                )
            )
        )

    def counted(self) -> None:
        self._append({})

    def lets_out(self) -> None:
        self._append({"let_out": int(time.monotonic() * 1000)})

    def _append(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")
        os.fsync(self._file)


class WitnessedRecords:
    """A gate's records, each told to the witness once it is committed."""

    def __init__(self, records: Records, file: WitnessFile) -> None:
        self._records, self._file = records, file

    def write_passage(self, who: PassageWho, what: PassageWhat) -> PassageV1:
        passage = self._records.write_passage(who, what)
        self._file.made(passage, what)
        return passage

    def write_refusal(self, who: PassageWho, what: PassageWhat) -> PassageV1 | None:
        passage = self._records.write_refusal(who, what)
        if passage is None:
            self._file.counted()
        else:
            self._file.made(passage, what)
        return passage

    def write_alarm(self, what: AlarmWhat) -> AlarmV1:
        return self._records.write_alarm(what)

    def write_later(self, what: PassageWhat) -> None:
        self._records.write_later(what)
        self._file.lets_out()

    def pulse_is_done(self, passage: UUID, worked: bool, at_monotonic_ms: int) -> None:
        self._records.pulse_is_done(passage, worked, at_monotonic_ms)


def heard_from(path: Path) -> Testimony:
    """What a gate's witness has written."""
    heard = Testimony()
    for line in path.read_text().splitlines() if path.exists() else ():
        fields = json.loads(line)
        if not fields:
            heard.counted += 1
        elif "let_out" in fields:
            heard.let_out.append(fields["let_out"])
        else:
            heard.made.append(Made(**fields))
    return heard
