"""Before anybody uses it, the database is there and up to date; what cannot be used is refused in one sentence."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Engine, ExceptionContext, event, text

from chatapp.adapters.sql.migrating import upgrade
from chatapp.adapters.sql.preparing import Upgrade, database_at, prepare
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.adapters.sql.sqlite_file import SqliteFile
from chatapp.settings import Settings
from tests.databases import MakeDatabase
from tests.integration.storage.filled import connected, fill, missing

PROCESSES = 8
PREPARE = dedent("""
    import sys
    from chatapp.adapters.sql.preparing import prepare

    print("ready", flush=True)
    sys.stdin.readline()
    print(prepare(sys.argv[1]) is not None, "alembic" in sys.modules)
""")


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def preparing(url: str) -> subprocess.Popen[str]:
    """Start a process that prepares the database as soon as it is told to."""
    command = [sys.executable, "-c", PREPARE, url]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def at_once(url: str, count: int) -> list[str]:
    """Let so many processes prepare the same database at the same moment; return what each says."""
    running = [preparing(url) for _ in range(count)]
    for process in running:
        assert process.stdout
        process.stdout.readline()
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in running]
    assert [process.returncode for process in running] == [0] * count
    return said


def copies(url: str) -> list[Path]:
    file = file_of(url)
    return sorted(file.parent.glob(f"{file.name}.before-*"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def an_older_one(url: str) -> str:
    database_at(url).make()
    upgrade(url, "0001")
    fill(url, "0001")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/kept/chatapp.db"


def test_a_new_database_gets_its_tables(empty_url: str) -> None:
    assert prepare(empty_url) == Upgrade(None, HEAD, None)
    assert prepare(empty_url) is None


def test_of_many_processes_at_once_one_makes_the_tables(empty_url: str) -> None:
    said = at_once(empty_url, PROCESSES)

    assert sorted(line.split()[0] for line in said) == ["False"] * (PROCESSES - 1) + ["True"]
    assert database_at(empty_url).find_revision() == HEAD


def test_tables_that_another_process_makes_meanwhile_are_not_those_of_another_program(
    empty_postgres: MakeDatabase,
) -> None:
    url = empty_postgres()

    def make_them(_: ExceptionContext) -> None:
        """Come when there was no revision to be read, and before anything else is asked."""
        upgrade(url)

    event.listen(Engine, "handle_error", make_them, once=True)

    assert database_at(url).find_revision() is None
    assert database_at(url).find_revision() == HEAD


def test_of_many_processes_at_once_one_brings_it_up_to_date(empty_url: str) -> None:
    said = at_once(an_older_one(empty_url), PROCESSES)

    assert sorted(line.split()[0] for line in said) == ["False"] * (PROCESSES - 1) + ["True"]
    assert missing(empty_url, "0001") == []


def test_alembic_is_loaded_only_where_there_is_something_to_do(empty_url: str) -> None:
    assert at_once(empty_url, 1) == ["True True"]
    assert at_once(empty_url, 1) == ["False False"]


@pytest.mark.parametrize("umask", [0, 0o077])
def test_only_its_owner_can_read_the_file(sqlite_url: str, umask: int) -> None:
    before = os.umask(umask)
    try:
        prepare(sqlite_url)
        file = file_of(sqlite_url)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("INSERT INTO processes (id, alive_at) VALUES ('p', 1)")
            connection.commit()
            modes = {path.name: mode(path) for path in file.parent.iterdir()}
    finally:
        os.umask(before)

    names = {"chatapp.db", "chatapp.db-wal", "chatapp.db-shm", "chatapp.db.lock"}
    assert modes == dict.fromkeys(names, 0o600)
    assert mode(file.parent) == 0o700


def test_what_root_makes_belongs_to_the_folders_owner(sqlite_url: str) -> None:
    folder = file_of(sqlite_url).parent
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 65_534, 65_534)

    prepare(sqlite_url)

    assert {path.stat().st_uid for path in folder.iterdir()} == {folder.stat().st_uid}


def test_a_folder_of_odd_signs_is_as_good(tmp_path: Path) -> None:
    folder = tmp_path / "a ?b#c%20ü"

    prepare(Settings(data_dir=folder).database_address)

    assert (folder / "chatapp.db").stat().st_size > 0


def test_a_file_is_copied_before_its_tables_change(sqlite_url: str) -> None:
    done = prepare(an_older_one(sqlite_url))

    assert done == Upgrade("0001", HEAD, *copies(sqlite_url))
    (copy,) = copies(sqlite_url)
    assert copy.name.startswith(f"chatapp.db.before-{HEAD}-")
    assert mode(copy) == 0o600
    assert (missing(f"sqlite:///{copy}", "0001"), database_at(f"sqlite:///{copy}").find_revision()) == ([], "0001")


def test_a_new_file_is_not_copied(sqlite_url: str) -> None:
    prepare(sqlite_url)

    assert copies(sqlite_url) == []


def test_the_three_newest_copies_are_kept(sqlite_url: str) -> None:
    older = file_of(sqlite_url).parent
    older.mkdir()
    for name in ("0009-20240101-000000-000000", "0001-20250102-000000-000000", "0001-20250101-000000-000000"):
        (older / f"chatapp.db.before-{name}").touch()
    (older / "chatapp.db.before-20200101.txt").touch()

    prepare(an_older_one(sqlite_url))

    first, second, new, not_ours = (copy.name.removeprefix("chatapp.db.before-") for copy in copies(sqlite_url))
    assert (first[:13], second[:13], not_ours) == ("0001-20250101", "0001-20250102", "20200101.txt")
    assert new.startswith(HEAD)


def test_a_failed_upgrade_says_where_the_copy_is(sqlite_url: str) -> None:
    an_older_one(sqlite_url)
    with connected(sqlite_url) as connection:
        connection.execute(text("CREATE TABLE search (mine INTEGER)"))

    with pytest.raises(BadDatabase) as refusal:
        prepare(sqlite_url)

    (copy,) = copies(sqlite_url)
    assert str(refusal.value).endswith(f"table search already exists. A copy from before is at {copy}.")


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    with connected(database_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(
        BadDatabase, match=r"made by a newer version of chatapp \(revision 9999\)\. Please update chatapp"
    ):
        prepare(database_url)


def test_a_database_of_another_program_is_refused(empty_url: str) -> None:
    database_at(empty_url).make()
    with connected(empty_url) as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(BadDatabase, match=r"belongs to another program\. Nothing in it was changed"):
        prepare(empty_url)

    with connected(empty_url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM recipes")) == 0


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(BadDatabase, match=r"letter\.txt is no SQLite database. Nothing in it was changed"):
        prepare(f"sqlite:///{letter}")

    assert letter.read_text() == "Dear Sir or Madam, " * 100


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadDatabase, match="Please set CHATAPP_DATA_DIR to a folder that can be written"):
        prepare(f"sqlite:///{tmp_path}/file/chatapp.db")


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(BadDatabase, match="The database chat of PostgreSQL cannot be used: ") as refusal:
        prepare(f"postgresql+psycopg://me:canary@/chat?host={tmp_path}")

    assert "canary" not in str(refusal.value)


def test_a_lock_of_another_program_is_waited_for(sqlite_url: str) -> None:
    prepare(sqlite_url)
    file = SqliteFile(sqlite_url)
    holder = sqlite3.connect(file.path, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("DELETE FROM processes")
    tries = 0

    def look(connection: sqlite3.Connection) -> int:
        nonlocal tries
        tries += 1
        if tries == 3:
            holder.close()
        return len(connection.execute("SELECT * FROM processes").fetchall())

    assert (file.ask(look), tries) == (0, 3)
