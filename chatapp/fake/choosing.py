"""Which rule answers a request, and if none does, which comes nearest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from chatapp.fake.asked import Asked
from chatapp.fake.script import Rule, When

LONGEST_QUOTE_CHARACTERS = 200
LONGEST_COMPARED_CHARACTERS = 2_000


def fits(when: When, asked: Asked) -> bool:
    """Tell whether every condition holds."""
    return next(_misfits(when, asked), None) is None


def explanation(rules: Sequence[Rule], asked: Asked) -> str:
    """Say that no rule fits, and which comes nearest and why it does not."""
    said = f"model “{asked.model}”, turn {asked.turn}, message “{_quoted(asked.message)}”"
    sentence = f"No rule of the fake's script fits this request: {said}."
    if not rules:
        return f"{sentence} The script has no rules."
    number, nearest = max(enumerate(rules, 1), key=lambda numbered: _nearness(numbered[1].when, asked))
    reasons = " and ".join(_misfits(nearest.when, asked)) or "it has been used as often as it may be"
    return f"{sentence} The nearest is rule {number}, but {reasons}."


def _misfits(when: When, asked: Asked) -> Iterator[str]:
    """Yield in words what does not fit."""
    if when.model is not None and when.model != asked.model:
        yield f"its model is “{when.model}”"
    if when.turn is not None and when.turn != asked.turn:
        yield f"its turn is {when.turn}"
    if when.message is not None and when.message.strip() != asked.message.strip():
        yield f"its message is “{_quoted(when.message)}”"
    if when.pattern is not None and re.search(when.pattern, asked.message) is None:
        yield f"its pattern is “{_quoted(when.pattern)}”"


def _nearness(when: When, asked: Asked) -> tuple[int, float]:
    misfits = sum(1 for _ in _misfits(when, asked))
    wanted = when.message or when.pattern or ""
    here, there = wanted[:LONGEST_COMPARED_CHARACTERS], asked.message[:LONGEST_COMPARED_CHARACTERS]
    # Not the whole ratio: it takes a second for a few long rules, and everybody waits meanwhile.
    words = SequenceMatcher(None, here.split(), there.split(), autojunk=False).quick_ratio()
    letters = SequenceMatcher(None, here, there, autojunk=False).quick_ratio()
    return -misfits, words + letters


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE_CHARACTERS else text[:LONGEST_QUOTE_CHARACTERS] + "…"
