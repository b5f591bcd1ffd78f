"""One connection to the server: reads requests, plays an answer to each, notices a peer that leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from email.message import Message
from http.client import HTTPException, parse_headers
from io import BytesIO
from time import monotonic
from typing import cast

from chatapp.fake.server import wire
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.playing import Playing
from chatapp.fake.server.sending import Sending

log = logging.getLogger(__name__)

LONGEST_HEAD_BYTES = 65_536
LONGEST_BODY_BYTES = 64_000_000
END_OF_HEAD = b"\r\n\r\n"

Answering = Callable[[Exchange], Iterator[tuple[float, Sending]]]
"""Decides what a request is answered."""


class Connection(asyncio.Protocol):
    """Serves one peer, request after request, until either side hangs up. As long it is among ``open_ones``."""

    def __init__(
        self,
        number: int,
        answer: Answering,
        on_over: Callable[[Exchange], None],
        open_ones: set[Connection],
    ) -> None:
        self._number = number
        self._answer = answer
        self._on_over = on_over
        self._open_ones = open_ones
        self._received = bytearray()
        self._head: tuple[str, str, Message] | None = None
        self._playing: Playing | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport. A peer that breaks off the TLS handshake never comes here."""
        self._transport = cast(asyncio.Transport, transport)
        self._open_ones.add(self)
        # What the kernel has not taken has not gone out: an answer waits there, and does not run ahead.
        # Not 0: under TLS asyncio takes a buffer that is as full as its limit for too full, an empty one too.
        self._transport.set_write_buffer_limits(high=1)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; what comes in mid-answer waits."""
        self._received += data
        if self._playing is None:
            self._go_on()

    def pause_writing(self) -> None:
        """Let the answer wait for its reader."""
        if self._playing is not None:
            self._playing.pause()

    def resume_writing(self) -> None:
        """Let the answer go on."""
        if self._playing is not None:
            self._playing.resume()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """Note that the peer is gone, or that we hung up."""
        self._open_ones.discard(self)
        if self._playing is not None:
            self._playing.end(peer_left=True)

    def close(self) -> None:
        """Hang up, wherever things stand."""
        self._transport.abort()

    def _go_on(self) -> None:
        """Begin to answer the next request that is whole."""
        try:
            exchange = self._next_request()
        except (HTTPException, ValueError):
            self._hang_up(400, "This is no HTTP request that I understand.")
            return
        if exchange is not None:
            self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        is_last = (exchange.headers.get("Connection") or "").lower() == "close"

        def over(peer_left: bool) -> None:
            exchange.peer_left_at = monotonic() if peer_left else None
            self._on_over(exchange)
            exchange.end()
            self._playing = None
            if is_last:
                self._transport.close()
            elif not peer_left:  # not at once: the answer that ended is still on the stack
                asyncio.get_running_loop().call_soon(self._go_on_if_idle)

        try:
            steps = self._answer(exchange)
        except Exception:
            log.exception("The fake could not answer %s %s", exchange.method, exchange.path)
            self._hang_up(500, "The fake itself has a fault.")
            return
        self._playing = Playing(self._transport, steps, over)
        self._playing.go_on()

    def _go_on_if_idle(self) -> None:
        if self._playing is None and self._received and not self._transport.is_closing():
            self._go_on()

    def _next_request(self) -> Exchange | None:
        """Return the next request, or None while it is not whole.

        Raises:
            HTTPException: its head is wrong.
            ValueError: its length is wrong.
        """
        if self._head is None:
            end = self._received.find(END_OF_HEAD)
            if end < 0:
                if len(self._received) > LONGEST_HEAD_BYTES:
                    raise HTTPException("The head is too long.")
                return None
            self._head = _parsed(bytes(self._received[: end + len(END_OF_HEAD)]))
            del self._received[: end + len(END_OF_HEAD)]
            if "100-continue" in (self._head[2].get("Expect") or "").lower():
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        method, path, headers = self._head
        if (headers.get("Transfer-Encoding") or "").lower() == "chunked":
            taken = _unchunked(self._received)
            if taken is None:
                return None
            body, size = taken
        else:
            size = int(headers.get("Content-Length") or 0)
            if not 0 <= size <= LONGEST_BODY_BYTES:
                raise ValueError("The body is too long.")
            if len(self._received) < size:
                return None
            body = bytes(self._received[:size])
        del self._received[:size]
        self._head = None
        return Exchange(self._number, method, path, headers, body)

    def _hang_up(self, status: int, reason: str) -> None:
        body = wire.as_json(wire.error_object(reason))
        self._transport.write(wire.whole(body, status=status, headers={"Connection": "close"}))
        self._transport.close()


def _parsed(head: bytes) -> tuple[str, str, Message]:
    reader = BytesIO(head.lstrip(b"\r\n"))
    words = reader.readline().decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise HTTPException("The first line is no request.")
    return words[0], words[1], parse_headers(reader)


def _unchunked(data: bytearray) -> tuple[bytes, int] | None:
    """Return a chunked body and the bytes that it takes, or None while it is not whole.

    Raises:
        ValueError: it is not chunked encoding, or too long.
    """
    body, place = bytearray(), 0
    while (line_end := data.find(b"\r\n", place)) >= 0:
        size = int(data[place:line_end].partition(b";")[0], 16)
        begin = line_end + 2
        if size < 0 or len(body) + size > LONGEST_BODY_BYTES:
            raise ValueError("The body is too long.")
        if size == 0:
            end = data.find(END_OF_HEAD, line_end)  # behind the trailers, of which there are mostly none
            return None if end < 0 else (bytes(body), end + len(END_OF_HEAD))
        if len(data) < begin + size + 2:
            return None
        body += data[begin : begin + size]
        place = begin + size + 2
    if len(data) > LONGEST_BODY_BYTES:
        raise ValueError("The body is too long.")
    return None
