"""A gate that dies: writes one granted passage, then kills itself before or after the relay answered."""

import os
import signal
import sys
from pathlib import Path

from contracts.ids import PassId
from gate.store.spent import SpentPasses
from tests.gate.store.journals import MORNING, SOMEBODY, a_grant, a_journal


def main(folder: Path, when: str) -> None:
    journal, happened = a_journal(folder / "journal.sqlite3"), a_grant()
    journal.write_passage(SOMEBODY, happened)
    SpentPasses(folder / "spent.sqlite3").use(PassId("1" * 32), happened.id, MORNING)
    if when == "after":
        journal.pulse_is_done(happened.id, True, 2100)
    sys.stdout.write(f"{happened.id}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
