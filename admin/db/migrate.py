"""Bring a register to the newest tables, or back. Alembic runs from inside the package; no file beside it."""

from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from admin.db.session import make_engine, writer

SCRIPTS = Path(__file__).parent / "migrations"


class WrongRevision(Exception):
    """The register is not at the revision this program was written for."""

    def __init__(self, found: str | None, wanted: str) -> None:
        super().__init__(
            f"The register is at revision {found or 'none'}; this program needs {wanted}. "
            "Stop the server, make a backup, then start it with `kaimen up`, which brings it there."
        )
        self.found, self.wanted = found, wanted


def upgrade(register: Engine | str, to: str = "head") -> None:
    """Up to `to`, in one transaction: all of it or nothing. `register` is an engine or an URL."""
    with writer(_engine(register)).begin() as connection:
        command.upgrade(_config(connection), to)


def downgrade(register: Engine | str, to: str) -> None:
    """Down to `to` ("base": no tables, no rows), in one transaction."""
    with writer(_engine(register)).begin() as connection:
        command.downgrade(_config(connection), to)


def revision_of(register: Engine | str) -> str | None:
    """Where the register is; None when it has no tables yet."""
    with _engine(register).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this program knows."""
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head()
    if newest is None:
        raise LookupError(f"There are no migrations in {SCRIPTS}.")
    return newest


def require_head(register: Engine | str) -> None:
    """For processes that do not migrate: raises WrongRevision unless the register is at the newest."""
    found = revision_of(register)
    if found != head():
        raise WrongRevision(found, head())


def as_sql(url: str) -> str:
    """Every step as statements for the kind of database `url` names, for operators who run them by hand."""
    written = StringIO()
    config = _config(None, output=written)
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "head", sql=True)
    return written.getvalue()


def _engine(register: Engine | str) -> Engine:
    return make_engine(register) if isinstance(register, str) else register


def _config(connection: Connection | None, output: StringIO | None = None) -> Config:
    config = Config() if output is None else Config(output_buffer=output)
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
