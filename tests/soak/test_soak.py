"""Many short replies, a tenth of them broken off at random: nobody hears another's, and nothing is left over.

300 replies under gevent, or with ``--soak`` 10,000 under each worker class.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from chatapp.fake.server import FakeServer
from chatapp.settings.settings import DATABASE_FILE
from tests.server import RunningServer, serving
from tests.soak.crowd import Tally, visit
from tests.soak.echo import echo

pytestmark = pytest.mark.alone

KEY = "sk-canary-0d52f7ae"
CALLERS = 32
REPLIES, WARM_UP_REPLIES = 300, 100
WHOLE_REPLIES, WHOLE_WARM_UP_REPLIES = 10_000, 1_000
OPEN_REPLIES = 100
"""The door's limit: replies that stay open forever soon keep others out."""

MOST_GROWTH_KB = 6_000
"""More than ever was, and less than what 10,000 replies come to if each of them leaves a thousand bytes or two."""

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds; zeros where the system has no ``/proc`` to tell.

    The database's own files do not count: as many are opened as beats happen to read at the same moment.
    """

    memory_kb: int
    descriptors: int
    threads: int

    @classmethod
    def by(cls, process_id: str) -> Self:
        """Look at a process."""
        place = Path("/proc") / process_id
        if not place.is_dir():
            return cls(0, 0, 0)
        (memory_kb,) = re.findall(r"VmRSS:\s+(\d+) kB", (place / "status").read_text())
        open_files = [each.readlink().name for each in (place / "fd").iterdir()]
        descriptors = sum(1 for name in open_files if DATABASE_FILE not in name)
        return cls(int(memory_kb), descriptors, len(list((place / "task").iterdir())))


@dataclass(frozen=True, slots=True)
class AtRest:
    """What is held when nothing happens any more: by each worker, and as connections kept for the next question."""

    workers: list[Held]
    kept_connections: int

    @property
    def descriptors(self) -> int:
        """Return how many descriptors there are in all, but for the kept connections: their number may change."""
        return sum(worker.descriptors for worker in self.workers) - self.kept_connections

    @property
    def threads(self) -> int:
        """Return how many threads there are in all."""
        return sum(worker.threads for worker in self.workers)


@dataclass(frozen=True, slots=True)
class Site:
    """A server of two workers, and its provider."""

    server: RunningServer
    provider: FakeServer

    @property
    def running(self) -> int:
        """Return how many answers the provider is in the middle of."""
        return self.provider.model.totals.running

    def at_rest(self) -> AtRest:
        """Wait until nothing changes any more, and return what is held then."""
        workers = sorted(set(re.findall(r"Booting worker with pid: (\d+)", self.server.log)))
        deadline = time.monotonic() + PATIENCE_SECONDS
        last, now = None, None
        while now is None or now != last or self.running:
            assert time.monotonic() < deadline, f"{self.running} answers still run; {now} are held"
            time.sleep(LOOK_SECONDS)
            last, now = now, AtRest([Held.by(worker) for worker in workers], self.provider.open_connections)
        return now

    def visit(self, replies: int, seed: int) -> Tally:
        """Have a crowd ask for that many replies."""
        return visit(self.server.port, replies, callers=CALLERS, seed=seed)


@contextmanager
def site_under(worker_class: str, folder: Path) -> Iterator[Site]:
    with echo() as provider:
        settings = {
            "OPENAI_API_KEY_CYB_SEC": KEY,
            "OPENAI_BASE_URL": provider.url,
            "CHATAPP_WORKER_CLASS": worker_class,
            "CHATAPP_WORKERS": "2",
            "CHATAPP_OPEN_REPLIES": f"{OPEN_REPLIES}",
        }
        with serving(folder, **settings) as server:
            yield Site(server, provider)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("worker_class", ["gevent", "gthread"] if metafunc.config.getoption("--soak") else ["gevent"])


def test_a_crowd_leaves_nothing_behind(worker_class: str, tmp_path: Path, soak: bool, soak_lines: list[str]) -> None:
    warm_up, replies = (WHOLE_WARM_UP_REPLIES, WHOLE_REPLIES) if soak else (WARM_UP_REPLIES, REPLIES)
    with site_under(worker_class, tmp_path) as site:
        site.visit(warm_up, seed=1)
        before = site.at_rest()
        tally = site.visit(replies, seed=2)
        after = site.at_rest()
    soak_lines += table(worker_class, tally, before, after)

    assert (tally.wrong, tally.foreign, tally.whole + tally.cancelled) == ([], [], replies)
    assert after.descriptors == before.descriptors, (before, after)
    assert after.threads <= before.threads + CALLERS, (before, after)  # a pool takes on threads as it needs them
    for worker_before, worker_after in zip(before.workers, after.workers, strict=True):
        assert worker_after.memory_kb < worker_before.memory_kb + MOST_GROWTH_KB, (before, after)


def table(worker_class: str, tally: Tally, before: AtRest, after: AtRest) -> list[str]:
    """Return what happened, as lines to read."""
    answered = f"{tally.whole} whole, {tally.cancelled} broken off by the caller, {len(tally.wrong)} wrong"
    lines = [
        f"{worker_class}: {tally.whole + tally.cancelled + len(tally.wrong)} replies: {answered}",
        f"  {len(tally.foreign)} foreign canaries in {tally.bytes_heard} bytes heard; 0 answers still run",
        f"  descriptors without kept connections: {before.descriptors} before, {after.descriptors} after",
    ]
    for number, (was, now) in enumerate(zip(before.workers, after.workers, strict=True), 1):
        lines.append(
            f"  worker {number}: {was.memory_kb} kB before, {now.memory_kb} kB after; {was.descriptors} and "
            f"{now.descriptors} descriptors; {was.threads} and {now.threads} threads"
        )
    return lines
