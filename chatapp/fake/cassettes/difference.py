"""Why no cassette answers a request, in words: what is different in the nearest one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import islice, takewhile
from typing import Any

from chatapp.fake.cassettes.cassette import Cassette, Request

MOST_LINES = 60
LINE_WIDTH = 160
"""A long prompt is one line of JSON: it is folded, so that only the part that differs is shown."""
MOST_COMPARED_LINES = 2_000
MOST_WORDS = 5_000
"""The server does nothing else in the meantime: so much, and no more, is compared."""
LINES_BEFORE = 3
WORD = re.compile(r"\w+|[^\w\s]")


class Differences:
    """Tells what is different between a request and the cassettes there are."""

    def __init__(self, cassettes: Mapping[str, Cassette]) -> None:
        self._requests = {name: cassette.request for name, cassette in cassettes.items()}
        self._words = {name: _words(request.body) for name, request in self._requests.items()}

    def from_nearest(self, asked: Request) -> str:
        """Return a few sentences, and the lines that differ from the nearest one, shortened if they are many."""
        what = f"{asked.method} {asked.path}"
        same_place = [
            name
            for name, request in self._requests.items()
            if (request.method, request.path) == (asked.method, asked.path)
        ]
        if not same_place:
            others = sorted({f"{request.method} {request.path}" for request in self._requests.values()})
            return f"No cassette is for {what}. There are cassettes for: {', '.join(others[:MOST_LINES])}."
        words = _words(asked.body)
        name = max(same_place, key=lambda name: _likeness(words, self._words[name]))
        lines = list(islice(_diff(name, self._requests[name].body, asked.body), MOST_LINES + 1))
        if len(lines) > MOST_LINES:
            lines[MOST_LINES:] = ["… (there is more)"]
        return "\n".join(
            [
                f"No cassette holds this request: {what} with another body was recorded, but not with this one.",
                f"The nearest is {name}. Lines with - are in the cassette, lines with + in the request:",
                "",
                *lines,
            ]
        )


def _diff(name: str, recorded: Any, asked: Any) -> Iterator[str]:
    before, after = _lines(recorded), _lines(asked)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    compared = slice(max(same - LINES_BEFORE, 0), same + MOST_COMPARED_LINES)
    return unified_diff(before[compared], after[compared], name, "this request", lineterm="")


def _lines(body: Any) -> list[str]:
    lines = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True).split("\n")
    return [line[begin : begin + LINE_WIDTH] for line in lines for begin in range(0, len(line), LINE_WIDTH)]


def _words(body: Any) -> Counter[str]:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    return Counter(found[0] for found in islice(WORD.finditer(text), MOST_WORDS))


def _likeness(some: Counter[str], others: Counter[str]) -> float:
    """Return from 0 to 1 how many words are the same, wherever they stand, as difflib's quick ratio does."""
    return 2 * (some & others).total() / max(some.total() + others.total(), 1)
