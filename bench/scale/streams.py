"""Streams of the worker that is asked: how late each of their tokens is, is what matters."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.loads import LIMIT_SECONDS, Spread
from bench.run import BUILD
from bench.servers import RunningServer

STREAMS = 20
GAP_MS = 50


@dataclass(frozen=True, slots=True)
class Streams:
    """Some answers at once, of 20 tokens a second each."""

    _load: subprocess.Popen[str]

    @classmethod
    def begin(cls, server: RunningServer, seconds: float) -> Self:
        """Begin answers that take so long."""
        tokens = round(seconds * 1000 / GAP_MS)
        command: list[str | Path] = [BUILD / "load", "-url", server.url, "-last", server.dialect.last, "-ramp", "1s"]
        command += ["-tokens", str(tokens), "-streams", str(STREAMS), "-limit", f"{LIMIT_SECONDS}s"]
        load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert load.stdin is not None
        load.stdin.write(json.dumps({"message": f"tokens={tokens} gap={GAP_MS}ms"}))
        load.stdin.close()
        load.stdin = None
        return cls(load)

    def late_ms(self) -> Spread:
        """Wait for their end, and return how late their tokens were.

        Raises:
            RuntimeError: an answer did not come whole.
        """
        found: dict[str, Any] = json.loads(self._load.communicate()[0])
        if found["whole"] != STREAMS:
            raise RuntimeError(f"Not all answers came whole: {found['failures']}")
        return Spread(**found["late_ms"])
