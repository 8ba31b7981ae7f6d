"""Registers on both kinds of database."""

import pytest

from tests.databases import BOTH, postgresql_address, postgresql_register, postgresql_server
from tests.whole.registers import PostgreSqlRegister, Register, SqliteRegister

__all__ = ["postgresql_address", "postgresql_register", "postgresql_server"]


@pytest.fixture(params=BOTH)
def register(request: pytest.FixtureRequest) -> Register:
    """Whoever takes it closes it."""
    if request.param == "sqlite":
        return SqliteRegister()
    address: str = request.getfixturevalue("postgresql_register")
    return PostgreSqlRegister(address, request.getfixturevalue("postgresql_address"))
