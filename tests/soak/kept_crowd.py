"""A crowd that keeps conversations while workers are killed. Each asks, reads or does not wait, and asks again.

What anybody saw is written down, for whoever looks afterwards at what became of it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from tests.integration.caller import Heard
from tests.integration.kept_processes.teller import Pace, Teller
from tests.integration.kept_processes.visitor import CUT_OFF, Line, Visitor, replies_of

PACES = (
    Pace(tokens=4, seconds=0.02),
    Pace(tokens=8, seconds=0.1),
    Pace(tokens=10, seconds=0.05, first_seconds=1.0),
    Pace(tokens=40, seconds=0.1, first_seconds=0.2),
    Pace(tokens=60, seconds=0.05, first_seconds=0.1),
)
READING_SHARE = 0.5
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.05

T = TypeVar("T")


@dataclass(eq=False)
class Question:
    """One question, which is its own client id, and what was heard of it. Moments are monotonic.

    ``reply_id`` and ``acknowledged_at`` are there as soon as the server has answered, if only to a second try.
    ``cut_at`` is when the first try's connection broke, ``cut_on`` the same by the clock on the wall.
    """

    visitor: Visitor
    conversation_id: str
    message: str
    acknowledged_at: float | None = None
    reply_id: str = ""
    text: str = ""
    ended_at: float | None = None
    was_tried_again: bool = False
    cut_at: float | None = None
    cut_on: float = 0.0

    @property
    def body(self) -> dict[str, str]:
        """Return what is sent."""
        return {"message": self.message, "client_id": self.message}


class Crowd:
    """So many callers. ``on_ask`` is called whenever one of them is about to ask."""

    def __init__(self, port: int, teller: Teller, size: int, seed: int) -> None:
        self.questions: list[Question] = []
        self.refused: list[str] = []
        self.on_ask: Callable[[], object] = _nothing
        self._port = port
        self._teller = teller
        self._size = size
        self._seed = seed
        self._leaving = threading.Event()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask on and on until the block ends."""
        with ThreadPoolExecutor(self._size) as pool:
            callers = [pool.submit(self._call, number) for number in range(self._size)]
            try:
                yield
            finally:
                self._leaving.set()
        for caller in callers:
            caller.result()

    def _call(self, number: int) -> None:
        chance = random.Random(self._seed * 1000 + number)
        visitor = _until_answered(lambda: Visitor.new(self._port))
        count = 0
        while not self._leaving.is_set():
            count += 1
            asked = Question(visitor, _until_answered(visitor.begins), f"q-{number}-{count}")
            pace = chance.choice(PACES)
            self._teller.pace(asked.message, pace)
            self.questions.append(asked)
            self._ask(asked, reads=chance.random() < READING_SHARE)
            if asked.acknowledged_at is None:
                asked.was_tried_again = True
                _until_answered(lambda asked=asked: self._ask_without_waiting(asked))  # type: ignore[misc]
            if asked.ended_at is None and asked.cut_at is None:
                self._leaving.wait(pace.total_seconds)

    def _ask(self, asked: Question, *, reads: bool) -> None:
        try:
            if reads:
                with asked.visitor.line() as line:
                    self._read(asked, line)
            else:
                self._ask_without_waiting(asked)
        except CUT_OFF:
            asked.cut_at, asked.cut_on = monotonic(), time.time()

    def _read(self, asked: Question, line: Line) -> None:
        self.on_ask()
        reading = line.reads("POST", replies_of(asked.conversation_id), asked.body)
        asked.acknowledged_at, asked.reply_id = monotonic(), reading.reply["id"]
        while "content" in (event := reading.next()).data:
            asked.text += event.data["content"]
        asked.ended_at = monotonic()

    def _ask_without_waiting(self, asked: Question) -> None:
        self.on_ask()
        heard = asked.visitor.sends("POST", replies_of(asked.conversation_id), asked.body)
        if heard.status == 503:
            self._note_refusal(heard)
            raise ConnectionError("It was refused for the moment.")
        assert heard.status == 202, heard.body
        asked.acknowledged_at, asked.reply_id = monotonic(), heard.json["id"]

    def _note_refusal(self, heard: Heard) -> None:
        assert heard.headers["Retry-After"], heard.body
        self.refused.append(heard.json["code"])


def _until_answered(call: Callable[[], T]) -> T:
    """Call until no connection is cut."""
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        with suppress(*CUT_OFF):
            return call()
        time.sleep(PAUSE_SECONDS)
    return call()


def _nothing() -> None:
    """Most do not want to know."""
