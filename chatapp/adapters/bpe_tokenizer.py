"""Exact counts of tokens, with OpenAI's own vocabularies. The package ``rs_bpe`` brings them: it needs no network."""

from __future__ import annotations

import importlib
import re
import threading
import time
from collections.abc import Callable, Iterator

from chatapp.domain.entities import ENCODINGS
from chatapp.domain.ports import Tokenizer

SLICE_CHARACTERS = 16_384
LONGEST_SLICE_CHARACTERS = 4 * SLICE_CHARACTERS
A_BREATH_SECONDS = 0.0001

# Both encodings split a text into words before they look at their vocabulary, and none of these marks can stand in a
# word behind a letter. An apostrophe can, and so can an accent that is a character of its own.
BETWEEN_WORDS = re.compile(
    r"[^\W\d_](?=[\s.,;:!?()\[\]{}<>\"=+*/&|#\u3001\u3002\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\u060c\u061b\u061f\u0964])"
)
SURROGATES = re.compile("[\ud800-\udfff]")


class BpeTokenizer:
    """A ``Tokenizer`` that is exact for the encodings it knows, and goes by ``estimator`` for others.

    A vocabulary takes 70 MB and is loaded when it is first needed.

    A long text is counted slice by slice, each ending with a word, as nothing else in the process goes on while one is
    counted. Where 65,536 characters hold no end of a word, the slice ends anywhere: that may cost a token.
    """

    def __init__(self, estimator: Tokenizer) -> None:
        self._estimator = estimator
        self._counters: dict[str, Callable[[str], int]] = {}
        self._loading = threading.Lock()

    def overcount(self, encoding: str | None) -> float:
        """Return 1.0 where the count is exact."""
        return 1.0 if encoding in ENCODINGS else self._estimator.overcount(encoding)

    def count(self, text: str, encoding: str | None) -> int:
        """Return how many tokens ``text`` has; nothing in it is taken for more than text."""
        if encoding not in ENCODINGS:
            return self._estimator.count(text, encoding)
        count = self._counter(encoding)
        text = SURROGATES.sub("\ufffd", text)  # half a pair has no bytes to be counted by
        if len(text) <= SLICE_CHARACTERS:
            return count(text)
        tokens = 0
        for part in _slices(text):
            tokens += count(part)
            time.sleep(A_BREATH_SECONDS)
        return tokens

    def _counter(self, encoding: str) -> Callable[[str], int]:
        with self._loading:
            if encoding not in self._counters:
                vocabularies = importlib.import_module("rs_bpe.bpe").openai
                self._counters[encoding] = getattr(vocabularies, encoding)().count
            return self._counters[encoding]


def _slices(text: str) -> Iterator[str]:
    begin = 0
    while len(text) - begin > SLICE_CHARACTERS:
        longest = begin + LONGEST_SLICE_CHARACTERS
        found = BETWEEN_WORDS.search(text, begin + SLICE_CHARACTERS, longest)
        end = found.end() if found else longest
        yield text[begin:end]
        begin = end
    yield text[begin:]
