"""`python -m admin.jobs --config worker.toml`"""

import argparse
import sys
from pathlib import Path
from typing import Final

import structlog

from admin.jobs.app import build
from admin.logs import start_log
from admin.security.keys import KeyFileError
from admin.settings import WorkerSettings, WrongSettings
from admin.vault import VaultError
from contracts.ending import Ending

WRONG_SETTINGS: Final = 2
log = structlog.get_logger()


def main() -> int:
    """Runs until SIGTERM or Ctrl-C; 2 where the settings, a key or the vault cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m admin.jobs", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    config: Path = parser.parse_args().config
    try:
        run(WorkerSettings.read(config))
    except (WrongSettings, KeyFileError, VaultError, OSError) as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 - nobody reads the log of a process that cannot start
        return WRONG_SETTINGS
    return 0


def run(settings: WorkerSettings) -> None:
    """Builds the parts and loops."""
    start_log("worker")
    stop = Ending.by_signals()
    worker = build(settings, stop.wait)
    log.info("worker started")
    worker.run()
    log.info("worker stopped")


if __name__ == "__main__":
    raise SystemExit(main())
