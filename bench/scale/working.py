"""Long work on a large database, done once each: everything out, much in, much away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.scale.asking import Asker
from bench.scale.filling import Filled
from tests import chatgpt_files

IMPORTED = 1_000
INDEXING_SECONDS = 8
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Work:
    """Something that takes long."""

    name: str
    do: Callable[[], object]

    def begin(self, pool: ThreadPoolExecutor) -> Callable[[], float | None]:
        """Begin it; what is returned tells how many seconds it took, and None while it is going on."""
        future = pool.submit(self._timed)
        return lambda: future.result() if future.done() else None

    def _timed(self) -> float:
        begin = time.monotonic()
        self.do()
        return time.monotonic() - begin


def works(asker: Asker, filled: Filled) -> Iterator[Work]:
    """Yield all work, in an order in which each finds what it needs."""

    def export() -> None:
        for _ in asker.get("/api/export").iter_content(CHUNK_BYTES):
            pass

    steps: Mapping[str, Callable[[], object]] = {
        f"import of {IMPORTED:,} conversations from ChatGPT": lambda: asker.post(
            "/api/import", chatgpt_files.exported(IMPORTED)
        ),
        "indexing what was imported": lambda: time.sleep(INDEXING_SECONDS),
        "export of everything": export,
        "deletion of the longest conversation": lambda: asker.delete(f"/api/conversations/{filled.long_id}"),
        "deletion of everything (DELETE /api/me)": lambda: asker.delete("/api/me"),
    }
    return (Work(name, do) for name, do in steps.items())
