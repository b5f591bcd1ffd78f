"""What the fake takes for a token: a word with the blank after it; a long word is several."""

from __future__ import annotations

import re

PIECE = re.compile(r"\s*\S{1,16}\s?|\s+")


def pieces_of(text: str) -> list[str]:
    """Cut text into the fake's tokens; joined, they are the text."""
    return PIECE.findall(text)


def count(text: str) -> int:
    """Return how many of the fake's tokens a text has."""
    return len(pieces_of(text))
