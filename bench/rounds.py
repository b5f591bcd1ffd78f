"""Puts the loads on the servers, round after round."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.loads import WARM_UP, Load, Result, measure
from bench.processes import Processes
from bench.servers import RunningServer, Server
from bench.starting import started
from bench.table import Results, number
from bench.upstream import Upstream

Subject = Server | RunningServer
"""What is measured: a server to start anew for each load, or one that somebody else runs."""


@dataclass(frozen=True, slots=True)
class Rig:
    """The load program, and the two upstreams, plain and TLS, that all servers ask."""

    processes: Processes
    load_program: Path
    plain: Upstream
    tls: Upstream

    def measure(self, subject: Subject, load: Load) -> Result | None:
        """Measure one load on one server; None where a running server asks another upstream than the load needs."""
        if isinstance(subject, RunningServer):
            return None if load.tls else self._measure(subject, load)
        with started(self.processes, subject, self.tls if load.tls else self.plain) as (running, seconds):
            return replace(self._measure(running, load), start_seconds=seconds)

    def _measure(self, server: RunningServer, load: Load) -> Result:
        measure(self.load_program, WARM_UP, server)
        return measure(self.load_program, load, server)


def play_rounds(rig: Rig, subjects: Sequence[Subject], loads: Sequence[Load], rounds: int) -> Results:
    """Put each load on each server, one server right after the other, in an order that changes with every round."""
    results = Results()
    for turn in range(rounds):
        first = turn % len(subjects)
        for load in loads:
            for subject in [*subjects[first:], *subjects[:first]]:
                result = rig.measure(subject, load)
                if result is not None:
                    results.add(subject.name, load, result)
                    say(f"round {turn + 1} of {rounds}, {load.name}, {subject.name}: {_in_short(result)}")
    return results


def say(sentence: str) -> None:
    """Tell the person who waits."""
    print(sentence, file=sys.stderr, flush=True)


def _in_short(result: Result) -> str:
    return (
        f"{result.whole} of {result.answers} answers whole, {result.seconds:.1f} s, "
        f"CPU {number(result.cpu_us_per_token)} µs a token, "
        f"late p50 {number(result.late_ms.p50)} ms, p99 {number(result.late_ms.p99)} ms"
    )
