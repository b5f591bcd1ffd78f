"""What the tests of recording share: a provider that sends what it is given, and a caller that notes what comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import urllib3

from chatapp.fake.cassettes import RecordingServer, ReplayingServer
from chatapp.fake.server import wire
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Send, Sending

CHAT = "/chat/completions"
ENOUGH_SECONDS = 10.0
STREAM_HEAD = Send(wire.head(200, wire.STREAM_HEADERS))
END = Send(wire.LAST_CHUNK)


class Provider(LoopbackServer):
    """Answers every request with the same steps: what to do, or seconds of silence."""

    def __init__(self, *steps: Sending | float, **how: Any) -> None:
        super().__init__(**how)
        self._steps = steps

    def answer(self, exchange: Exchange) -> Iterator[tuple[float, Sending]]:
        due = monotonic()
        for step in self._steps:
            if isinstance(step, float):
                due += step
            else:
                yield due, step


class Heard:
    """An answer as a caller saw it: ``pieces`` as they came, and each one's seconds since the head in ``times``."""

    def __init__(self, url: str, path: str = CHAT, **how: Any) -> None:
        how = {"json": {"n": 1}} | how if "body" not in how and how.get("method", "POST") == "POST" else how
        self.pieces: list[bytes] = []
        self.times: list[float] = []
        self.broke: str | None = None
        self.status: int | None = None
        with urllib3.PoolManager(retries=False, timeout=ENOUGH_SECONDS) as pool:
            began = monotonic()
            try:
                answer = pool.request(how.pop("method", "POST"), f"{url}{path}", preload_content=False, **how)
                headed = monotonic()
                self.status, self.headers = answer.status, dict(answer.headers)
                while data := answer.read1(65_536):
                    self.pieces.append(data)
                    self.times.append(monotonic() - headed)
            except urllib3.exceptions.ProtocolError as error:
                self.broke = type(error.args[1]).__name__
            self.seconds = monotonic() - began

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def seconds_apart(self, other: Heard) -> float:
        """Return by how many seconds a typical piece came sooner or later than in another hearing."""
        return median(abs(mine - its) for mine, its in zip(self.times, other.times, strict=True))


def recorded(folder: Path, url: str, path: str = CHAT, **how: Any) -> Heard:
    """Ask a provider through a recorder, which writes into ``folder``."""
    with RecordingServer(folder, url) as recorder:
        return Heard(recorder.url, path, **how)


def replayed(folder: Path, path: str = CHAT, *, at_once: bool = True, **how: Any) -> Heard:
    """Ask for the same once more, of the cassettes alone."""
    with ReplayingServer(folder, at_once) as replayer:
        return Heard(replayer.url, path, **how)


def chunks(*pieces: bytes) -> list[Send]:
    """Return a whole stream, each piece a chunk of its own."""
    return [STREAM_HEAD, *(Send(wire.framed(piece)) for piece in pieces), END]
