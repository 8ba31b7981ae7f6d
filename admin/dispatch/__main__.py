"""`python -m admin.dispatch --config dispatch.toml`"""

import sys
import threading
import time
from datetime import UTC, datetime

import structlog

from admin.beginning import begin
from admin.db.session import make_engine
from admin.dispatch.admission import Desk, PinnedKeys
from admin.dispatch.announcer import MqttAnnouncer
from admin.dispatch.body import Keys
from admin.dispatch.broker_access import access_of, settle_users
from admin.dispatch.joining import Hours, Joining
from admin.dispatch.loop import Dispatch, Outside
from admin.dispatch.orders import Orders, Times
from admin.logs import start_log
from admin.security.authority import AUTHORITY_KEY, load_authority
from admin.security.keys import load_seal_public, load_sealing_key, load_signing_key
from admin.settings import DispatchSettings
from admin.vault.errors import VaultError
from admin.vault.templates import open_vault
from contracts.ending import Ending

log = structlog.get_logger()


def main() -> int:
    """Runs until SIGTERM or Ctrl-C; 2 where the settings, a key or the vault cannot be used."""
    return begin("admin.dispatch", lambda config: run(DispatchSettings.read(config)), VaultError)


def run(settings: DispatchSettings) -> None:
    """Builds the parts and loops."""
    start_log("dispatch")
    stop = Ending.by_signals()
    keys = Keys(
        own=load_sealing_key(settings.own_keys / "dispatch.key"),
        manifest=load_signing_key(settings.own_keys / "manifest.key"),
        passes=load_signing_key(settings.own_keys / "pass.key"),
    )
    order_key = load_signing_key(settings.own_keys / "order.key")
    engine, announcer = make_engine(settings.database), MqttAnnouncer(settings.broker)
    outside = Outside(
        faces=open_vault(settings.vault),
        announcer=announcer,
        web=load_seal_public(settings.public_keys / "web.pub"),
        now=lambda: datetime.now(UTC),
        pause=stop.wait,
    )
    orders = Orders(engine, order_key, announcer, Times(outside.now, time.monotonic, stop.wait))
    joining = Joining(engine, keys.own, desk_of(settings), Hours(outside.now, stop.wait))
    beside = [
        threading.Thread(target=orders.run, name="orders"),
        threading.Thread(target=joining.run, name="joining"),
    ]
    if settings.broker_access is not None:
        settle_users(access_of(settings.broker_access), engine, outside.now())
    announcer.open()
    for thread in beside:
        thread.start()
    log.info("dispatch started")
    try:
        Dispatch(engine, keys, outside).run()
    finally:
        stop.set()
        for thread in beside:
            thread.join()
        announcer.close()
        log.info("dispatch stopped")


def desk_of(settings: DispatchSettings) -> Desk | None:
    """What gates are admitted with; None where the settings do not say how. Raises KeyFileError."""
    if settings.broker_access is None or settings.broker_for_gates is None:
        return None
    certifies = settings.broker_for_gates.tls or (settings.own_keys / AUTHORITY_KEY).exists()
    return Desk(
        access=access_of(settings.broker_access),
        broker=settings.broker_for_gates,
        pinned=lambda: PinnedKeys.load(settings.public_keys),
        authority=load_authority(settings.own_keys) if certifies else None,
    )


if __name__ == "__main__":
    sys.exit(main())
