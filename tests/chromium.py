"""The real browser, for tests and benchmarks."""

from __future__ import annotations

import shutil


def chromium() -> str:
    """Return its program: the one without windows, where it is there, takes a third of the time.

    Raises:
        AssertionError: there is none.
    """
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program, "This needs Chromium: apt-get install chromium-headless-shell"
    return program
