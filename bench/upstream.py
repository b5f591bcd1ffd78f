"""The stand-in for the provider, as a process of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Processes

START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the stand-in listens; with TLS, ``certificate`` is the one to trust."""

    url: str
    certificate: Path | None = None

    @property
    def address(self) -> str:
        """Return host and port."""
        return self.url.partition("://")[2]

    @property
    def base_url(self) -> str:
        """Return what ``OPENAI_BASE_URL`` must be."""
        return f"{self.url}/v1"


def start_upstream(processes: Processes, program: Path, folder: Path, *, port: int = 0, tls: bool = False) -> Upstream:
    """Start one at ``port``, or at a free one where that is 0."""
    certificate = folder / "certificate.pem" if tls else None
    command: list[str | Path] = [program, "-listen", f"127.0.0.1:{port}"]
    if certificate is not None:
        command += ["-certificate", certificate]
    log_file = folder / f"upstream-{'tls' if tls else 'plain'}.log"
    process = processes.start(command, environment={}, folder=folder, log_file=log_file)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        url, newline, _ = log_file.read_text("utf-8").partition("\n")
        if newline:
            return Upstream(url, certificate)
        time.sleep(0.02)
    raise RuntimeError(f"The upstream did not start: {log_file.read_text('utf-8')}")
