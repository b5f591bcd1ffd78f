"""Measures kept conversations at size, on SQLite: lists, opening and search, and how late streams are meanwhile.

``make bench-scale`` runs it. One visitor has 20,000 conversations and 200,000 messages, one of them of 10,000, among as
many of others. The server has one worker, so that the streams are those of the worker that is asked.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

import requests

from bench.loads import LIMIT_SECONDS
from bench.processes import Processes
from bench.run import BUILD, PROJECT, build, raise_open_files
from bench.servers import Server, project
from bench.starting import started
from bench.upstream import start_upstream
from chatapp.bootstrap import build_container, prepare_storage
from chatapp.domain.entities import Conversation, Role
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.settings import Settings

CONVERSATIONS = 20_000
MESSAGES = 200_000
LONG = 10_000
STRANGERS = 200
VOCABULARY = 30_000
SHORTEST_WORDS, LONGEST_WORDS = 10, 120
TIMES = 100
STREAMS = 20
STREAM_TOKENS = 160
GAP_MS = 50
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked again and again."""

    name: str
    path: str


class Filler:
    """Fills a database; words are as frequent as in a language (Zipf's law), and the same at every run."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(data_dir=folder)
        prepare_storage(settings)
        container = build_container(settings)
        self.visitors, self.archive = container.visitors(), container.archive()
        self.searching, self.database = container.searching(), container.database()
        self._random = random.Random(1)
        weights = itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1))
        self._weights = list(weights)
        self._words = [f"word{rank}" for rank in range(VOCABULARY)]

    def fill(self) -> tuple[str, str]:
        """Return the visitor's token, and the id of the long conversation."""
        owner = self.visitors.welcome()
        self._give(owner, CONVERSATIONS - 1, MESSAGES - LONG, "own")
        self._store(owner, self._conversation("long", LONG))
        for number in range(STRANGERS):
            self._give(self.visitors.welcome(), CONVERSATIONS // STRANGERS, MESSAGES // STRANGERS, f"s{number}")
        self._store(owner, self._conversation("rare", 2, "quetzalcoatl"))
        while self.searching.index():
            pass
        self.database.write_back()
        token = self.visitors.token_of(owner)
        self.database.close()
        return token, "long"

    def _give(self, visitor_id: str, conversations: int, messages: int, name: str) -> None:
        each = max(messages // conversations, 1)
        for first in range(0, conversations, 100):
            some = range(first, min(first + 100, conversations))
            self.archive.add(visitor_id, [self._conversation(f"{name}-{number}", each) for number in some])

    def _store(self, visitor_id: str, batch: Batch) -> None:
        self.archive.add(visitor_id, [batch])

    def _conversation(self, name: str, length: int, word: str = "") -> Batch:
        made_at = NOON + timedelta(seconds=self._random.randrange(2_000_000))
        messages = [
            KeptMessage(
                f"{name}-{place}",
                name,
                f"{name}-{place - 1}" if place else None,
                Role.ASSISTANT if place % 2 else Role.USER,
                f"{self._text()} {word}",
                made_at + timedelta(seconds=place),
            )
            for place in range(length)
        ]
        conversation = Conversation(name, made_at, messages[-1].created_at, f"About {name}", leaf_id=messages[-1].id)
        return Batch(name, conversation, tuple(messages))

    def _text(self) -> str:
        count = self._random.randint(SHORTEST_WORDS, LONGEST_WORDS)
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))


def main() -> None:
    """Fill, measure and print."""
    raise_open_files()
    build()
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Processes() as processes:
        folder = Path(name)
        _say("Filling the database; that takes a few minutes.")
        begin = time.monotonic()
        (folder / "data").mkdir()
        token, long_id = Filler(folder / "data").fill()
        size_mib = (folder / "data" / "chatapp.db").stat().st_size / 2**20
        _say(f"Filled in {time.monotonic() - begin:.0f} s: {size_mib:.0f} MiB.")
        upstream = start_upstream(processes, BUILD / "upstream", folder)
        server = _with_one_worker(folder / "data")
        with started(processes, server, upstream) as (running, _):
            base = running.url.removesuffix(running.dialect.route)
            asker = requests.Session()
            asker.headers["Authorization"] = f"Bearer {token}"
            print(f"| asked {TIMES} times | p50, ms | p99, ms | streams meanwhile: late p99, ms | max, ms |")
            print("| --- | ---: | ---: | ---: | ---: |")
            for question in [None, *_questions(asker, base, long_id)]:
                _measure(asker, base, running.url, running.pid, question)


def _with_one_worker(folder: Path) -> Server:
    return project(PROJECT / "chatapp", {"CHATAPP_DATA_DIR": str(folder), "CHATAPP_WORKERS": "1"})


def _questions(asker: requests.Session, base: str, long_id: str) -> Iterator[Question]:
    yield Question("list, first page", "/api/conversations")
    cursor = _cursor_after(asker, base, pages=50)
    yield Question("list, page 50", f"/api/conversations?cursor={cursor}")
    yield Question("open the conversation of 10,000 messages", f"/api/conversations/{long_id}")
    yield Question("its messages around the 5,000th", f"/api/conversations/{long_id}?before={long_id}-5000")
    for name, words in (
        ("a rare word", "quetzalcoatl"),
        ("a word in one of 100 messages", "word500"),
        ("the commonest word", "word0"),
        ("the two commonest words", "word0 word1"),
        ("a phrase", '"word0 word3"'),
        ("a common and a rare word", "word0 quetzalcoatl"),
        ("a word that is not there", "nowhere"),
    ):
        yield Question(f"search: {name}", f"/api/conversations?q={quote(words)}")


def _cursor_after(asker: requests.Session, base: str, pages: int) -> str:
    cursor = ""
    for _ in range(pages):
        cursor = asker.get(f"{base}/api/conversations?cursor={cursor}").json()["next"]
    return cursor


def _measure(asker: requests.Session, base: str, stream_url: str, pid: int, question: Question | None) -> None:
    streams = _streams(stream_url, pid)
    time.sleep(1)
    times_ms = []
    for _ in range(TIMES if question else 0):
        begin = time.perf_counter()
        answer = asker.get(f"{base}{question.path}") if question else None
        times_ms.append((time.perf_counter() - begin) * 1e3)
        if answer is not None and answer.status_code != requests.codes.ok:
            sys.exit(f"{answer.status_code} {answer.text[:200]}")
        time.sleep(0.02)
    late = json.loads(streams.communicate()[0])["late_ms"]
    asked = f"{median(times_ms):.1f} | {quantiles(times_ms, n=100)[98]:.1f}" if times_ms else "– | –"
    name = question.name if question else "nothing"
    print(f"| {name} | {asked} | {late['p99']:.1f} | {late['max']:.1f} |", flush=True)


def _streams(url: str, pid: int) -> subprocess.Popen[str]:
    command: list[str | Path] = [
        BUILD / "load",
        "-url",
        url,
        "-last",
        '"done"',
        "-pid",
        str(pid),
        "-tokens",
        str(STREAM_TOKENS),
    ]
    command += ["-streams", str(STREAMS), "-limit", f"{LIMIT_SECONDS}s"]
    load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert load.stdin is not None
    load.stdin.write(json.dumps({"message": f"tokens={STREAM_TOKENS} gap={GAP_MS}ms"}))
    load.stdin.close()
    load.stdin = None
    return load


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
