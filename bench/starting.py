"""Starts a server on a free port and waits for its first answer."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.loads import Load
from bench.processes import Processes
from bench.servers import Dialect, RunningServer, Server, bare_environment
from bench.upstream import Upstream

START_SECONDS = 60
LOG_END_CHARACTERS = 2000
ONE_TOKEN = Load(name="first answer", streams=1, tokens=1)


class DidNotStart(RuntimeError):
    """A server ended, or gave no answer, before it was measured."""


@contextmanager
def started(processes: Processes, server: Server, upstream: Upstream) -> Iterator[tuple[RunningServer, float]]:
    """Run ``server`` for the block, and say how many seconds it took from the command to the first whole answer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port = Path(name), _free_port()
        start = server.prepare(upstream, port, folder)
        environment = bare_environment(folder) | start.environment
        begin, log_file = time.monotonic(), folder / "server.log"
        process = processes.start(start.command, environment=environment, folder=folder, log_file=log_file)
        try:
            url = f"http://127.0.0.1:{port}{server.dialect.route}"
            running = RunningServer(server.name, server.dialect, url, process.pid)
            if not _answers(running, process, port):
                raise DidNotStart(f"{server.name} did not start:\n{_end_of(log_file)}")
            yield running, time.monotonic() - begin
        finally:
            processes.end(process)


def _answers(server: RunningServer, process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _asked_once(server, port):
            return True
        time.sleep(0.01)
    return False


def _asked_once(server: RunningServer, port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)) as connection:
        try:
            dialect = Dialect.CHAT if server.dialect is Dialect.KEPT else server.dialect
            body = ONE_TOKEN.body(dialect)
            connection.request("POST", dialect.route, body, {"Content-Type": "application/json"})
            return dialect.last in connection.getresponse().read().decode()
        except (OSError, HTTPException):
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _end_of(log_file: Path) -> str:
    return log_file.read_text("utf-8", "replace")[-LOG_END_CHARACTERS:]
