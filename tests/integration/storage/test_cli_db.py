"""``chatapp db``: what the owner can do with the database, and what it says."""

from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.indexing import Indexing
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.migrating import upgrade
from chatapp.adapters.sql.preparing import database_at
from chatapp.adapters.sql.revisions import HEAD
from chatapp.adapters.sql.visitors import SqlVisitorStore
from tests.databases import MakeDatabase
from tests.integration.storage.filled import connected, fill
from tests.integration.terminal import chatapp, environment
from tests.samples import PLENTY, reservation
from tests.server import serving

Db = Callable[..., Result]


@pytest.fixture
def db(tmp_path: Path) -> Db:
    """Run ``chatapp db`` for a database."""
    return lambda url, *arguments: chatapp(tmp_path, "db", *arguments, CHATAPP_DATABASE_URL=url)


def keys(url: str) -> list[str]:
    database = Database(url)
    try:
        return list(SqlVisitorStore(database).keys())
    finally:
        database.close()


def test_upgrade_makes_the_tables_once(db: Db, empty_url: str) -> None:
    assert db(empty_url, "upgrade").output == f"The tables were made (revision {HEAD}).\n"
    assert db(empty_url, "upgrade").output == "Everything is up to date.\n"


def test_upgrade_says_what_it_did_and_where_the_copy_is(db: Db, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chatapp.db"
    upgrade(url, "0001")

    said = db(url, "upgrade").output.splitlines()

    assert said[0] == f"The tables were brought from revision 0001 to {HEAD}."
    assert said[1].startswith(f"A copy from before is at {tmp_path}/chatapp.db.before-{HEAD}-")


def change(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def fill_and_index(url: str) -> None:
    fill(url, HEAD)
    change(url, "UPDATE messages SET indexed = false")
    database = Database(url)
    try:
        indexing = Indexing(database)
        while indexing.index():
            pass
    finally:
        database.close()


def test_check_tells_what_is_in_a_sound_database(db: Db, database_url: str) -> None:
    fill(database_url, HEAD)
    change(database_url, "UPDATE messages SET indexed = false")

    found = db(database_url, "check")

    assert found.exit_code == 0
    assert f"revision {HEAD}, " in found.output
    assert "2 conversations with 4 messages.\n" in found.output
    assert "1 answers are being made; 4 messages are still to be indexed.\n" in found.output
    assert found.output.endswith("ok     Nothing is wrong.\n")


def test_check_finds_rows_that_refer_to_nothing(db: Db, fresh_sqlite: MakeDatabase) -> None:
    url = fresh_sqlite()
    with connected(url) as connection:
        connection.exec_driver_sql("INSERT INTO handoffs VALUES ('d', 'nobody', 1)")

    found = db(url, "check")

    assert found.exit_code == 1
    assert "WRONG  Row 1 of handoffs refers to a row of visitors that is not there.\n" in found.output


@pytest.mark.parametrize(
    ("change_to", "problem"),
    [
        ("UPDATE conversations SET leaf_id = 'm9' WHERE visitor_id = 'v1'", "conversation c1 ends with a message m9"),
        ("UPDATE messages SET parent_id = 'm9' WHERE id = 'm2'", "message m2 answers a message m9"),
    ],
    ids=["leaf", "parent"],
)
def test_check_finds_what_names_a_message_that_is_not_there(
    db: Db, database_url: str, change_to: str, problem: str
) -> None:
    fill_and_index(database_url)
    change(database_url, change_to)

    found = db(database_url, "check")

    assert (found.exit_code, f"WRONG  The {problem} that is not in i" in found.output) == (1, True)


def test_check_finds_a_budget_that_counts_less_than_its_calls(db: Db, database_url: str) -> None:
    database = Database(database_url)
    try:
        ledger = SqlLedger(database, PLENTY, "openai")
        ledger.reserve(reservation("r1"), "p1")
        ledger.reserve(reservation("r2"), "p1")
    finally:
        database.close()
    sound = db(database_url, "check")
    change(database_url, "UPDATE meters SET nano_usd = nano_usd - 1 WHERE name = 'everybody'")

    found = db(database_url, "check")

    assert sound.exit_code == 0
    assert "WRONG  Today's budget of the book “openai” counts 1999999 billionths of a dollar, but its" in found.output
    assert (found.exit_code, "its calls come to 2000000.\n" in found.output) == (1, True)


@pytest.mark.parametrize("table", ["search_data", "search_content", "search_docsize", "search_idx", "search_config"])
def test_a_damaged_index_is_found_and_made_anew(db: Db, fresh_sqlite: MakeDatabase, table: str) -> None:
    url = fresh_sqlite()
    fill_and_index(url)
    change(url, f"DELETE FROM {table}")

    found = db(url, "check")
    made = db(url, "reindex")

    assert found.exit_code == 1
    assert "WRONG  The search index is damaged. “chatapp db reindex” makes it anew.\n" in found.output
    assert made.output == "The search index was made anew, with 4 messages and titles.\n"
    assert db(url, "check").output.endswith("ok     Nothing is wrong.\n")


def test_an_index_that_lacks_messages_is_found_and_made_anew(db: Db, database_url: str) -> None:
    fill_and_index(database_url)
    change(database_url, "DELETE FROM search")

    found = db(database_url, "check")
    db(database_url, "reindex")

    assert "WRONG  The search index lacks 3 messages that should be in it. “chatapp db reindex”" in found.output
    assert db(database_url, "check").output.endswith("ok     Nothing is wrong.\n")


def test_an_index_made_anew_is_as_the_upgrade_makes_it(db: Db, fresh_sqlite: MakeDatabase) -> None:
    url = fresh_sqlite()
    before = index_of_file(url)

    db(url, "reindex")

    assert index_of_file(url) == before


def index_of_file(url: str) -> list[tuple[Any, ...]]:
    """Return how the index is made, and what it is told about its merges."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_schema WHERE name LIKE 'search%' ORDER BY name")
        return [*made, *connection.execute("SELECT k, v FROM search_config ORDER BY k")]


def test_check_finds_damage(db: Db, fresh_sqlite: MakeDatabase) -> None:
    url = fresh_sqlite()
    fill(url, HEAD)
    with connected(url) as connection:
        # The index says from now on that it holds other rows than it does.
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_schema SET sql = replace(sql, '''running''', '''failed''') WHERE type = 'index'"
        )

    found = db(url, "check")

    assert found.exit_code == 1
    assert " missing from index messages_running.\n" in found.output
    assert "WRONG  The file is damaged: " in found.output


def test_check_finds_an_index_that_postgresql_does_not_use(db: Db, fresh_postgres: MakeDatabase) -> None:
    url = fresh_postgres()
    with connected(url) as connection:
        connection.exec_driver_sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'search_words'::regclass")

    found = db(url, "check")

    assert found.exit_code == 1
    assert "WRONG  The index search_words is not valid; REINDEX makes it anew.\n" in found.output


def test_check_says_where_there_is_nothing_yet(db: Db, empty_url: str) -> None:
    found = db(empty_url, "check")

    assert (found.exit_code, "yet. The first start makes its tables." in found.output) == (1, True)


def test_check_says_that_an_older_database_is_to_be_upgraded(db: Db, empty_url: str) -> None:
    database_at(empty_url).make()
    upgrade(empty_url, "0001")

    found = db(empty_url, "check")

    assert (found.exit_code, "of an earlier version of chatapp (revision 0001)" in found.output) == (1, True)


def test_a_backup_is_made_while_the_server_runs(tmp_path: Path) -> None:
    with serving(tmp_path, CHATAPP_LLM="fake"):
        with closing(sqlite3.connect(tmp_path / "data" / "chatapp.db")) as connection:
            # Seen in the year 2100: the server takes out whoever was not seen for long.
            connection.execute("INSERT INTO visitors (id, made_at, seen_at) VALUES ('v1', 1, 4102444800000)")
            connection.commit()
        made = chatapp(tmp_path, "db", "backup", str(tmp_path / "backup.db"))

    assert made.exit_code == 0
    assert made.output.startswith(f"{tmp_path}/backup.db holds everything up to this moment, 0.")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        assert copy.execute("SELECT count(*) FROM visitors WHERE id = 'v1'").fetchone() == (1,)


def test_a_backup_overwrites_nothing(db: Db, fresh_sqlite: MakeDatabase, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    refused = db(fresh_sqlite(), "backup", str(tmp_path / "mine"))

    assert (refused.exit_code, (tmp_path / "mine").read_text()) == (1, "mine")
    assert refused.output.startswith(f"Error: There is a file {tmp_path}/mine already")


def test_a_backup_of_postgresql_is_left_to_its_own_program(db: Db, fresh_postgres: MakeDatabase) -> None:
    refused = db(fresh_postgres(), "backup", "copy.db")

    assert (refused.exit_code, "pg_dump" in refused.output) == (1, True)


def test_a_new_key_leaves_the_old_ones(db: Db, database_url: str) -> None:
    (first,) = keys(database_url)

    said = db(database_url, "rotate-key")

    assert (said.exit_code, "Older tokens stay good" in said.output) == (0, True)
    assert keys(database_url)[0] == first
    assert len(keys(database_url)) == 2


def test_no_key_is_made_in_a_database_that_is_to_be_upgraded(db: Db, empty_url: str) -> None:
    database_at(empty_url).make()
    upgrade(empty_url, "0001")

    refused = db(empty_url, "rotate-key")

    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert "or “chatapp db upgrade”, brings it up to date." in refused.output
    assert database_at(empty_url).find_revision() == "0001"


def test_old_keys_are_forgotten_where_that_is_wanted(db: Db, database_url: str) -> None:
    (first,) = keys(database_url)

    said = db(database_url, "rotate-key", "--forget-old", "--yes")

    assert "All older tokens have ended" in said.output
    assert len(keys(database_url)) == 1
    assert keys(database_url) != [first]


def test_old_keys_are_not_forgotten_without_a_yes(db: Db, fresh_sqlite: MakeDatabase) -> None:
    url = fresh_sqlite()
    before = keys(url)

    asked = db(url, "rotate-key", "--forget-old")

    assert "nobody can get back to their conversations" in asked.output
    assert (asked.exit_code, keys(url)) == (1, before)


@pytest.mark.parametrize(
    "command", [("upgrade",), ("check",), ("backup", "copy.db"), ("rotate-key",)], ids=lambda c: c[0]
)
def test_a_database_that_cannot_be_used_is_told_in_one_sentence(
    db: Db, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)

    refused = db(f"sqlite:///{tmp_path}/letter.txt", *command)

    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert refused.output.startswith(f"Error: The file {tmp_path}/letter.txt is no SQLite database.")


def test_a_long_copy_shows_a_bar_to_a_person(fresh_sqlite: MakeDatabase, tmp_path: Path) -> None:
    person, terminal = pty.openpty()
    command = [sys.executable, "-m", "chatapp", "db", "backup", str(tmp_path / "copy.db")]
    ours = environment(CHATAPP_DATABASE_URL=fresh_sqlite())
    subprocess.run(command, cwd=tmp_path, env=ours, stdout=subprocess.DEVNULL, stderr=terminal, check=True)
    os.close(terminal)

    shown = os.read(person, 10_000).decode()
    os.close(person)
    assert "Copying" in shown
    assert "100%" in shown
