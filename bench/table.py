"""The results as one Markdown table, with the ratio of this project to every other server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.loads import CROWD, CROWD_TLS, FULL, HISTORY, IDLE, LOADS, SHORT, Load, Result

NOTHING = "–"
MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the loads named; ``None`` where a server has none."""

    title: str
    loads: Sequence[Load]
    figure: Callable[[Result], float | None]


ROWS = (
    Row("time to first token, p50, ms", [SHORT], lambda r: r.first_token_ms.p50),
    Row("CPU per request, ms", [SHORT], lambda r: r.cpu_ms_per_answer),
    Row("CPU per request, 100 messages of history, ms", [HISTORY], lambda r: r.cpu_ms_per_answer),
    Row("CPU per token, full throttle, µs", [FULL], lambda r: r.cpu_us_per_token),
    Row("500 streams: CPU per token, µs", [CROWD], lambda r: r.cpu_us_per_token),
    Row("500 streams: late p50, ms", [CROWD], lambda r: r.late_ms.p50),
    Row("500 streams: late p99, ms", [CROWD], lambda r: r.late_ms.p99),
    Row("500 streams: peak memory, MiB", [CROWD], lambda r: r.peak_mib),
    Row("500 streams, TLS upstream: CPU per token, µs", [CROWD_TLS], lambda r: r.cpu_us_per_token),
    Row("500 streams, TLS upstream: late p50, ms", [CROWD_TLS], lambda r: r.late_ms.p50),
    Row("500 streams, TLS upstream: late p99, ms", [CROWD_TLS], lambda r: r.late_ms.p99),
    Row("500 streams, TLS upstream: peak memory, MiB", [CROWD_TLS], lambda r: r.peak_mib),
    Row("2,000 idle streams: questions to /health", [IDLE], lambda r: r.checks),
    Row("2,000 idle streams: /health p50, ms", [IDLE], lambda r: r.check_ms.p50),
    Row("2,000 idle streams: /health p99, ms", [IDLE], lambda r: r.check_ms.p99),
    Row("2,000 idle streams: late p99, ms", [IDLE], lambda r: r.late_ms.p99),
    Row("2,000 idle streams: peak memory, MiB", [IDLE], lambda r: r.peak_mib),
    Row("from the command to the first answer, s", [*LOADS, IDLE], lambda r: r.start_seconds),
)


@dataclass(slots=True)
class Results:
    """All results of a run, in the order in which they came."""

    found: dict[tuple[str, Load], list[Result]] = field(default_factory=dict)

    def add(self, server: str, load: Load, result: Result) -> None:
        """Keep one."""
        self.found.setdefault((server, load), []).append(result)

    def of(self, server: str, loads: Sequence[Load]) -> list[Result]:
        """Return a server's results; the n-th ones of two servers were measured one after the other."""
        return [result for load in loads for result in self.found.get((server, load), [])]

    def broken(self, server: str) -> str:
        """Return how many answers of a server did not come whole, of how many."""
        found = self.of(server, [*LOADS, IDLE])
        asked, whole = sum(result.answers for result in found), sum(result.whole for result in found)
        return f"{asked - whole:,} of {asked:,}"

    def faults(self, server: str) -> list[str]:
        """Say what went wrong with a server's answers and its health, the most frequent first."""
        reasons = Counter[str]()
        for load in [*LOADS, IDLE]:
            for result in self.of(server, [load]):
                for reason, times in result.failures.items():
                    reasons[f"{load.name}: {reason}"] += times
                if load.health and result.good_checks < max(result.checks, 1):
                    reasons[f"{load.name}: {result.good_checks:,} of {result.checks:,} times healthy"] += 1
        return [f"BROKEN, {times:,} ×: {server}, {reason}" for reason, times in reasons.most_common(MOST_REASONS)]


def markdown(results: Results, servers: Sequence[str], subject: str, installed_mib: float | None) -> str:
    """Return the table: a column for each of ``servers``, then ``subject`` divided by each of the others.

    Figures are medians over the rounds; ratios are medians of each round's own ratio.
    """
    others = [server for server in servers if server != subject]
    heads = ["", *servers, *(f"{subject} ÷ {server}" for server in others)]
    lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
    for row in ROWS:
        figures = {server: _figures(results, row, server) for server in servers}
        if any(figures.values()):
            ratios = [_ratio(figures[subject], figures[server]) for server in others]
            lines.append(_line([row.title, *(_middle(figures[server]) for server in servers), *ratios]))
    no_ratios = [NOTHING] * len(others)
    if installed_mib is not None:
        sizes = [number(installed_mib) if server == subject else NOTHING for server in servers]
        lines.append(_line(["installed, MiB", *sizes, *no_ratios]))
    lines.append(_line(["broken answers", *(results.broken(server) for server in servers), *no_ratios]))
    return "\n".join(lines)


def number(value: float) -> str:
    """Return three significant digits, in plain notation."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _figures(results: Results, row: Row, server: str) -> list[float]:
    return [value for value in map(row.figure, results.of(server, row.loads)) if value is not None]


def _middle(values: list[float]) -> str:
    return number(median(values)) if values else NOTHING


def _ratio(ours: list[float], theirs: list[float]) -> str:
    pairs = [a / b for a, b in zip(ours, theirs, strict=False) if b > 0]
    return number(median(pairs)) if pairs else NOTHING


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
