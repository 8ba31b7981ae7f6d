"""`python -m admin.jobs --config worker.toml`"""

import structlog

from admin.beginning import begin
from admin.db.session import make_engine
from admin.jobs.app import build
from admin.logs import start_log
from admin.settings import WorkerSettings
from admin.vault import VaultError
from contracts.ending import Ending

log = structlog.get_logger()


def main() -> int:
    """Runs until SIGTERM or Ctrl-C; 2 where the settings, a key or the vault cannot be used."""
    return begin("admin.jobs", lambda config: run(WorkerSettings.read(config)), VaultError)


def run(settings: WorkerSettings) -> None:
    """Builds the parts and loops."""
    start_log("worker")
    stop = Ending.by_signals()
    engine = make_engine(settings.database)
    worker = build(settings, engine, stop.wait)
    log.info("worker started")
    worker.run()
    engine.dispose()
    log.info("worker stopped")


if __name__ == "__main__":
    raise SystemExit(main())
