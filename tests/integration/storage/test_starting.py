"""The server's start: what it says about what is kept, what it brings up to date, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from chatapp.adapters.sql.migrating import upgrade
from chatapp.adapters.sql.preparing import database_at, prepare
from chatapp.adapters.sql.revisions import HEAD
from tests.databases import MakeDatabase
from tests.integration.storage.filled import connected, fill, missing
from tests.integration.terminal import chatapp, environment, python
from tests.server import free_port, serving, serving_anew

PASSWORD = "canary-8b2f"


def data_file(folder: Path) -> str:
    """Return the address of the file that a server in this folder uses."""
    return f"sqlite:///{folder}/data/chatapp.db"


def test_the_start_says_where_conversations_are_kept(tmp_path: Path) -> None:
    with serving_anew(tmp_path) as running:
        assert f"Conversations are kept in {tmp_path}/data/chatapp.db." in running.log

    assert database_at(data_file(tmp_path)).find_revision() == HEAD


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_stop_leaves_everything_in_one_file(tmp_path: Path, worker_class: str) -> None:
    settings = {"CHATAPP_WORKERS": "2", "CHATAPP_WORKER_CLASS": worker_class, "CHATAPP_GRACE_SECONDS": "10"}
    with serving_anew(tmp_path, **settings) as running:
        made = requests.post(f"{running.url}/api/conversations", json={}, timeout=10)

    assert made.status_code == 201
    assert {file.name for file in (tmp_path / "data").iterdir()} == {"chatapp.db", "chatapp.db.lock"}


def test_a_password_of_the_database_is_never_shown(tmp_path: Path, fresh_postgres: MakeDatabase) -> None:
    url = fresh_postgres().replace("postgres@", f"postgres:{PASSWORD}@")
    host, name = url.rpartition("=")[2], make_url(url).database

    with serving(tmp_path, CHATAPP_DATABASE_URL=url) as running:
        log = running.log
    shown = chatapp(tmp_path, "doctor", CHATAPP_DATABASE_URL=url).output

    assert f"Conversations are kept in the PostgreSQL database {name} on {host}." in log
    assert f"Conversations are kept in the PostgreSQL database {name} on {host}: revision {HEAD}." in shown
    assert PASSWORD not in log + shown


def test_the_start_brings_an_older_database_up_to_date(tmp_path: Path) -> None:
    url = data_file(tmp_path)
    database_at(url).make()
    upgrade(url, "0001")
    fill(url, "0001")

    with serving(tmp_path, CHATAPP_WORKERS="2") as running:
        (line,) = running.logged("upgrade")

    assert (line["before"], line["after"]) == ("0001", HEAD)
    assert missing(f"sqlite:///{line['copy']}", "0001") == []


def test_gunicorn_alone_makes_the_database_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app"]
    ours = environment(CHATAPP_PORT=str(free_port()), CHATAPP_DATA_DIR=str(tmp_path / "data"), CHATAPP_WORKERS="4")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=ours, stdout=log, stderr=log)
        try:
            while database_at(data_file(tmp_path)).find_revision() != HEAD:
                assert process.poll() is None
                time.sleep(0.05)
        finally:
            process.terminate()
            process.wait()

    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("spoil", ["a folder", "a newer one", "no database", "another's"])
def test_serve_refuses_a_database_that_it_cannot_use_in_one_sentence(tmp_path: Path, spoil: str) -> None:
    sentence = spoilt(tmp_path, spoil)

    ended = python(tmp_path, "-m", "chatapp", "serve", CHATAPP_PORT=str(free_port()))

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("Error: ")
    assert sentence in ended.stderr


def test_gunicorn_alone_says_what_is_wrong_with_the_database(tmp_path: Path) -> None:
    sentence = spoilt(tmp_path, "no database")
    gunicorn = ["-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app"]

    ended = python(tmp_path, *gunicorn, CHATAPP_PORT=str(free_port()), CHATAPP_WORKERS="1")

    assert (ended.returncode != 0, sentence in ended.stderr) == (True, True)


@pytest.mark.parametrize("spoil", ["a folder", "a newer one", "no database", "another's"])
def test_doctor_finds_a_database_that_cannot_be_used(tmp_path: Path, spoil: str) -> None:
    sentence = spoilt(tmp_path, spoil)

    shown = chatapp(tmp_path, "doctor", CHATAPP_PORT="0")

    assert shown.exit_code == 1
    assert any(line.startswith("WRONG") and sentence in line for line in shown.output.splitlines())


def test_a_missing_package_for_postgresql_is_told(tmp_path: Path) -> None:
    without = "import sys; sys.modules['psycopg'] = None; from chatapp.cli import main; main(['serve'])"

    ended = python(tmp_path, "-c", without, CHATAPP_DATABASE_URL="postgresql://me:canary@db/chat")

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "Install it with: pip install 'chatapp[postgres]'" in ended.stderr
    assert "canary" not in ended.stderr


def spoilt(folder: Path, how: str) -> str:
    """Make something unusable of the place where conversations are kept; return what is to be said about it."""
    if how == "a folder":
        (folder / "data").write_text("a file")
        return "Please set CHATAPP_DATA_DIR to a folder that can be written."
    url = data_file(folder)
    if how == "a newer one":
        prepare(url)
        with connected(url) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        return "was made by a newer version of chatapp (revision 9999). Please update chatapp"
    database_at(url).make()
    if how == "no database":
        (folder / "data" / "chatapp.db").write_text("Dear Sir or Madam, " * 100)
        return "is no SQLite database."
    with connected(url) as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (name TEXT)")
    return "belongs to another program."


def test_doctor_makes_nothing(tmp_path: Path) -> None:
    shown = chatapp(tmp_path, "doctor", CHATAPP_PORT="0").output

    assert f"ok     Conversations will be kept in {tmp_path}/data/chatapp.db; the first start makes it.\n" in shown
    assert not (tmp_path / "data").exists()


def test_doctor_knows_a_good_database(tmp_path: Path) -> None:
    prepare(data_file(tmp_path))

    shown = chatapp(tmp_path, "doctor", CHATAPP_PORT="0").output

    assert f"ok     Conversations are kept in {tmp_path}/data/chatapp.db: revision {HEAD}, 0.2 MB.\n" in shown


def test_doctor_notes_an_older_database(tmp_path: Path) -> None:
    database_at(data_file(tmp_path)).make()
    upgrade(data_file(tmp_path), "0001")

    shown = chatapp(tmp_path, "doctor", CHATAPP_PORT="0")

    assert shown.exit_code == 0
    assert "which is of an earlier version (revision 0001).\n       The next start brings it up to date" in shown.output


def test_doctor_finds_damage(tmp_path: Path) -> None:
    prepare(data_file(tmp_path))
    with (tmp_path / "data" / "chatapp.db").open("r+b") as file:
        file.seek(28)  # the header's count of pages; four of them are said to be there
        file.write((4).to_bytes(4))

    assert "WRONG" in chatapp(tmp_path, "doctor", CHATAPP_PORT="0").output
