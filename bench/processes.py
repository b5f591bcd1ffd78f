"""Starts programs, and sees to it that none of them outlives this run."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Self

INTERRUPTS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Processes:
    """All programs that were started here; leaving the ``with`` block ends those that still run."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        """Let a plain ``kill`` of this run unwind it too, as Ctrl+C does."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        return self

    def __exit__(self, *_: object) -> None:
        with _uninterrupted():
            for process in list(self._running):
                self.end(process)

    def start(
        self, command: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path, log_file: Path
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` in ``folder``, with nothing but ``environment``; its output goes to ``log_file``."""
        with log_file.open("wb") as log, _uninterrupted():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # one group with the workers it will start
            )
            self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a program and its workers; they keep nothing that would be worth a goodbye."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._running.remove(process)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl+C off until the block's end: what was just started must be noted first."""
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
