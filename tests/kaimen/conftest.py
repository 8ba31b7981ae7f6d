"""State folders whose register is where the pages' settings say."""

from pathlib import Path

from kaimen.gatefile import write_toml
from kaimen.state import StateFolder
from tests.databases import database, migrated, postgresql_address, postgresql_register, postgresql_server

__all__ = ["database", "migrated", "postgresql_address", "postgresql_register", "postgresql_server"]


def a_state(root: Path, address: str) -> StateFolder:
    """As `kaimen prepare` leaves it where an operator has named another database."""
    folder = StateFolder(root)
    folder.config("web").parent.mkdir(parents=True)
    keys = {"own_keys": str(folder.keys("web")), "public_keys": str(folder.public_keys)}
    address_of_pages = {"port": 8750, "base_url": "http://127.0.0.1:8750", "secure_cookies": False}
    write_toml(folder.config("web"), {"database": address, **keys, **address_of_pages})
    return folder
