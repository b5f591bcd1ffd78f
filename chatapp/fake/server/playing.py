"""Plays the steps of one answer on a connection, each when it is due, for as long as the peer is there."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import cast

from chatapp.fake.script import Gate
from chatapp.fake.server.sending import HangUp, Send, Sending, Sendings, TearDown

log = logging.getLogger(__name__)

GATE_POLL_SECONDS = 0.002
LONGEST_SLEEP_SECONDS = 3_600.0
MOST_STEPS_IN_A_ROW = 64
"""So that an answer without pauses leaves others their turn."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Playing:
    """One answer on its way. ``on_end`` is called once: with True where the peer left before it was over."""

    def __init__(
        self,
        transport: asyncio.Transport,
        steps: Sendings,
        on_end: Callable[[bool], None],
    ) -> None:
        self._transport = transport
        self._steps = steps
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._next: tuple[float, Sending] | None = None
        self._timer: asyncio.Handle | None = None
        self._is_paused = False
        self._is_over = False

    def go_on(self) -> None:
        """Play what is due, and come back when the next step is."""
        self._timer = None
        for _ in range(MOST_STEPS_IN_A_ROW):
            if self._is_over or self._is_paused or self._transport.is_closing():
                return  # where the transport closes by itself, the connection soon tells that the peer has left
            try:
                self._next = self._next or next(self._steps, None)
            except Exception:
                log.exception("The fake could not go on with an answer")
                self._play(TearDown())  # else its peer would wait for ever
                return
            if self._next is None:
                self.end(peer_left=False)
                return
            due, step = self._next
            seconds = due - monotonic()
            if seconds > 0:
                self._come_back_in(seconds)
                return
            if isinstance(step, Gate) and not step.is_open:
                self._come_back_in(GATE_POLL_SECONDS)
                return
            self._next = None
            self._play(step)
        self._timer = self._loop.call_soon(self.go_on)

    def pause(self) -> None:
        """Send nothing more: the peer does not take what was sent."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on: the peer has taken it."""
        self._is_paused = False
        if self._timer is None:  # not at once: asyncio is in the middle of a write, and does not expect our hanging up
            self._timer = self._loop.call_soon(self.go_on)

    def end(self, *, peer_left: bool) -> None:
        """Play nothing more. Only the first time counts."""
        if self._is_over:
            return
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._on_end(peer_left)

    def _come_back_in(self, seconds: float) -> None:
        if seconds < inf:  # else the peer's leaving is all that can happen
            self._timer = self._loop.call_later(min(seconds, LONGEST_SLEEP_SECONDS), self.go_on)

    def _play(self, step: Sending) -> None:
        match step:
            case Send(data):
                if data:
                    self._transport.write(data)
            case HangUp():
                self._transport.write_eof()  # on its way before anybody is told that it is over
                self.end(peer_left=False)
                self._transport.close()
            case TearDown():
                self.end(peer_left=False)
                peer = cast(socket.socket, self._transport.get_extra_info("socket"))
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self._transport.abort()
