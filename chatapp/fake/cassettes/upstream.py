"""The provider behind a recorder: where it is, how it is reached, and which headers go there and come back."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterable
from email.message import Message

from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER, parse_url

CONNECT_SECONDS = 10.0

OF_ONE_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that speak of the connection and not of the message: each side has its own."""
MOST_ENCODINGS = 5
"""More than that, one upon another, urllib3 does not undo."""
MADE_ANEW = frozenset({"accept-encoding", "content-length", "expect", "host"})

METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
TARGET = re.compile(r"[\x21-\x7e]*")


class Upstream:
    """A provider's base URL. With ``tls`` its certificate is checked by that, else by the operating system's store.

    It is asked directly: a proxy that the environment names is not used.

    Raises:
        ValueError: it is no address that can be a base URL.
    """

    def __init__(self, base_url: str, tls: ssl.SSLContext | None = None) -> None:
        try:
            url = parse_url(base_url)
        except HTTPError as error:
            raise ValueError("The upstream is no address.") from error
        if url.scheme not in ("http", "https") or not url.host or url.query or url.auth:
            raise ValueError("The upstream must be like https://api.openai.com/v1, without a password or a query.")
        self._is_secure = url.scheme == "https"
        self._host = url.host
        self._port = url.port or (443 if self._is_secure else 80)
        self._base = (url.path or "").rstrip("/")
        self._tls = (tls or ssl.create_default_context()) if self._is_secure else None

    def connect(self) -> HTTPConnection:
        """Return a new connection that is open.

        Raises:
            OSError, urllib3.exceptions.HTTPError: it cannot be reached, or its certificate is not good.
        """
        connection: HTTPConnection = (
            HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, ssl_context=self._tls)
            if self._is_secure
            else HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        )
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        # From here on it may think for as long as the caller waits; urllib3 sets this on the socket.
        connection.timeout = None
        return connection

    def target(self, address: str) -> str:
        """Return what to ask for: the base URL's path and what follows it."""
        return f"{self._base}{address}" or "/"


def can_be_sent(method: str, address: str) -> bool:
    """Tell whether HTTP allows these in the first line of a request: urllib3 sends no others."""
    return bool(METHOD.fullmatch(method) and TARGET.fullmatch(address))


def sent_on(headers: Message) -> HTTPHeaderDict:
    """Return the headers of a request as they go to the provider. No compression: it would blur the pieces."""
    kept = HTTPHeaderDict(_of_the_message(headers.items(), headers.get_all("Connection") or [], MADE_ANEW))
    kept["Accept-Encoding"] = "identity"
    if "User-Agent" not in kept:
        kept["User-Agent"] = SKIP_HEADER  # else urllib3 would give its own name
    return kept


def is_decoded(encodings: str, known: Collection[str]) -> bool:
    """Tell whether what a ``Content-Encoding`` names, several in turn perhaps, is to be undone: if each is known."""
    names = [name.strip() for name in encodings.lower().split(",")]
    return len(names) <= MOST_ENCODINGS and all(name in known for name in names)


def sent_back(headers: HTTPHeaderDict, *, decoded: bool) -> HTTPHeaderDict:
    """Return the headers of an answer as they go to the caller; ``decoded``: it had been compressed, and is not now."""
    changed = frozenset({"content-encoding", "content-length"}) if decoded else frozenset()
    return HTTPHeaderDict(_of_the_message(headers.items(), headers.getlist("Connection"), changed))


def _of_the_message(
    headers: Iterable[tuple[str, str]], named: Iterable[str], others: frozenset[str]
) -> list[tuple[str, str]]:
    left_out = OF_ONE_CONNECTION | others | {name.strip().lower() for value in named for name in value.split(",")}
    return [(name, value) for name, value in headers if name.lower() not in left_out]
