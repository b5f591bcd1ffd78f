"""A plain estimate of tokens, for where no tokenizer is installed."""

from __future__ import annotations

TENTHS = {
    "small letter": 4,
    "capital": 13,
    "digit": 10,
    "mark": 10,
    "space": 1,
    "two bytes": 10,
    "three bytes": 18,
    "four bytes": 32,
}
"""Tenths of a token that a character may take, by its kind; found with text, code and data, and OpenAI's encodings."""

KINDS = dict(zip(TENTHS, b"acdmsbte", strict=True))
BEHIND = ord("-")
"""Stands for every byte of a character but its first."""


def _kind(byte: int) -> int:
    """Return the kind of character that a byte of UTF-8 begins."""
    character = chr(byte)
    if byte < 0x80:
        kinds = {"small letter": character.islower(), "capital": character.isupper(), "digit": character.isdigit()}
        return KINDS[next((kind for kind, is_one in kinds.items() if is_one), "space" if character == " " else "mark")]
    if byte < 0xC0:
        return BEHIND
    return KINDS["two bytes" if byte < 0xE0 else "three bytes" if byte < 0xF0 else "four bytes"]


TABLE = bytes(map(_kind, range(256)))
LONE_DIGIT = bytes((KINDS["space"], KINDS["digit"]))


class TokenEstimator:
    """A ``Tokenizer`` that knows no vocabulary: it goes by the kinds of characters, and errs on the high side.

    For the text of people, code and data it counts 1.1 to 2 times the truth, for short texts up to 6 times. What means
    nothing, like random letters of a script, may have up to twice as many tokens as it counts.
    """

    def overcount(self, _: str | None) -> float:
        """Return how many times the truth a count of ordinary text may be at most, for any encoding."""
        return 7.0

    def count(self, text: str, _: str | None) -> int:
        """Return an estimate from above of how many tokens ``text`` has, for any encoding."""
        kinds = text.encode("utf-8", "surrogatepass").translate(TABLE)
        tenths = sum(weight * kinds.count(KINDS[kind]) for kind, weight in TENTHS.items())
        tenths += 10 * kinds.count(LONE_DIGIT)  # only letters take the space before them along
        return -(-tenths // 10)
