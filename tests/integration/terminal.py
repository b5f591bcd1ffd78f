"""Commands as a person would run them: in an empty folder, with these settings and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner, Result

from chatapp.cli import main

PATIENCE_SECONDS = 300
"""Enough on a machine that runs everything else at the same time."""

OURS = ("CHATAPP_", "OPENAI_")


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of this process, with these settings in place of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | settings


def chatapp(folder: Path, *arguments: str, **settings: str) -> Result:
    """Run ``chatapp`` in this process."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith(OURS))
    with chdir(folder):
        return CliRunner().invoke(main, arguments, env=unset | {"CHATAPP_DATA_DIR": str(folder / "data")} | settings)


def python(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, until it ends."""
    command = [sys.executable, *arguments]
    ours = environment(**{"CHATAPP_DATA_DIR": str(folder / "data")} | settings)
    return subprocess.run(
        command, cwd=folder, env=ours, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
