"""Lets tests run on several processes, and those marked ``alone`` run while no other does: they measure time.

A lock on a file is shared by all tests and taken whole by one that runs alone. Whoever wants it passes a gate first,
and one that wants to be alone keeps the gate shut while it waits: else the others would never leave it a moment.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAME_OF_RUN = "PYTEST_XDIST_TESTRUNUID"
RUN = os.environ.get(NAME_OF_RUN)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test beside others, or alone."""
    if RUN is None:
        return (yield)
    with _turn(RUN, alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _turn(run: str, *, alone: bool) -> Iterator[None]:
    folder = Path(tempfile.gettempdir())
    with (folder / f"{run}.gate").open("w") as gate, (folder / f"{run}.lock").open("w") as lock:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
