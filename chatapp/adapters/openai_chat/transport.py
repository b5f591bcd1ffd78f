"""urllib3 under the SDK's HTTP client, with exchanges that another thread can break off.

httpx2's own transport parses HTTP in Python and has no way to end a read that another thread is blocked in.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpx2
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

READ_BYTES = 65_536


class NotConnected(httpx2.ConnectError):
    """Nobody listens there: the request cannot have arrived."""


class Exchange:
    """One request and its answer. ``abort`` may be called from any thread, at any moment, any number of times."""

    def __init__(self) -> None:
        self._aborted = threading.Event()
        self._connection: HTTPConnection | None = None
        self._answer: urllib3.BaseHTTPResponse | None = None

    @property
    def aborted(self) -> bool:
        """Tell whether somebody broke it off."""
        return self._aborted.is_set()

    def wait_aborted(self, seconds: float) -> bool:
        """Wait, but no longer than until somebody breaks it off; return whether somebody did."""
        return self._aborted.wait(seconds)

    def abort(self) -> None:
        """Shut the connection down, which also frees a thread that is blocked reading from it."""
        self._aborted.set()
        answer, connection = self._answer, self._connection
        # close() would wait for that thread. What is shut down twice, or not yet connected, says so: no matter.
        with suppress(OSError, RuntimeError, ValueError):
            if answer is not None:
                answer.shutdown()
            elif connection is not None and connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

    def carried_by(self, connection: HTTPConnection) -> None:
        """Note the connection that is about to be used, and give it back the patience that ``hurry`` took."""
        self._connection = connection
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)

    def answered_by(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Note the answer whose head has come; end it if ``abort`` was too early to find it."""
        self._answer = answer
        if self.aborted:
            self.abort()

    def hurry(self, timeout_seconds: float) -> None:
        """Give up sooner on what is still to come: nobody waits for it."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.settimeout(timeout_seconds)


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
"""The exchange of this thread's next request: nothing can be handed through the SDK to its transport."""


class _Noted(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.carried_by(self)
            if exchange.aborted:
                raise httpx2.ConnectError("The request was given up before it was sent.")
        super().request(*args, **kwargs)


class _NotedTLS(_Noted, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Noted


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _NotedTLS


class Urllib3Transport(httpx2.BaseTransport):
    """An httpx2 transport on urllib3's pools. Follows no redirect and retries nothing.

    A transport of one's own switches httpx2's environment proxies off, so they are looked up here. Certificates
    are checked against the operating system's store, as the SDK does it.
    """

    def __init__(self, base_url: str, connections: int) -> None:
        context = httpx2.create_ssl_context()
        proxy = _proxy_for(base_url)
        self._pools: urllib3.PoolManager = (
            urllib3.PoolManager(maxsize=connections, ssl_context=context)
            if proxy is None
            else urllib3.ProxyManager(proxy, maxsize=connections, ssl_context=context)
        )
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return the answer as soon as its head has come."""
        timeout = request.extensions.get("timeout", {})
        try:
            answer = self._pools.urlopen(
                request.method,
                str(request.url),
                body=request.read(),
                headers=dict(request.headers),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=timeout.get("connect"), read=timeout.get("read")),
            )
        except urllib3.exceptions.HTTPError as error:
            raise as_httpx2(error) from error
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.answered_by(answer)
        return httpx2.Response(answer.status, headers=list(answer.headers.items()), stream=_Body(answer))

    def close(self) -> None:
        """Close all idle connections."""
        self._pools.clear()


class _Body(httpx2.SyncByteStream):
    """An answer's body, in the pieces in which it comes. Read to its end, its connection serves again."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self._answer = cast(urllib3.HTTPResponse, answer)
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        chunked = self._answer.chunked
        read = self._answer.read_chunked if chunked else self._answer.stream
        try:
            yield from read(READ_BYTES, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise as_httpx2(error) from error
        self._whole = True

    def close(self) -> None:
        # A connection with unread bytes would hand them to the next request: it is destroyed instead.
        with suppress(RuntimeError, OSError, ValueError):
            if self._whole:
                self._answer.release_conn()
            else:
                self._answer.shutdown()
        if not self._whole:
            with suppress(RuntimeError, OSError):
                self._answer.close()


def as_httpx2(error: urllib3.exceptions.HTTPError) -> httpx2.TransportError:
    """Return what httpx2 would have raised, which is what the SDK understands."""
    words = type(error).__name__
    # NewConnectionError first: urllib3 makes it a kind of connect time-out, which it is not.
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        refused = isinstance(error.__cause__, ConnectionRefusedError)
        return NotConnected(words) if refused else httpx2.ConnectError(words)
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        return httpx2.ConnectTimeout(words)
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return httpx2.ReadTimeout(words)
    if isinstance(error, urllib3.exceptions.SSLError | urllib3.exceptions.ProxyError):
        return httpx2.ConnectError(words)
    return httpx2.RemoteProtocolError(words)


def _proxy_for(base_url: str) -> str | None:
    url = httpx2.URL(base_url)
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)
