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
from urllib.parse import unquote
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
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

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
        with self._lock, suppress(OSError):
            if self._socket is not None:
                # close() would wait for that thread. Both directions: the provider is to notice at once. Not the
                # method of a TLS socket: it would make that thread read what is encrypted as if it were plain.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def require_wanted(self) -> None:
        """Go no further with what was broken off.

        Raises:
            httpx2.ConnectError: it was.
        """
        if self.aborted:
            raise httpx2.ConnectError("The request was given up before it was sent.")

    def carried_by(self, connected: socket.socket) -> None:
        """Note the connection that is about to be used; ``abort`` either finds it here, or was before."""
        with self._lock:
            self._socket = connected
        self.require_wanted()

    def hurry(self, timeout_seconds: float) -> None:
        """Give up sooner on what is still to come, for nobody waits for it; and let the connection go."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.settimeout(timeout_seconds)
        self.let_go()

    def let_go(self) -> None:
        """Leave the connection to others: from now on ``abort`` does not touch it."""
        with self._lock:
            self._socket = None


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
"""The exchange of this thread's next request: nothing can be handed through the SDK to its transport."""


class _Noted(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self._note()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._note()
        super().request(*args, **kwargs)

    def _note(self) -> None:
        exchange = current_exchange.get()
        if exchange is not None and self.sock is not None:
            self.sock.settimeout(self.timeout)  # the exchange before may have been in a hurry at its end
            exchange.carried_by(self.sock)


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
            else urllib3.ProxyManager(
                proxy, proxy_headers=_password_for(proxy), maxsize=connections, ssl_context=context
            )
        )
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return the answer as soon as its head has come."""
        timeout = request.extensions.get("timeout", {})
        exchange = current_exchange.get() or Exchange()
        exchange.require_wanted()
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
        return httpx2.Response(answer.status, headers=list(answer.headers.items()), stream=_Body(answer, exchange))

    def close(self) -> None:
        """Close all idle connections."""
        self._pools.clear()


class _Body(httpx2.SyncByteStream):
    """An answer's body, in the pieces in which it comes. Read to its end, its connection serves again."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, exchange: Exchange) -> None:
        self._answer = cast(urllib3.HTTPResponse, answer)
        self._exchange = exchange
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._answer.chunked:
                yield from self._answer.read_chunked(READ_BYTES, decode_content=False)
            else:
                # Not stream(), which waits until so many bytes have come: words would be held back.
                while data := self._answer.read1(READ_BYTES, decode_content=False):
                    yield data
        except urllib3.exceptions.HTTPError as error:
            raise as_httpx2(error) from error
        self._whole = True

    def close(self) -> None:
        self._exchange.let_go()
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
    proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _password_for(proxy: str) -> dict[str, str]:
    auth = urllib3.util.parse_url(proxy).auth
    return dict(urllib3.make_headers(proxy_basic_auth=unquote(auth))) if auth else {}
