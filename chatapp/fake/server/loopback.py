"""The plain server: one thread, one event loop, any number of connections, on this machine alone."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import Self

from chatapp.fake.server.answers import now
from chatapp.fake.server.connection import Connection
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import Sendings
from chatapp.fake.server.strangers import refusal

HOST = "127.0.0.1"
MOST_EXCHANGES = 1_000
BACKLOG = 1_024
NOTHING_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Nothing more can be opened for now: who knocks stays at the door, and would be noticed again and again."""
SECONDS_UNTIL_SOMETHING_IS_FREE = 0.5


class LoopbackServer(ABC):
    """Listens and reads requests; what is answered, a subclass decides. ``with`` it, it serves until the block ends.

    It answers to this machine's own names alone, and to no other site's pages: those get HTTP 403.
    ``exchanges`` keeps the newest 1,000 requests. With an ``SSLContext`` it speaks TLS. Port 0 takes a free one.
    """

    answers_strangers = False
    """Whether it may be asked by any name, and by any page: as a proxy is."""

    def __init__(self, *, port: int = 0, tls: SSLContext | None = None) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._port = port
        self._tls = tls
        self._opened = 0
        self._connections: set[Connection] = set()
        self._welcomes: set[asyncio.Task[None]] = set()
        self._came = threading.Condition()
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return the address to use as a base URL, ending in ``/v1``."""
        return f"{'https' if self._tls else 'http'}://{HOST}:{self._port}/v1"

    @property
    def connections(self) -> int:
        """Return how many connections have been opened so far."""
        return self._opened

    @property
    def open_connections(self) -> int:
        """Return how many connections are open now."""
        return len(self._connections)

    def start(self) -> None:
        """Begin to serve.

        Raises:
            OSError: the port is taken.
            ValueError: there is no such port.
        """
        listening: Future[int] = Future()
        thread = threading.Thread(target=self._run, args=(listening,), name="fake", daemon=True)
        thread.start()
        try:
            self._port = listening.result()
        except Exception:
            thread.join()  # it has ended, or is about to: there is nothing to close
            raise
        self._thread = thread

    def close(self) -> None:
        """End it, and everything that it is in the middle of."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
            self._thread = None

    @abstractmethod
    def answer(self, exchange: Exchange) -> Sendings:
        """Decide what a request is answered: steps, each with the monotonic time from which on it is due.

        It is called in the server's event loop, as is the iterator: neither may block.
        """

    def over(self, exchange: Exchange) -> None:  # noqa: B027 - most have nothing to clean up
        """Take note that an answer has been played, or that its caller has left."""

    def wait_for_exchange(self, count: int, timeout_seconds: float) -> Exchange | None:
        """Return the ``count``-th request as soon as it is there; None if it does not come."""
        with self._came:
            self._came.wait_for(lambda: len(self.exchanges) >= count, timeout_seconds)
            return self.exchanges[count - 1] if len(self.exchanges) >= count else None

    def _run(self, listening: Future[int]) -> None:
        try:
            with asyncio.Runner() as runner:  # which has a loop, or fails, before there is anything to run in it
                runner.run(self._serve(listening))
        except BaseException as error:
            if listening.done():
                raise
            listening.set_exception(error)  # else whoever starts it would wait for ever

    async def _serve(self, listening: Future[int]) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        with _listener(self._port) as listener:
            self._loop.add_reader(listener, self._accept, listener)
            listening.set_result(listener.getsockname()[1])
            await self._closing.wait()
            self._loop.remove_reader(listener)
        for welcome in self._welcomes:
            welcome.cancel()
        if self._welcomes:
            await asyncio.wait(self._welcomes)
        for connection in list(self._connections):
            connection.close()
        while self._connections:  # each says when it is gone
            await asyncio.sleep(0)

    def _accept(self, listener: socket.socket) -> None:
        """Take a connection. asyncio's own server leaves open what it accepts at the moment at which it is closed."""
        try:
            peer, _ = listener.accept()
        except OSError as error:  # its peer has left already, or nothing more can be opened for now
            if error.errno in NOTHING_LEFT:
                self._loop.remove_reader(listener)
                self._loop.call_later(SECONDS_UNTIL_SOMETHING_IS_FREE, self._accept_again, listener)
            return
        peer.setblocking(False)
        welcome = self._loop.create_task(self._welcome(peer))
        self._welcomes.add(welcome)
        welcome.add_done_callback(partial(self._is_welcomed, peer))

    def _accept_again(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:  # else it has been closed meanwhile
            self._loop.add_reader(listener, self._accept, listener)

    async def _welcome(self, peer: socket.socket) -> None:
        with suppress(OSError):  # its peer has left, or does not trust us
            await self._loop.connect_accepted_socket(self._connect, peer, ssl=self._tls)

    def _is_welcomed(self, peer: socket.socket, welcome: asyncio.Task[None]) -> None:
        self._welcomes.discard(welcome)
        if welcome.cancelled():
            peer.close()

    def _connect(self) -> Connection:
        self._opened += 1
        return Connection(self._opened, self._take, self.over, self._connections)

    def _take(self, exchange: Exchange) -> Sendings:
        with self._came:
            self.exchanges.append(exchange)
            self._came.notify_all()
        reason = None if self.answers_strangers else refusal(exchange)
        return self.answer(exchange) if reason is None else now(reason)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _listener(port: int) -> socket.socket:
    # Named as TCP: else asyncio would not take it for that, and the kernel would hold small pieces back (Nagle).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OverflowError as error:
        listener.close()
        raise ValueError(f"There is no port {port}: they go from 0 to 65,535.") from error
    except BaseException:
        listener.close()
        raise
    return listener
