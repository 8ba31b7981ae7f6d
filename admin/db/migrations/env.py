"""Alembic's entry: the connection comes from `admin.db.migrate`, or from alembic.ini for developers."""

from alembic import context
from sqlalchemy import Connection

from admin.db import tables
from admin.db.session import make_engine, writer

METADATA = tables.Person.metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        render_as_batch=True,  # SQLite changes a table by copying it
        transactional_ddl=True,  # so does SQLite once BEGIN is ours
    )
    with context.begin_transaction():
        context.run_migrations()


def write(url: str) -> None:
    """The statements instead of their effect."""
    context.configure(url=url, target_metadata=METADATA, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


handed: Connection | None = context.config.attributes.get("connection")
if context.is_offline_mode():
    write(context.config.get_main_option("sqlalchemy.url", ""))
elif handed is not None:
    run(handed)
else:
    with writer(make_engine(context.config.get_main_option("sqlalchemy.url", ""))).begin() as own:
        run(own)
