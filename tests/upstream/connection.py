"""One connection of a scripted server: reads requests, plays a script for each, notices a peer that leaves."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPMessage, parse_headers
from io import BufferedReader
from ssl import SSLSocket
from typing import Any

from tests.upstream.script import Cut, Gate, Pause, Reset, Send, Stall, Step

GATE_POLL_SECONDS = 0.002
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class HungUpError(Exception):
    """The script closes the connection here."""


@dataclass(eq=False)
class Exchange:
    """One request, and what became of its answer.

    ``connection`` counts from 1; two requests on the same one mean that it was kept alive.
    """

    connection: int
    method: str
    path: str
    headers: HTTPMessage
    body: bytes
    peer_left_at: float | None = None
    _over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)

    @property
    def is_over(self) -> bool:
        """Tell whether the script has been played, or nobody was there to hear the rest."""
        return self._over.is_set()

    def wait_until_over(self, timeout_seconds: float = 5.0) -> None:
        """Return as soon as it ``is_over``."""
        assert self._over.wait(timeout_seconds), f"{self.path} is still being answered"

    def wait_until_left(self, timeout_seconds: float = 5.0) -> float:
        """Return the monotonic time at which the peer left in mid-answer; fail if it stayed to the end."""
        self.wait_until_over(timeout_seconds)
        assert self.peer_left_at is not None, f"{self.path} was answered to the end"
        return self.peer_left_at

    def end(self, peer_left_at: float | None = None) -> None:
        """Note how it ended."""
        self.peer_left_at = peer_left_at
        self._over.set()


class Connection:
    """Serves one peer in its own thread, request after request, until either side hangs up."""

    def __init__(self, number: int, peer: socket.socket, script_for: Callable[[Exchange], Sequence[Step]]) -> None:
        self._number = number
        self._socket = peer
        self._script_for = script_for
        self._thread = threading.Thread(target=self._serve, name=f"upstream-{number}", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End it, whatever it is waiting for."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError, HungUpError), self._socket, self._socket.makefile("rb") as reader:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if isinstance(self._socket, SSLSocket):
                self._socket.do_handshake()
            while exchange := self._next_request(reader):
                self._answer(exchange)

    def _next_request(self, reader: BufferedReader) -> Exchange | None:
        words = reader.readline().decode("latin-1").split()
        if len(words) != 3:  # the peer hung up between two requests
            return None
        headers = parse_headers(reader)
        body = reader.read(int(headers["Content-Length"] or 0))
        return Exchange(self._number, words[0], words[1], headers, body)

    def _answer(self, exchange: Exchange) -> None:
        left_at = None
        try:
            for step in self._script_for(exchange):
                self._play(step)
        except OSError:
            left_at = time.monotonic()
            raise
        finally:
            exchange.end(left_at)

    def _play(self, step: Step) -> None:
        match step:
            case Send(data):
                self._let_pass(0)
                self._socket.sendall(data)
            case Pause(seconds):
                self._let_pass(seconds)
            case Gate():
                while not step.is_open:
                    self._let_pass(GATE_POLL_SECONDS)
            case Stall():
                self._let_pass(None)
            case Cut():
                raise HungUpError
            case Reset():
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                raise HungUpError

    def _let_pass(self, seconds: float | None) -> None:
        """Let time pass, but not a moment more once the peer is gone.

        A client has nothing to say while it waits for its answer, so whatever can be read is the end.
        """
        if select.select([self._socket], [], [], seconds)[0]:
            raise ConnectionAbortedError("the peer left")
