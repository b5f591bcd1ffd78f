"""The loads: what is asked of every server, and what is read from the answers."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.servers import Dialect, RunningServer

LIMIT_SECONDS = 120
CONVERSATIONS = 2000
MODEL = "gpt-4o-mini"
SAID = (
    {"role": "user", "content": "Which river is the longest in Africa, and through which lands does it flow?"},
    {"role": "assistant", "content": "The Nile: from Lake Victoria through Uganda, South Sudan, Sudan and Egypt."},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many readers at once; the answer that each of them asks for has ``tokens`` tokens, with a gap between two.

    They begin within ``ramp_seconds``, and each asks again and again until ``repeat_seconds`` have passed.
    """

    name: str
    streams: int
    tokens: int
    gap_ms: int = 0
    history: int = 0
    ramp_seconds: float = 0
    repeat_seconds: float = 0
    tls: bool = False
    memory: bool = False
    health: bool = False

    def body(self, dialect: Dialect) -> str:
        """Return the request that asks for such an answer, after ``history`` earlier messages."""
        message = f"tokens={self.tokens} gap={self.gap_ms}ms"
        if dialect is Dialect.KEPT:
            return json.dumps({"message": message})
        history = list(SAID) * (self.history // len(SAID))
        if dialect is Dialect.CHAT:
            return json.dumps({"message": message, "messages": history})
        messages = [*history, {"role": "user", "content": message}]
        return json.dumps({"model": MODEL, "stream": True, "messages": messages})


WARM_UP = Load(name="warm-up", streams=16, tokens=20, repeat_seconds=0.5)
SHORT = Load(name="short requests, one by one", streams=1, tokens=20, repeat_seconds=2)
HISTORY = replace(SHORT, name="long history, one by one", history=100)
FULL = Load(name="full throttle", streams=8, tokens=2000, repeat_seconds=2.5)
CROWD = Load(name="500 streams × 20/s", streams=500, tokens=100, gap_ms=50, ramp_seconds=1, memory=True)
CROWD_TLS = replace(CROWD, name="500 streams × 20/s, TLS", tls=True)
LOADS = (SHORT, HISTORY, FULL, CROWD, CROWD_TLS)
KEPT_LOADS = (SHORT, FULL, CROWD, CROWD_TLS)
IDLE = Load(name="2,000 idle streams", streams=2000, tokens=20, gap_ms=3000, ramp_seconds=4, memory=True, health=True)


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the slow end of many times, in milliseconds."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one load did to one server. ``start_seconds`` is how long the server took to its first answer."""

    answers: int
    whole: int
    tokens: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    late_ms: Spread
    first_token_ms: Spread
    checks: int
    good_checks: int
    check_ms: Spread
    failures: dict[str, int]
    start_seconds: float | None = None

    @property
    def cpu_ms_per_answer(self) -> float:
        """Return CPU time per answer in milliseconds."""
        return self.cpu_seconds / self.answers * 1e3

    @property
    def cpu_us_per_token(self) -> float:
        """Return CPU time per token in microseconds."""
        return self.cpu_seconds / max(self.tokens, 1) * 1e6


def measure(program: Path, load: Load, server: RunningServer) -> Result:
    """Put ``load`` on ``server`` by the load program."""
    command: list[str | Path] = [program, "-url", server.url, "-last", server.dialect.last, "-pid", str(server.pid)]
    command += ["-tokens", str(load.tokens), "-streams", str(load.streams)]
    command += ["-ramp", f"{load.ramp_seconds}s", "-repeat", f"{load.repeat_seconds}s", "-limit", f"{LIMIT_SECONDS}s"]
    command += ["-kept", str(CONVERSATIONS)] if server.dialect is Dialect.KEPT else []
    command += ["-memory"] if load.memory else []
    command += ["-health", server.health_url] if load.health else []
    ran = subprocess.run(command, input=load.body(server.dialect), stdout=subprocess.PIPE, text=True, check=True)
    return _result(json.loads(ran.stdout))


def _result(found: dict[str, Any]) -> Result:
    spreads = {name: Spread(**value) for name, value in found.items() if name.endswith("_ms")}
    return Result(**(found | spreads))
