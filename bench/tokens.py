"""Counting tokens: what the exact counts cost, and whether others have to wait for them (``make bench-tokens``)."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chatapp.adapters.bpe_tokenizer import BpeTokenizer
from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.entities import ENCODINGS
from chatapp.domain.ports import Tokenizer

PAGE = 4096
CHARACTERS = 1_000_000
README = Path(__file__).parents[1] / "README.md"

Result = TypeVar("Result")


class Others:
    """Somebody who wants a turn every millisecond, as every stream of a worker does."""

    def __init__(self) -> None:
        self._longest = 0.0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(0.001)
            now = time.monotonic()
            self._longest = max(self._longest, now - last)
            last = now

    def waited_ms(self, work: Callable[[], Result]) -> tuple[Result, float, float]:
        """Do ``work``; return its result, how long it took, and the longest wait of the others meanwhile, in ms."""
        time.sleep(0.05)
        self._longest = 0.0
        began_at = time.perf_counter()
        result = work()
        took = time.perf_counter() - began_at
        time.sleep(0.02)
        return result, took * 1000, self._longest * 1000


def main() -> None:
    """Print one line for each thing that is counted."""
    importlib.import_module("gevent.monkey").patch_all()
    others = Others()
    texts = {
        "English, Markdown": _long(README.read_text("utf-8")),
        "Chinese": _long("今天天气很好，我们去公园散步。你想一起来吗？"),
        "Chinese without a mark": _long("今天天气很好我们去公园散步你想一起来吗"),
        "one letter": "a" * CHARACTERS,
    }
    estimator = TokenEstimator()
    _measure(others, estimator, None, texts)
    for encoding in ENCODINGS:
        _measure(others, BpeTokenizer(estimator), encoding, texts)


def _measure(others: Others, tokenizer: Tokenizer, encoding: str | None, texts: dict[str, str]) -> None:
    before = _resident_mb()
    _, took, waited = others.waited_ms(lambda: tokenizer.count("Hello", encoding))
    name = encoding or "estimate"
    print(f"{name}: ready after {took:.0f} ms, {_resident_mb() - before:.0f} MB; others waited {waited:.0f} ms at most")
    for kind, text in texts.items():
        tokens, took, waited = others.waited_ms(lambda text=text: tokenizer.count(text, encoding))  # type: ignore[misc]
        size = len(text.encode()) / 1_000_000
        pace = tokens / took / 1000
        print(
            f"{name}: {kind}, {size:.1f} MB: {tokens:,} tokens in {took:.0f} ms, {pace:.1f} million a second; "
            f"others waited {waited:.0f} ms at most"
        )


def _long(text: str) -> str:
    return (text * (CHARACTERS // len(text) + 1))[:CHARACTERS]


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * PAGE / 1_000_000


if __name__ == "__main__":
    main()
