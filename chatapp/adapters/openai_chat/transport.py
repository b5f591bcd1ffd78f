"""urllib3 under the SDK's HTTP client.

httpx2's own transport parses HTTP in Python and has no way to end a read that another thread is blocked in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import cast
from urllib.parse import unquote
from urllib.request import getproxies_environment, proxy_bypass

import httpx2
import urllib3

from chatapp.adapters.openai_chat.chunks import EagerResponse
from chatapp.adapters.openai_chat.exchange import Exchange, OwnedConnection, OwnedTLSConnection, current_exchange

LONGEST_ERROR_BYTES = 65_536


class NotConnected(httpx2.ConnectError):
    """Nobody listens there: the request cannot have arrived."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = OwnedConnection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = OwnedTLSConnection


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
        # urllib3 would hand each piece through five functions of its own, a tenth of what a token costs.
        self._source = cast(EagerResponse, self._answer._original_response)  # noqa: SLF001
        self._exchange = exchange
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._answer.status == HTTPStatus.OK:
                yield from self._source.pieces()
                self._whole = True
            else:
                yield from self._beginning()
        except TimeoutError as error:
            raise httpx2.ReadTimeout("The answer was silent for too long.") from error
        except (HTTPException, OSError) as error:
            raise httpx2.RemoteProtocolError("The answer broke off.") from error

    def _beginning(self) -> Iterator[bytes]:
        """Yield no more of an error's words than are worth reading; its status says the most."""
        left_bytes = LONGEST_ERROR_BYTES
        for data in self._source.pieces():
            yield data
            left_bytes -= len(data)
            if left_bytes < 0:
                return
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
    # The environment's alone: macOS's own settings must not be asked for in a forked process.
    proxy = getproxies_environment().get(url.scheme)
    if proxy is None or proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _password_for(proxy: str) -> dict[str, str]:
    auth = urllib3.util.parse_url(proxy).auth
    return dict(urllib3.make_headers(proxy_basic_auth=unquote(auth))) if auth else {}
