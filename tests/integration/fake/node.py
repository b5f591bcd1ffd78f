"""Runs Node, as a program in JavaScript would be run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.integration.terminal import PATIENCE_SECONDS

FOLDERS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
"""The one that is installed for the tests comes first: an older one may not know the SDK's syntax."""


def node(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script until it ends, in this process's environment."""
    program = shutil.which("node", path=FOLDERS) or shutil.which("nodejs", path=FOLDERS)
    assert program, "There is no node. “make test” installs one."
    return subprocess.run(
        [program, script, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
