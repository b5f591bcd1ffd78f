"""Why no cassette answers a request, in words: what is different in the nearest one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, unified_diff
from itertools import islice
from typing import Any

from chatapp.fake.cassettes.cassette import Cassette, Request

MOST_LINES = 60
LINE_WIDTH = 160
"""A long prompt is one line of JSON: it is folded, so that only the part that differs is shown."""
MOST_WORDS = 20_000
WORD = re.compile(r"\w+|[^\w\s]")


def difference(asked: Request, cassettes: Mapping[str, Cassette]) -> str:
    """Return a few sentences, and the lines that differ from the nearest cassette, shortened if they are many."""
    what = f"{asked.method} {asked.path}"
    same_place = {
        name: cassette
        for name, cassette in cassettes.items()
        if (cassette.request.method, cassette.request.path) == (asked.method, asked.path)
    }
    if not same_place:
        others = sorted({f"{cassette.request.method} {cassette.request.path}" for cassette in cassettes.values()})
        return f"No cassette is for {what}. There are cassettes for: {', '.join(others[:MOST_LINES])}."
    words = _words(asked.body)
    name = max(same_place, key=lambda name: _likeness(words, same_place[name].request.body))
    lines = list(islice(_diff(name, same_place[name].request.body, asked.body), MOST_LINES + 1))
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
    return unified_diff(_lines(recorded), _lines(asked), name, "this request", lineterm="")


def _lines(body: Any) -> list[str]:
    lines = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True).split("\n")
    return [line[begin : begin + LINE_WIDTH] for line in lines for begin in range(0, len(line), LINE_WIDTH)]


def _words(body: Any) -> list[str]:
    return WORD.findall(json.dumps(body, ensure_ascii=False, sort_keys=True))[:MOST_WORDS]


def _likeness(words: list[str], body: Any) -> float:
    """Return from 0 to 1 how many words are the same, wherever they stand: that is fast, and near enough."""
    return SequenceMatcher(None, words, _words(body), autojunk=False).quick_ratio()
