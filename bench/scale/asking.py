"""Short questions about a large database, asked again and again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import requests

from bench.scale.filling import FOREIGN, LONG, RARE, Filled, word

TIMES = 100
PAUSE_SECONDS = 0.02
PAGES_DOWN = 50
PAGES_UP = 80


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked again and again."""

    name: str
    path: str


class Asker:
    """The visitor who has half of everything."""

    def __init__(self, base: str, filled: Filled) -> None:
        self._base = base
        self._long = f"/api/conversations/{filled.long_id}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {filled.token}"

    def questions(self) -> Iterator[Question]:
        """Yield all questions."""
        yield Question("list, first page", "/api/conversations")
        yield Question(
            f"list, page {PAGES_DOWN + 1}", self._turned("/api/conversations?", "cursor", "next", PAGES_DOWN)
        )
        yield Question(f"open the conversation of {LONG:,} messages", self._long)
        yield Question("page up in it, to the middle", self._turned(f"{self._long}?", "before", "before", PAGES_UP))
        for name, words in SEARCHES:
            yield Question(f"search: {name}", f"/api/conversations?q={quote(words)}")
        commonest = f"/api/conversations?q={word(0)}&"
        yield Question("search: the commonest word, page 21", self._turned(commonest, "cursor", "next", 20))

    def ask(self, question: Question) -> list[float]:
        """Ask again and again; return how many milliseconds each answer took."""
        times_ms = []
        for _ in range(TIMES):
            begin = time.perf_counter()
            self.get(question.path)
            times_ms.append((time.perf_counter() - begin) * 1e3)
            time.sleep(PAUSE_SECONDS)
        return times_ms

    def get(self, path: str) -> requests.Response:
        """Return an answer; a refusal ends the run."""
        return self._required(self._session.get(f"{self._base}{path}", stream=True))

    def post(self, path: str, body: Iterator[bytes]) -> requests.Response:
        """Send a file of JSON."""
        headers = {"Content-Type": "application/json"}
        return self._required(self._session.post(f"{self._base}{path}", data=body, headers=headers))

    def delete(self, path: str) -> requests.Response:
        """Delete something."""
        return self._required(self._session.delete(f"{self._base}{path}"))

    def _turned(self, path: str, name: str, found: str, pages: int) -> str:
        """Return where one is after turning so many pages."""
        cursor = self.get(path).json()[found]
        for _ in range(pages - 1):
            cursor = self.get(f"{path}{name}={cursor}").json()[found]
        return f"{path}{name}={cursor}"

    def _required(self, answer: requests.Response) -> requests.Response:
        if not answer.ok:
            sys.exit(f"{answer.status_code} {answer.text[:200]}")
        if "json" in answer.headers.get("Content-Type", ""):
            answer.content  # noqa: B018 - reads it to its end
        return answer


SEARCHES = (
    ("a rare word", RARE),
    ("a word in one of 60 messages", word(500)),
    ("the commonest word", word(0)),
    ("the two commonest words", f"{word(0)} {word(1)}"),
    ("a phrase of frequent words", f'"{word(20)} {word(30)}"'),
    ("a common and a rare word", f"{word(0)} {RARE}"),
    ("rare here, common among others", FOREIGN),
    ("the same and the commonest word", f"{word(0)} {FOREIGN}"),
    ("a word that is not there", "nowhere"),
)
