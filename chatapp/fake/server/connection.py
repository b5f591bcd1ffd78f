"""One connection to the server: takes requests, plays an answer to each, notices a peer that leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import cast

from chatapp.fake.server.answers import now, refused, without_body
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.playing import Playing
from chatapp.fake.server.reading import Reader, Unreadable
from chatapp.fake.server.sending import Sendings

log = logging.getLogger(__name__)

MOST_WAITING_BYTES = 1_000_000
SECONDS_TO_HEAR_WHY = 2.0

Answering = Callable[[Exchange], Sendings]
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
        self._reader = Reader(self._ask_for_body)
        self._hears = True
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
        if not self._hears:
            return
        self._reader.feed(data)
        if self._playing is None:
            self._go_on()
        elif self._reader.waiting_bytes > MOST_WAITING_BYTES:
            self._transport.pause_reading()  # such a peer is not seen to leave, but it cannot fill our memory either

    def pause_writing(self) -> None:
        """Let the answer wait for its reader."""
        if self._playing is not None:
            self._playing.pause()

    def resume_writing(self) -> None:
        """Let the answer go on."""
        if self._playing is not None:
            self._playing.resume()

    def eof_received(self) -> None:
        """Take the peer for gone: to send what still waits could last as long as it reads nothing."""
        if self._playing is not None:
            self._transport.abort()

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
            request = self._reader.next()
        except Unreadable as error:
            self._refuse(error)
            return
        if request is not None:
            head, body = request
            self._begin(Exchange(self._number, head.method, head.path, head.headers, body), is_last=head.is_last)

    def _begin(self, exchange: Exchange, *, is_last: bool) -> None:
        def over(peer_left: bool) -> None:
            exchange.peer_left_at = monotonic() if peer_left else None
            try:
                self._on_over(exchange)
            except Exception:
                log.exception("The fake could not end %s %s", exchange.method, _place(exchange))
            exchange.end()
            self._playing = None
            if is_last:
                self._transport.close()
            elif not peer_left:  # not at once: the answer that ended is still on the stack
                asyncio.get_running_loop().call_soon(self._go_on_if_idle)

        try:
            steps = self._answer(exchange)
        except Exception:
            log.exception("The fake could not answer %s %s", exchange.method, _place(exchange))
            steps = now(refused(500, "The fake itself has a fault."))
        self._playing = Playing(self._transport, without_body(steps) if exchange.method == "HEAD" else steps, over)
        self._playing.go_on()

    def _go_on_if_idle(self) -> None:
        if self._playing is None and not self._transport.is_closing():
            self._transport.resume_reading()
            if self._reader.waiting_bytes:
                self._go_on()

    def _ask_for_body(self) -> None:
        self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refuse(self, error: Unreadable) -> None:
        """Say why, and hang up. What still comes is thrown away: closed over it, the peer would not hear why."""
        self._hears = False
        self._transport.write(refused(error.status, str(error), headers={"Connection": "close"}))
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        asyncio.get_running_loop().call_later(SECONDS_TO_HEAR_WHY, self._transport.close)


def _place(exchange: Exchange) -> str:
    return exchange.path.partition("?")[0]  # a query may have a key in it
