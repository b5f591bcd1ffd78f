"""A server with its workers: which there are, how one is reached alone, how one is ended or stalled."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.integration.kept_processes.teller import Teller
from tests.processes import is_running, stalled
from tests.server import RunningServer, serving

BOOTED = re.compile(rb"Booting worker with pid: (\d+)")
START_SECONDS = 30.0
ASK_AGAIN_SECONDS, TIMES_ASKED = 5.0, 6


class Workers:
    """The workers of one server, oldest first, as its log names them."""

    def __init__(self, server: RunningServer, count: int = 2) -> None:
        self._log = server.log_file
        self._count = count
        self._read = 0
        self._pids: list[int] = []

    @property
    def running(self) -> list[int]:
        """Return the process ids of those that run, as soon as there are as many as there should be."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._look()
            pids = [pid for pid in self._pids if is_running(pid)]
            if len(pids) >= self._count:
                return pids
            assert time.monotonic() < deadline, f"only {pids} run"
            time.sleep(0.005)

    @contextmanager
    def only(self, pid: int) -> Iterator[None]:
        """Let no other worker run: a connection that is answered meanwhile reaches this one."""
        others = [other for other in self.running if other != pid]
        with stalled(*others):
            yield

    def end(self, pid: int, how: signal.Signals) -> None:
        """Kill this worker, or ask it to go; return when it is no more.

        It is told again: one that was only just forked still has its parent's handler, which does nothing there.
        """
        os.kill(pid, how)
        for _ in range(TIMES_ASKED):
            if self._has_ended(pid, ASK_AGAIN_SECONDS):
                return
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        raise AssertionError(f"{pid} does not end")

    def wait_for_the_end_of(self, pid: int) -> None:
        """Return when this worker is no more."""
        assert self._has_ended(pid, START_SECONDS), f"{pid} does not end"

    def _has_ended(self, pid: int, within_seconds: float) -> bool:
        deadline = time.monotonic() + within_seconds
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.005)
        return not is_running(pid)

    def _look(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole, end, _ = log.read().rpartition(b"\n")
        self._read += len(whole) + len(end)
        self._pids += [int(pid) for pid in BOOTED.findall(whole)]


@contextmanager
def kept_server(folder: Path, teller: Teller, **settings: str) -> Iterator[RunningServer]:
    """Run a server of two workers that asks the teller, until the block ends."""
    ours = {
        "OPENAI_API_KEY_CYB_SEC": "sk-canary-41d7a90e",
        "OPENAI_BASE_URL": teller.url,
        "CHATAPP_WORKERS": "2",
    }
    folder.mkdir(exist_ok=True)
    with serving(folder, **(ours | settings)) as server:
        yield server
