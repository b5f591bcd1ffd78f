"""Full-text search, as far as it is the same for every storage: which words a text has, and what was searched for.

A word is a run of letters and digits, in small letters and without accents. Scripts without spaces between words
(Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) are taken character by character, and searched for as a phrase:
there any part of a word is found. Elsewhere only whole words are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST_WORD_CHARACTERS = 64
MOST_WORDS = 32

UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Chinese characters
    "\uac00-\ud7af"  # Korean
    "\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
PLAIN_WORD = re.compile(r"[a-z0-9]+")
QUOTED_OR_NOT = re.compile(r'"([^"]*)"|(\S+)')

SNIPPET_CHARACTERS = 160
BEFORE_CHARACTERS = 40


def words(text: str) -> list[str]:
    """Return the words of a text in their order, as they are searched for."""
    # The same for plain text, in a third of the time.
    found = PLAIN_WORD.findall(text.lower()) if text.isascii() else WORD.findall(_folded(text))
    return [word[:LONGEST_WORD_CHARACTERS] for word in found]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: all these phrases, each one word or more that must follow each other."""

    phrases: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Understand what somebody typed: words, and phrases between double quotes."""
        parts = (words(quoted or plain) for quoted, plain in QUOTED_OR_NOT.findall(text))
        phrases: list[tuple[str, ...]] = []
        count = 0
        for part in parts:
            part = part[: MOST_WORDS - count]
            count += len(part)
            if part:
                phrases.append(tuple(part))
        return cls(tuple(dict.fromkeys(phrases)))

    def matches(self, text: str) -> bool:
        """Tell whether a text has all that is searched for."""
        spaced = f" {' '.join(words(text))} "
        return all(f" {' '.join(phrase)} " in spaced for phrase in self.phrases)


def snippet(text: str, query: Query) -> str:
    """Return one line of the text around the first word that was searched for."""
    wanted = {phrase[0] for phrase in query.phrases}
    place = next((found.start() for found in WORD.finditer(text) if _folded(found.group()) in wanted), 0)
    begin = max(0, place - BEFORE_CHARACTERS)
    if begin:
        begin = text.find(" ", begin, place) + 1 or begin
    end = begin + SNIPPET_CHARACTERS
    shown = " ".join(text[begin:end].split())
    return f"{'…' if begin else ''}{shown}{'…' if end < len(text) else ''}"


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(sign for sign in plain if not unicodedata.combining(sign)))
