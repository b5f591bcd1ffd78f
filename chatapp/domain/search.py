"""Full-text search, as far as it is the same for every storage: which words a text has, and what was searched for.

A word is a run of letters and digits, in small letters and without accents. Scripts without spaces between words
(Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) are taken character by character, and searched for as a phrase:
there any part of a word is found. Elsewhere only whole words are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_SEARCHED_CHARACTERS = 100_000
"""Only so much of a text is searched, from its beginning."""

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
SPACED = rf"[^\W_{UNSPACED}]"
WORD = re.compile(rf"[{UNSPACED}]|{SPACED}+")
PLAIN_WORD = re.compile(r"[a-z0-9]+")
NEITHER_ASCII_NOR_WORD = re.compile(r"[^\x00-\x7f\w]")
QUOTED_OR_NOT = re.compile(r'"([^"]*)"|(\S+)')

SNIPPET_CHARACTERS = 160
BEFORE_CHARACTERS = 40

PART_CHARACTERS = 20_000
OVERLAP_CHARACTERS = 4 * LONGEST_WORD_CHARACTERS


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
        found = spaced(words(text))
        return all(spaced(phrase) in found for phrase in self.phrases)


def spaced(found: Iterable[str]) -> str:
    """Return words as one text with a space around each: a phrase is a part of it, wherever it stands."""
    return f" {' '.join(found)} "


def snippet(text: str, query: Query) -> str:
    """Return one line of the text around the first word that was searched for."""
    place = _first_place(text, {phrase[0] for phrase in query.phrases})
    begin = max(0, place - BEFORE_CHARACTERS)
    if begin:
        begin = text.find(" ", begin, place) + 1 or begin
    end = begin + SNIPPET_CHARACTERS
    shown = " ".join(text[begin:end].split())
    return f"{'…' if begin else ''}{shown}{'…' if end < len(text) else ''}"


def _first_place(text: str, wanted: Iterable[str]) -> int:
    """Return where the first of the wanted words begins, or 0."""
    patterns = [_pattern(word) for word in wanted]
    for begin in range(0, len(text), PART_CHARACTERS):
        before = min(begin, 1)  # the sign before tells whether a word begins there
        end = begin + PART_CHARACTERS + OVERLAP_CHARACTERS
        part = text[begin - before : end]
        folded, first = _folded(part), len(_folded(part[:before]))
        found = [match for pattern in patterns if (match := pattern.search(folded, first))]
        # A word at the end of a part may go on behind it; it stands in the next part too.
        places = [match.start() for match in found if match.end() < len(folded) or end >= len(text)]
        if places:
            return begin - before + _unfolded_place(part, min(places))
    return 0


def _pattern(word: str) -> re.Pattern[str]:
    if not re.match(SPACED, word):
        return re.compile(word)
    # What comes before is looked at last: a pattern that begins with plain letters is searched for many times as fast.
    whole = rf"{word}(?<!{SPACED}{word})"
    return re.compile(whole if len(word) == LONGEST_WORD_CHARACTERS else rf"{whole}(?!{SPACED})")


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold()
    # To ask of every sign whether it is an accent would take five times as long. No accent counts as part of a word.
    for sign in set(NEITHER_ASCII_NOR_WORD.findall(plain)):
        if unicodedata.combining(sign):
            plain = plain.replace(sign, "")
    return unicodedata.normalize("NFC", plain)


def _unfolded_place(text: str, place: int) -> int:
    """Return where in a text stands what has this place when it is folded."""
    if text.isascii():
        return place
    begin, end = 0, len(text)
    while end - begin > 1:
        middle = (begin + end) // 2
        length = len(_folded(text[begin:middle]))
        if length <= place:
            begin, place = middle, place - length
        else:
            end = middle
    return begin
