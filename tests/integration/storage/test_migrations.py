"""The revisions of the tables: they lead to what the program works with, and lose nothing on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hatchling.builders.wheel import WheelBuilder
from sqlalchemy import text

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.migrating import configuration, upgrade
from chatapp.adapters.sql.preparing import database_at, prepare
from chatapp.adapters.sql.revisions import HEAD, REVISIONS, BadDatabase
from chatapp.adapters.sql.tables import metadata
from tests.integration.storage.filled import ROWS, connected, fill, missing, tables

SQLITE_ADD = "INSERT INTO search (rowid, scope, words) VALUES (:position, 'v1 c1', 'word')"
POSTGRESQL_ADD = (
    "INSERT INTO search (position, visitor_id, conversation_id, words) VALUES (:position, 'v1', 'c1', 'word')"
)


def test_the_revisions_are_those_of_alembic() -> None:
    scripts = ScriptDirectory.from_config(configuration())

    assert scripts.get_heads() == [HEAD]
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_the_wheel_holds_every_revision() -> None:
    wheel = WheelBuilder(str(Path(__file__).parents[3]))
    packed = {Path(file.relative_path) for file in wheel.recurse_included_files()}
    migrations = Path("chatapp", "adapters", "sql", "migrations")

    assert migrations / "env.py" in packed
    assert len([file for file in packed if file.parent == migrations / "versions"]) == len(REVISIONS)


def test_alembic_finds_nothing_to_change(database_url: str) -> None:
    def is_compared(_: Any, name: str | None, kind: str, *__: Any) -> bool:
        return not (kind == "table" and str(name).startswith("search"))

    with connected(database_url) as connection:
        options = {"include_object": is_compared, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_tables_are_those_of_the_program(empty_url: str) -> None:
    database_at(empty_url).make()
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    with connected(empty_url) as connection:
        metadata.create_all(connection)
    wanted = tables(empty_url)
    with connected(empty_url) as connection:
        metadata.drop_all(connection)

    prepare(empty_url)

    assert {name: made for name, made in tables(empty_url).items() if name in wanted} == wanted


def test_there_is_data_for_every_revision() -> None:
    assert tuple(ROWS) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_any_revision_comes_up_to_date_with_nothing_lost(empty_url: str, revision: str) -> None:
    _make(empty_url, revision)

    prepare(empty_url)

    assert missing(empty_url, revision) == []
    with connected(empty_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD


def test_what_is_there_before_the_search_waits_to_be_indexed(empty_url: str) -> None:
    _make(empty_url, "0001")

    prepare(empty_url)

    with connected(empty_url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM messages WHERE NOT indexed")) == 4
        assert connection.scalar(text("SELECT count(*) FROM search")) == 0


@pytest.mark.parametrize("deletion", ["DELETE FROM conversations WHERE position = 1", "DELETE FROM visitors"])
def test_the_search_forgets_what_is_deleted(database_url: str, deletion: str) -> None:
    fill(database_url, HEAD)
    database = Database(database_url)
    add = text(SQLITE_ADD if database.is_sqlite else POSTGRESQL_ADD)
    with database.writing() as connection:
        for position in (1, 1010, 1020):
            connection.execute(add, {"position": position})

    with database.writing() as connection:
        connection.execute(text(deletion))

    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM search")) == 0
    database.close()


def test_an_upgrade_that_fails_leaves_everything_as_it_was(empty_url: str) -> None:
    _make(empty_url, "0001")
    with connected(empty_url) as connection:  # what the upgrade makes last is there already
        connection.execute(text("CREATE TABLE search (mine INTEGER)"))
    before = tables(empty_url)

    with pytest.raises(BadDatabase, match=f"could not be brought to revision {HEAD}, and are as they were") as refusal:
        prepare(empty_url)

    assert (tables(empty_url), missing(empty_url, "0001")) == (before, [])
    with connected(empty_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
        with pytest.raises(Exception, match="indexed"):
            connection.execute(text("SELECT indexed FROM messages"))
    assert "search" in str(refusal.value)


def _make(url: str, revision: str) -> None:
    """Make a database as it was at a revision, with data."""
    database_at(url).make()
    upgrade(url, revision)
    fill(url, revision)
