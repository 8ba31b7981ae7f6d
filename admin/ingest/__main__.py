"""`python -m admin.ingest --config ingest.toml`"""

import sys
from datetime import UTC, datetime
from typing import Final

import structlog

from admin.beginning import begin
from admin.db.session import make_engine
from admin.ingest.collector import collect_seldom
from admin.ingest.consumer import Consumer, Surroundings
from admin.ingest.lease import Duty, IngestLease, own_name
from admin.ingest.mailbox import MqttMailbox
from admin.logs import start_log
from admin.security.client_id import client_id
from admin.security.keys import load_signing_key
from admin.security.tls import read_password
from admin.settings import IngestSettings
from contracts.ending import Ending

log = structlog.get_logger()

RECEIPT_KEY: Final = "receipt.key"


def main() -> int:
    """Runs until SIGTERM or Ctrl-C; 2 where the settings or the key cannot be used."""
    return begin("admin.ingest", lambda config: run(IngestSettings.read(config)))


def run(settings: IngestSettings) -> None:
    """Builds the parts and loops."""
    start_log("ingest")
    stop = Ending.by_signals()
    key = load_signing_key(settings.own_keys / RECEIPT_KEY)
    own_id = client_id(settings.broker.username, read_password(settings.broker.password_file))
    mailbox = MqttMailbox(settings.broker, own_id)
    around = Surroundings(now=lambda: datetime.now(UTC), pause=stop.wait)
    engine = make_engine(settings.database)
    duty = Duty(IngestLease(engine, own_name()), mailbox, around.now)
    collect_seldom()
    log.info("ingest started")
    try:
        Consumer(engine, mailbox, key, around).run(duty.is_ours)
    finally:
        duty.end()
        log.info("ingest stopped")


if __name__ == "__main__":
    sys.exit(main())
