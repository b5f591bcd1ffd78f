"""Measures kept conversations at size, on SQLite: lists, search, opening and long work, and how late streams are then.

``make bench-scale`` runs it. One visitor has 20,000 conversations and 200,000 messages, one of them of 10,000, among as
many of others. The server has one worker, so that the streams are those of the worker that is asked.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from bench.loads import Spread
from bench.processes import Processes
from bench.rounds import say
from bench.run import BUILD, PROJECT, build, raise_open_files
from bench.scale.asking import PAUSE_SECONDS, TIMES, Asker, Question
from bench.scale.filling import Filled, Filler
from bench.scale.streams import STREAMS, Streams
from bench.scale.working import Work, works
from bench.servers import RunningServer, project
from bench.starting import started
from bench.upstream import start_upstream
from chatapp.settings import Settings

HEAD_START_SECONDS = 1.5
LONGEST_ANSWER_SECONDS = 0.05
WATCH_SECONDS = 10.0


def main() -> None:
    """Fill, measure and print."""
    raise_open_files()
    build()
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Processes() as processes:
        folder = Path(name)
        filled = _fill(folder / "data")
        upstream = start_upstream(processes, BUILD / "upstream", folder)
        server = project(PROJECT / "chatapp", {"CHATAPP_DATA_DIR": str(folder / "data"), "CHATAPP_WORKERS": "1"})
        with started(processes, server, upstream) as (running, _):
            asker = Asker(running.url.removesuffix(running.dialect.route), filled)
            _print_answers(running, asker)
            _print_works(running, asker, filled)


def _fill(folder: Path) -> Filled:
    say("Filling the database; that takes a few minutes.")
    folder.mkdir()
    begin = time.monotonic()
    filled = Filler(Settings(data_dir=folder)).fill()
    size_mib = (folder / "chatapp.db").stat().st_size / 2**20
    os.sync()  # else the first commits would wait for it
    say(f"Filled in {time.monotonic() - begin:.0f} s: {size_mib:,.0f} MiB.")
    return filled


def _print_answers(server: RunningServer, asker: Asker) -> None:
    streams = f"{STREAMS} streams meanwhile: late p99, ms"
    print(f"| asked {TIMES} times | p50, ms | p99, ms | {streams} | max, ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    _print_row("nothing", "– | –", Streams.begin(server, WATCH_SECONDS).late_ms())
    for question in asker.questions():
        times_ms, late = _asked(server, asker, question)
        _print_row(question.name, f"{median(times_ms):.1f} | {quantiles(times_ms, n=100)[98]:.1f}", late)


def _asked(server: RunningServer, asker: Asker, question: Question) -> tuple[Sequence[float], Spread]:
    streams = Streams.begin(server, HEAD_START_SECONDS + TIMES * (PAUSE_SECONDS + LONGEST_ANSWER_SECONDS))
    time.sleep(HEAD_START_SECONDS)
    times_ms = asker.ask(question)
    return times_ms, streams.late_ms()


def _print_works(server: RunningServer, asker: Asker, filled: Filled) -> None:
    print(f"\n| done once | s | {STREAMS} streams meanwhile: late p99, ms | max, ms |\n| --- | ---: | ---: | ---: |")
    with ThreadPoolExecutor(1) as pool:
        for work in works(asker, filled):
            seconds, late = _worked(server, pool, work)
            _print_row(work.name, f"{seconds:.1f}", late)


def _worked(server: RunningServer, pool: ThreadPoolExecutor, work: Work) -> tuple[float, Spread]:
    """Do work; new streams begin until it is done."""
    streams = Streams.begin(server, WATCH_SECONDS)
    time.sleep(HEAD_START_SECONDS)
    seconds_of = work.begin(pool)
    late = [streams.late_ms()]
    while (seconds := seconds_of()) is None:
        late.append(Streams.begin(server, WATCH_SECONDS).late_ms())
    worst = (max(each.p99 for each in late), max(each.max for each in late))
    return seconds, Spread(median(each.p50 for each in late), *worst)


def _print_row(name: str, figures: str, late: Spread) -> None:
    print(f"| {name} | {figures} | {late.p99:.1f} | {late.max:.1f} |", flush=True)


if __name__ == "__main__":
    main()
