"""Copies of a SQLite file: of one moment, also while it is written, and never half of one under the full name."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.adapters.sql.copying import PAGES_AT_ONCE, copy_database
from chatapp.adapters.sql.preparing import show_nothing
from chatapp.adapters.sql.revisions import BadDatabase

ROWS = 20_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database that takes several steps to copy."""
    file = tmp_path / "source.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pairs (one INTEGER, other INTEGER, filling TEXT)")
        connection.executemany("INSERT INTO pairs VALUES (?, ?, ?)", ((n, -n, "x" * 400) for n in range(ROWS)))
        connection.commit()
    return file


def sums(file: Path) -> tuple[int, int, str]:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT count(*), sum(one + other) FROM pairs").fetchone()
        return *found, connection.execute("PRAGMA integrity_check").fetchone()[0]


def test_a_copy_holds_everything_and_shows_how_far_it_is(source: Path, tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []

    copy_database(source, tmp_path / "copy.db", lambda done, whole: shown.append((done, whole)))

    assert sums(tmp_path / "copy.db") == (ROWS, 0, "ok")
    assert len(shown) > 3
    assert shown == sorted(shown)
    assert shown[0][0] == PAGES_AT_ONCE
    assert shown[-1][0] == shown[-1][1]


def test_a_copy_is_of_one_moment_while_others_write(source: Path, tmp_path: Path) -> None:
    """Were each step of the copy of its own moment, it would begin anew with every write, and never end here."""
    writer = sqlite3.connect(source, check_same_thread=False)
    steps = 0

    def write(done: int, whole: int) -> None:
        nonlocal steps
        steps += 1
        assert steps < 1000
        writer.execute("UPDATE pairs SET one = one + 1, other = other - 1 WHERE rowid % 100 = 0")
        writer.execute("INSERT INTO pairs VALUES (1, 1, 'new')")
        writer.commit()

    with closing(writer):
        copy_database(source, tmp_path / "copy.db", write)

    assert sums(tmp_path / "copy.db") == (ROWS, 0, "ok")
    assert sums(source)[0] == ROWS + steps


def test_a_copy_keeps_nobody_from_writing(source: Path, tmp_path: Path) -> None:
    reached, end = threading.Event(), threading.Event()

    def wait(done: int, whole: int) -> None:
        reached.set()
        end.wait()

    copying = threading.Thread(target=copy_database, args=(source, tmp_path / "copy.db", wait))
    copying.start()
    reached.wait()
    with closing(sqlite3.connect(source, timeout=0)) as connection:
        connection.execute("DELETE FROM pairs")
        connection.commit()
    end.set()
    copying.join()

    assert (sums(tmp_path / "copy.db")[0], sums(source)[0]) == (ROWS, 0)


def test_only_its_owner_can_read_a_copy(source: Path, tmp_path: Path) -> None:
    copy_database(source, tmp_path / "copy.db", show_nothing)

    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "source" not in path.name) == ["copy.db"]


def test_a_file_that_is_there_is_not_overwritten(source: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(BadDatabase, match=r"copy\.db already, and it stays as it is"):
        copy_database(source, tmp_path / "copy.db", show_nothing)

    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_copy_that_breaks_off_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    def break_off(done: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(source, tmp_path / "copy.db", break_off)

    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


def test_a_folder_that_is_not_there_is_told(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadDatabase, match=r"copy\.db cannot be written: No such file or directory\."):
        copy_database(source, tmp_path / "nowhere" / "copy.db", show_nothing)
