"""`kaimen prepare`: what the server's processes and a Mosquitto need to run each on its own. docs/operations.md."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from admin.dispatch.broker import DISPATCH, INGEST, BrokerUser, dispatch_rights, ingest_rights
from admin.dispatch.broker_mosquitto import KEEPER, first_users
from admin.security.keys import write_private
from kaimen.house import SERVER, House
from kaimen.install import Installation, Ports, prepare, write_server_settings
from kaimen.papers import Papers
from kaimen.state import StateFolder, held
from kaimen.weights import weights_folder

BROKER_PORT: Final = 8883
WEB_PORT: Final = 8750
VAULT: Final = ("vault", "keystore")
DYNAMIC_SECURITY: Final = "dynamic-security.json"


def prepare_server(state: Path, host: str) -> str:
    """Makes what is missing and new certificates; settings that are there stay. Gives what to tell the operator.

    Raises CannotStart. Run again within a year, before the certificates end.
    """
    folder, now = StateFolder(state.resolve()), datetime.now(UTC)
    with held(folder):
        box = prepare(folder, Ports(WEB_PORT, BROKER_PORT, 0), weights_folder(), now, host)
        papers = box.papers
        if papers is None:
            raise LookupError(f"Nothing was prepared for {host}.")
        papers.make_client(KEEPER, KEEPER, now)
        house = House.of(box)
        passwords = {name: house.secret(name, "broker") for name in (INGEST, DISPATCH, KEEPER)}
        if not folder.config("dispatch").exists():
            write_server_settings(box, passwords, _access(papers, passwords[KEEPER]))
        for shut_away in VAULT:  # a unit shuts away only what is there when it starts
            (folder.root / shut_away).mkdir(mode=0o700, exist_ok=True)
        _for_mosquitto(folder.root / "mosquitto", papers, passwords)
        box.engine.dispose()
    return _told(box, papers)


def _access(papers: Papers, password: Path) -> Mapping[str, object]:
    shown = dict(papers.shown_by(KEEPER))
    where = {"host": papers.host, "port": BROKER_PORT, "username": KEEPER, "password_file": str(password)}
    return {"kind": "mosquitto"} | where | shown


def _for_mosquitto(folder: Path, papers: Papers, passwords: Mapping[str, Path]) -> None:
    """What is copied to the broker. The users' file once: after that it is the plugin's own."""
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(papers.authority, folder / "ca.crt")
    write_private(folder / "server.crt", papers.certificate("broker").read_bytes())
    write_private(folder / "server.key", papers.key("broker").read_bytes())
    users = (
        BrokerUser(INGEST, passwords[INGEST].read_text(), ingest_rights()),
        BrokerUser(DISPATCH, passwords[DISPATCH].read_text(), dispatch_rights()),
    )
    if not (folder / DYNAMIC_SECURITY).exists():
        write_private(folder / DYNAMIC_SECURITY, first_users(users, passwords[KEEPER].read_text()))


def _told(box: Installation, papers: Papers) -> str:
    lines = [f"settings     {box.folder.config(name)}" for name in SERVER]
    lines += [f"for the broker  {box.folder.root / 'mosquitto'}", f"pages        {box.address}"]
    if box.one_time_password:
        lines.append(f"account      admin, one-time password {box.one_time_password}")
    return "\n".join([*lines, f"authority    {papers.authority}, SHA-256 {papers.fingerprint}"])
