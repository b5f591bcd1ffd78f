"""Workers are killed under a crowd: what was acknowledged is there afterwards, and of what was lost little is missing.

The ledger has every call of the provider, at what it charges or more, and half a minute later none that is open.

On SQLite and PostgreSQL at the same time, with 5 kills each; or with ``--soak`` 200 each, one after the other.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from chatapp.domain.books import Call
from tests.databases import MakeDatabase
from tests.integration.kept_processes.teller import Teller, Telling
from tests.integration.kept_processes.visitor import CUT_OFF
from tests.integration.kept_processes.workers import Workers, kept_server
from tests.ledger import settled_at, wrong_with
from tests.server import RunningServer
from tests.soak.kept_crowd import Crowd, Question
from tests.soak.killing import Killer
from tests.soak.losses import Losses, Phase, percentile

KILLS, CALLERS = 5, 16
WHOLE_KILLS, WHOLE_CALLERS = 200, 40
LONGEST_END_SECONDS = 30.0
LEAST_KILLS_A_PHASE = 20
MEDIAN_MISSING_MS, P95_MISSING_MS = 250, 500
LOOK_SECONDS = 0.5


@dataclass(slots=True)
class Watch:
    """Looks at every reply that was cut off, shortly before its time is up: by then it must have ended."""

    crowd: Crowd
    teller: Teller
    late: list[str] = field(default_factory=list)
    _seen: set[Question] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the block ends."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for asked in list(self.crowd.questions):
                cut_at = _cut_at(asked, self.teller.tellings(asked.message))
                is_due = cut_at is not None and monotonic() - cut_at > LONGEST_END_SECONDS - 2 * LOOK_SECONDS
                if is_due and asked.reply_id and asked not in self._seen:
                    self._seen.add(asked)
                    if _asked_for(asked)["state"] == "running":
                        self.late.append(asked.message)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the kills came to."""

    losses: Losses
    late: list[str]
    wrong: list[str]
    lines: list[str]


def _cut_at(asked: Question, tellings: list[Telling]) -> float | None:
    left = [telling.exchange.peer_left_at for telling in tellings if telling.exchange.peer_left_at is not None]
    return left[-1] if left else asked.cut_at


def _asked_for(asked: Question) -> dict[str, Any]:
    """Return the reply to a question, from a worker that is not being killed."""
    while True:
        try:
            return asked.visitor.reply(asked.reply_id)
        except CUT_OFF:
            time.sleep(0.1)


def kill_under_load(folder: Path, database_url: str, kills: int, callers: int, seed: int) -> Outcome:
    """Have workers killed under a crowd, and look at everything that was asked afterwards."""
    with Teller() as teller, kept_server(folder, teller, CHATAPP_DATABASE_URL=database_url) as server:
        crowd = Crowd(server.port, teller, callers, seed)
        killer = Killer(Workers(server), seed)
        crowd.on_ask, teller.on_finish = killer.asking.set, killer.finished.set
        watch = Watch(crowd, teller)
        with watch.watching():
            with crowd.asking():
                time.sleep(1)
                killer.kill(kills)
            _wait_for_all(crowd, killer.kills[-1].at)
        killed_at = killer.kills[-1].at
        rows = settled_at(database_url, max(0.0, killed_at + LONGEST_END_SECONDS - monotonic()))
        losses = Losses(killer.kills)
        wrong = [line for asked in crowd.questions for line in verified(asked, teller, losses)]
        wrong += wrong_with(rows, teller.all_tellings)
        lines = [
            f"{database_url.partition(':')[0]}: {len(crowd.questions)} questions, refused: {crowd.refused or 'none'}",
            *losses.table(),
            _closing_times(server, losses),
            _ledger(rows),
            *losses.worse_than(P95_MISSING_MS),
        ]
    return Outcome(losses, watch.late, wrong, lines)


def _wait_for_all(crowd: Crowd, killed_at: float) -> None:
    """Return when all replies have ended, or their time is up."""
    for asked in list(crowd.questions):
        while _asked_for(asked)["state"] == "running" and monotonic() - killed_at < LONGEST_END_SECONDS:
            time.sleep(0.1)


def verified(asked: Question, teller: Teller, losses: Losses) -> Iterator[str]:
    """Yield what is wrong about one question; note how it was hit, if it was."""
    question, *answers = asked.visitor.messages(asked.conversation_id)
    tellings = teller.tellings(asked.message)
    if question["text"] != asked.message or [answer["id"] for answer in answers] != [asked.reply_id]:
        yield f"{asked.message} was acknowledged as {asked.reply_id}, but there are {question} and {answers}"
        return
    (answer,) = answers
    telling = tellings[0] if tellings else None
    sent = telling.text if telling else ""
    if len(tellings) > 1 or (not tellings and answer["state"] != "lost"):
        yield f"{asked.message} was asked {len(tellings)} times"
    if not sent.startswith(answer["text"]) or not sent.startswith(asked.text):
        yield f"{asked.message}: {sent!r} was sent, {answer['text']!r} stored, {asked.text!r} followed"
    if answer["state"] not in {"complete", "lost"} or (answer["state"] == "complete" and answer["text"] != sent):
        yield f"{asked.message} ended as {answer}"
    if asked.ended_at is not None and asked.text != answer["text"]:
        yield f"{asked.message}: {asked.text!r} was followed to its end, {answer['text']!r} stored"
    losses.note(asked, telling, answer)


def _closing_times(server: RunningServer, losses: Losses) -> str:
    """Return how long after the kills their replies were closed, by the log."""
    closed = {line["reply_id"]: line["time"] for line in server.logged("A reply was lost with its process")}
    seconds = sorted(
        _moment(closed[hit.question.reply_id]) - hit.kill.on for hit in losses.hits if hit.question.reply_id in closed
    )
    median, most = percentile(seconds, 50), max(seconds, default=0.0)
    return f"  {len(seconds)} closed as lost after {median:.1f} s (median), {most:.1f} s (most)"


def _ledger(rows: Sequence[Call]) -> str:
    """Return what the ledger has."""
    return f"  {len(rows)} rows of the ledger: {dict(Counter(row.state for row in rows))}"


def _moment(logged: str) -> float:
    return datetime.fromisoformat(logged).timestamp()


def test_what_was_acknowledged_survives_the_death_of_its_worker(
    tmp_path: Path, fresh_sqlite: MakeDatabase, fresh_postgres: MakeDatabase, soak: bool, soak_lines: list[str]
) -> None:
    kills, callers, at_once = (WHOLE_KILLS, WHOLE_CALLERS, 1) if soak else (KILLS, CALLERS, 2)

    def run(number: int, make: MakeDatabase) -> Outcome:
        outcome = kill_under_load(tmp_path / f"{number}", make(), kills, callers, number)
        soak_lines.extend(outcome.lines)
        return outcome

    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(run, (1, 2), (fresh_sqlite, fresh_postgres)))

    for outcome in outcomes:
        assert (outcome.wrong, outcome.late) == ([], [])
        if soak:
            missing, by_phase = outcome.losses.missing_milliseconds(), outcome.losses.kills_by_phase()
            assert percentile(missing, 50) <= MEDIAN_MISSING_MS
            assert percentile(missing, 95) <= P95_MISSING_MS
            assert min(by_phase[phase] for phase in Phase) >= LEAST_KILLS_A_PHASE, outcome.lines
