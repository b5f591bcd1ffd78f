"""Many callers at once. Each asks one question after the other; now and then one leaves before the answer is whole.

Every question holds a canary of its own, which the provider says back: whoever hears another's has heard what was
not meant for them.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.integration.app_under_test import events_in
from tests.integration.caller import Caller, Heard
from tests.soak.echo import TIMES

CANARY = re.compile(rb"canary-\d+-\d+-")
QUESTION_CANARIES = 8
LEAVING_SHARE = 0.1
LONGEST_STAY_SECONDS = 0.03


@dataclass(slots=True)
class Tally:
    """What became of the questions. ``wrong`` has a line for each answer that is not as it should be."""

    whole: int = 0
    cancelled: int = 0
    bytes_heard: int = 0
    foreign: list[bytes] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def sum(cls, tallies: Iterable[Tally]) -> Tally:
        """Add them up."""
        total = cls()
        for tally in tallies:
            total.whole += tally.whole
            total.cancelled += tally.cancelled
            total.bytes_heard += tally.bytes_heard
            total.foreign += tally.foreign
            total.wrong += tally.wrong
        return total


class Visitor:
    """One caller, who keeps a connection for as long as it is not broken off."""

    def __init__(self, port: int, number: int, seed: int) -> None:
        self.tally = Tally()
        self._port = port
        self._number = number
        self._chance = random.Random(seed * 1000 + number)
        self._caller = Caller(port, timeout_seconds=20)

    def visit(self, questions: int) -> Tally:
        """Ask so many questions, and go."""
        for count in range(questions):
            canary = f"canary-{self._number}-{count}-"
            path = self._chance.choice(["/chat", "/chat/stream"])
            self._caller.ask(path, message=_question(canary))
            if self._chance.random() < LEAVING_SHARE:
                self._leave_early(canary.encode())
            else:
                self._hear_out(path, canary)
        self._caller.leave()
        return self.tally

    def _hear_out(self, path: str, canary: str) -> None:
        try:
            heard = self._caller.hear()
        except (HTTPException, OSError) as error:
            self.tally.wrong.append(f"{path}: {error!r}")
            self._call_again()
            return
        self._listen(bytes(heard.headers) + heard.body, canary.encode())
        if said_in(path, heard) == _question(canary) * TIMES:
            self.tally.whole += 1
        else:
            self.tally.wrong.append(f"{path}: {heard.status} {heard.body[-200:]!r}")

    def _leave_early(self, canary: bytes) -> None:
        """Leave at once, after a moment of waiting, or in the middle of the answer."""
        moment = self._chance.choice(["at once", "soon", "in mid-answer"])
        if moment == "soon":
            time.sleep(self._chance.uniform(0, LONGEST_STAY_SECONDS))
        elif moment == "in mid-answer":
            for _ in range(self._chance.randint(1, QUESTION_CANARIES * TIMES - 1)):
                self._listen(self._caller.read_until(canary), canary)
        self._caller.leave(abruptly=self._chance.random() < 0.5)
        self.tally.cancelled += 1
        self._call_again()

    def _listen(self, data: bytes, canary: bytes) -> None:
        self.tally.bytes_heard += len(data)
        self.tally.foreign += [found for found in CANARY.findall(data) if found != canary]

    def _call_again(self) -> None:
        self._caller.leave()
        self._caller = Caller(self._port, timeout_seconds=20)


def _question(canary: str) -> str:
    """Return what is asked: the canary again and again, each a word, which the provider says in one piece."""
    return f"{canary} " * QUESTION_CANARIES


def said_in(path: str, heard: Heard) -> str | None:
    """Return the text of a whole answer; None if it is not whole."""
    with suppress(AssertionError, KeyError, ValueError):
        if path == "/chat":
            return str(heard.json["response"])
        *pieces, last = events_in(heard.body.decode())
        if last["done"]:
            return "".join(piece["content"] for piece in pieces)
    return None


def visit(port: int, replies: int, *, callers: int, seed: int) -> Tally:
    """Have the callers ask for that many replies together; return what became of them."""
    shares = [replies // callers + (number < replies % callers) for number in range(callers)]
    with ThreadPoolExecutor(callers) as pool:
        visits = pool.map(lambda number: Visitor(port, number, seed).visit(shares[number]), range(callers))
        return Tally.sum(visits)
