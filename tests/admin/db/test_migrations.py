"""The register's tables come up, go down, and are what the code says they are."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from admin.db import migrate
from admin.db.base import Base
from admin.db.session import reading, writing
from admin.db.tables import AuditHead, Server


def test_head_is_what_the_tables_say(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        options = {"compare_type": True, "include_object": all_but_indexes}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_every_index_is_there_in_its_order(empty: Engine) -> None:
    migrate.upgrade(empty)
    migrated = indexes(empty)
    migrate.downgrade(empty, "base")
    Base.metadata.create_all(empty)
    assert migrated == indexes(empty)


def all_but_indexes(_thing: object, _name: str | None, kind: str, *_: object) -> bool:
    """Descending indexes cannot be compared on SQLite; the test above reads their statements."""
    return kind != "index"


def indexes(engine: Engine) -> set[str]:
    """Their statements as the database keeps them, but for its own bookkeeping."""
    kept = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    with engine.connect() as connection:
        rows = connection.execute(text(kept[engine.dialect.name]))
        return {str(row[0]) for row in rows if "alembic" not in str(row[0])}


def test_up_down_and_up_again(empty: Engine) -> None:
    migrate.upgrade(empty)
    assert migrate.revision_of(empty) == migrate.head()
    migrate.downgrade(empty, "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    migrate.upgrade(empty)
    migrate.require_head(empty)


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    migrate.upgrade(empty)
    with writing(empty) as session:
        session.get_one(Server, 1).revision = 7
    migrate.upgrade(empty)
    with reading(empty) as session:
        assert session.get_one(Server, 1).revision == 7


def test_the_rows_there_is_one_of_are_there(empty: Engine) -> None:
    migrate.upgrade(empty)
    with reading(empty) as session:
        server, head = session.get_one(Server, 1), session.get_one(AuditHead, 1)
        assert (server.generation, server.revision, head.seq, head.hash) == (1, 1, 0, "0" * 64)


def test_rows_survive_later_steps_down_and_up(empty: Engine) -> None:
    migrate.upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.execute(
            text("INSERT INTO place VALUES (1, NULL, 'compound', '红梅苑', 'Red Plum Court', '/1/')")
        )
        connection.execute(
            text(
                "INSERT INTO person (id, compound_id, wire_id, vault_id, name, pinyin, initials, added_at)"
                " VALUES (:id, 1, 'w', 'v', '测试', 'ce shi', 'cs', '2026-11-01 00:00:00')"
            ),
            {"id": "0" * 32},
        )
    migrate.upgrade(empty)
    migrate.downgrade(empty, "0001")
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert connection.execute(text("SELECT name, pinyin FROM person")).all() == [("测试", "ce shi")]


@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
def test_cursors_of_before_know_which_place_their_hash_is_of(empty: Engine) -> None:
    migrate.upgrade(empty, "0003")
    with sqlite3.connect(str(empty.url.database)) as plain:  # its gate is not of interest here
        plain.executemany(
            "INSERT INTO gate_epoch (gate_id, epoch, opened_at, seq, hash, highest)"
            " VALUES ('g', ?, '2026-11-01 00:00:00', ?, ?, 9)",
            [("e1", 7, "ab" * 32), ("e2", 0, None)],
        )
    plain.close()
    migrate.upgrade(empty)
    with empty.connect() as connection:
        found = connection.execute(text("SELECT epoch, hash_seq FROM gate_epoch ORDER BY epoch")).all()
    assert found == [("e1", 7), ("e2", 0)]


@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
def test_orders_of_before_are_of_the_servers_present_generation(empty: Engine) -> None:
    migrate.upgrade(empty, "0011")
    with sqlite3.connect(str(empty.url.database)) as plain:  # its gate and account are not of interest here
        plain.execute("UPDATE server SET generation = 7")
        plain.execute(
            "INSERT INTO gate_order (id, gate_id, operation, reason, note, account_id, asked_at, state)"
            " VALUES ('o', 'g', 'hold_open', 'repair', '', 1, '2026-11-01 00:00:00', 'accepted')"
        )
    plain.close()
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert connection.execute(text("SELECT generation FROM gate_order")).scalars().all() == [7]


@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
def test_of_rosters_of_before_nobody_knows_whom_they_hold(empty: Engine) -> None:
    migrate.upgrade(empty, "0012")
    with sqlite3.connect(str(empty.url.database)) as plain:  # its gate is not of interest here
        plain.execute(
            "INSERT INTO sealed_roster (gate_id, version, generation, digest, size, content_key, people, made_at)"
            " VALUES ('g', 1, 1, '', 0, '', 0, '2026-11-01 00:00:00')"
        )
    plain.close()
    migrate.upgrade(empty)
    with empty.connect() as connection:
        found = connection.execute(
            text("SELECT step_puts_templates, drops_templates FROM sealed_roster")
        ).all()
    assert found == [(True, True)]


def test_a_step_that_fails_leaves_nothing_half_done(empty: Engine) -> None:
    migrate.upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE visit (id INTEGER)"))  # in the way of 0002
    with pytest.raises(Exception, match=r'visit"? already exists'):
        migrate.upgrade(empty)
    assert migrate.revision_of(empty) == "0001"
    assert "gate" not in inspect(empty).get_table_names()


def test_a_process_says_when_the_register_is_behind(empty: Engine) -> None:
    with pytest.raises(migrate.WrongRevision, match=r"revision none.*needs \d{4}.*kaimen up"):
        migrate.require_head(empty)


def test_postgresql_would_take_every_step() -> None:
    """Offline: the statements are rendered for PostgreSQL without a server."""
    script = migrate.as_sql("postgresql://")
    assert "CREATE TABLE passage" in script
    assert "TIMESTAMP WITH TIME ZONE" in script
    assert "INSERT INTO server" in script
