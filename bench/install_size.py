"""How much room the project takes: a virtual environment with exactly what it needs, and the project itself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 512  # what st_blocks counts, on every system
LEFT_OUT = ("__pycache__", "frontend")
"""Not in what is installed: ``frontend`` holds the sources of the pages."""


def installed_mib(project: Path, build: Path) -> float:
    """Return it in MiB. The environment is kept in ``build``, and made anew when the requirements have changed."""
    requirements = project / "requirements.txt"
    version = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    environment = build / f"venv-{version}"
    if not (environment / "whole").is_file():
        _install(requirements, environment)
    ours = (path for path in _inside(project / "chatapp") if not set(path.parts).intersection(LEFT_OUT))
    return (_bytes(_inside(environment)) + _bytes(ours)) / 1024**2


def _install(requirements: Path, environment: Path) -> None:
    for old in environment.parent.glob("venv-*"):
        shutil.rmtree(old)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True)
    (environment / "whole").touch()


def _inside(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_symlink())


def _bytes(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_blocks * BLOCK_BYTES for path in paths)
