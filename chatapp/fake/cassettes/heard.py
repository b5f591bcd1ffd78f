"""What the recorder hears of one answer, while it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from urllib3 import HTTPHeaderDict

from chatapp.fake.cassettes.cassette import Ended
from chatapp.fake.server import wire

LAST_WORDS = wire.DONE.rstrip()
MOST_READS_OF_LAST_WORDS = len(wire.DONE)


@dataclass
class Heard:
    """An answer, with times in milliseconds since the request had been sent.

    ``status`` is None until the answer has begun. ``is_readable`` is false where it is compressed in a way that we
    do not know. ``reads`` are the pieces of the body, each with its time.
    """

    status: int | None = None
    headers: HTTPHeaderDict = field(default_factory=HTTPHeaderDict)
    is_readable: bool = True
    head_milliseconds: float = 0.0
    reads: list[tuple[float, bytes]] = field(default_factory=list)
    ended: Ended = "cut"
    ended_milliseconds: float = 0.0
    _began_at: float = 0.0

    def begin(self) -> None:
        """Count from now: the request has been sent."""
        self._began_at = monotonic()

    def head(self, status: int, headers: HTTPHeaderDict, *, is_readable: bool) -> None:
        """Note that the answer has begun."""
        self.status, self.headers, self.is_readable = status, headers, is_readable
        self.head_milliseconds = self._now()

    def hear(self, data: bytes) -> None:
        """Note a piece of the body."""
        self.reads.append((self._now(), data))

    def end(self, how: Ended) -> None:
        """Note the end."""
        self.ended, self.ended_milliseconds = how, self._now()

    @property
    def is_heard_out(self) -> bool:
        """Tell whether a stream has said its last words: many clients, OpenAI's own too, hang up upon them."""
        tail = b"".join(data for _, data in self.reads[-MOST_READS_OF_LAST_WORDS:])
        return tail.rstrip().endswith(LAST_WORDS)

    def _now(self) -> float:
        return round((monotonic() - self._began_at) * 1000, 1) if self._began_at else 0.0
