"""The real server as a process of its own, with just the settings that a test gives it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from chatapp.adapters.sql.preparing import database_at
from chatapp.settings.settings import DATABASE_FILE
from tests.migrated import migrated_sqlite

NO_LIMITS = {
    "CHATAPP_DAILY_BUDGET_USD": "1000000",
    "CHATAPP_VISITOR_DAILY_BUDGET_USD": "1000000",
    "CHATAPP_VISITOR_REQUESTS_PER_MINUTE": "1000000",
    "CHATAPP_VISITOR_OPEN_REPLIES": "1000000",
}
START_SECONDS = 60
LINE_SECONDS = 30
PORTS = range(10_000, 32_000)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at ``url``; ``log`` is what it has printed so far."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def port(self) -> int:
        """Return its port."""
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        """Return what it has printed so far."""
        return self.log_file.read_text("utf-8")

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the log's lines of this event with these fields; every line must be JSON."""
        whole_lines = self.log.rpartition("\n")[0].splitlines()  # the last one may still be on its way
        lines = [json.loads(line) for line in whole_lines]
        return [line for line in lines if line["event"] == event and fields.items() <= line.items()]

    def wait_for_line(self, event: str, **fields: Any) -> dict[str, Any]:
        """Return the one line of this event with these fields, as soon as it is there."""
        deadline = time.monotonic() + LINE_SECONDS
        while not (found := self.logged(event, **fields)):
            assert time.monotonic() < deadline, f"no line {event} with {fields}:\n{self.log}"
            time.sleep(0.01)
        (line,) = found
        return line


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[RunningServer]:
    """Run ``chatapp serve`` in ``folder`` with these settings, and budgets that last, until the block ends.

    It finds a SQLite file with its tables and nothing in them, unless there is another: making them takes it long.
    """
    if "CHATAPP_DATABASE_URL" not in settings:
        _put_tables(Path(settings.get("CHATAPP_DATA_DIR", folder / "data")) / DATABASE_FILE)
    with serving_anew(folder, **settings) as running:
        yield running


@contextmanager
def serving_anew(folder: Path, **settings: str) -> Iterator[RunningServer]:
    """Run it where it has to make its database."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATAPP_", "OPENAI_"))}
    ours = {
        "CHATAPP_PORT": str(port),
        "CHATAPP_WORKERS": "1",
        "CHATAPP_GRACE_SECONDS": "1",
        "CHATAPP_DATA_DIR": str(folder / "data"),
        **NO_LIMITS,
    }
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatapp", "serve"], cwd=folder, env=kept | ours | settings, stdout=log, stderr=log
        )
        try:
            _wait_until_healthy(process, port)
            yield RunningServer(f"http://127.0.0.1:{port}", process, log_file)
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _put_tables(file: Path) -> None:
    if not file.exists():
        database_at(f"sqlite:///{file}").make()
        file.write_bytes(migrated_sqlite())


def free_port() -> int:
    """Return a port that nobody listens on at the moment.

    It is none of those that the system gives out by itself: another test's server might be given it in the meantime.
    """
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as connection, suppress(OSError):
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            return
        time.sleep(0.05)
    raise AssertionError(f"The server on port {port} did not start.")
