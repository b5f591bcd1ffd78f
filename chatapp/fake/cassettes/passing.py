"""One request on its way to the provider, and its answer on its way back, in a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPException, RemoteDisconnected

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from chatapp.fake.cassettes.cassette import Ended
from chatapp.fake.cassettes.feed import Feed
from chatapp.fake.cassettes.heard import Heard
from chatapp.fake.cassettes.upstream import Upstream, is_decoded, sent_back, sent_on
from chatapp.fake.server import wire
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import HangUp, Send, TearDown

log = logging.getLogger(__name__)

LARGEST_READ_BYTES = 65_536
BROKEN = (OSError, HTTPException, HTTPError)


class Passing(threading.Thread):
    """Passes one request on. ``feed`` has the answer as it comes; ``keep`` gets the whole of it just before its end.

    ``keep`` is not called if the provider could not be reached, or the caller left before the answer was over. It
    must not raise.
    """

    def __init__(self, upstream: Upstream, address: str, exchange: Exchange, keep: Callable[[Heard], None]) -> None:
        super().__init__(name="passing", daemon=True)
        self.feed = Feed()
        self._upstream = upstream
        self._address = address
        self._exchange = exchange
        self._keep = keep
        self._caller_left = threading.Event()
        self._carrier: socket.socket | None = None

    def leave(self) -> None:
        """Hang up on the provider at once: nobody listens any more. May be called from any thread."""
        self._caller_left.set()
        if self._carrier is not None:
            with suppress(OSError):
                # close() would not free the thread that reads. A TLS socket's own method would have that thread
                # read what is encrypted as if it were plain.
                socket.socket.shutdown(self._carrier, socket.SHUT_RDWR)

    def run(self) -> None:
        """Ask, listen, and keep what was heard."""
        try:
            self._run()
        except Exception:
            path = self._exchange.path.partition("?")[0]  # a query may have a key in it
            log.exception("The recorder could not pass on %s %s", self._exchange.method, path)
            self.feed.put(TearDown())
        finally:
            self.feed.end()

    def _run(self) -> None:
        try:
            connection = self._upstream.connect()
        except BROKEN as error:
            reason = f"The upstream cannot be reached ({type(error).__name__})."
            body = wire.error_object(reason, kind="server_error", code="upstream_unreachable")
            self.feed.put(Send(wire.whole(wire.as_json(body), status=502)))
            return
        with closing(connection):
            self._carrier = connection.sock
            if not self._caller_left.is_set():  # else it left before there was anything to hang up
                self._pass(connection)

    def _pass(self, connection: HTTPConnection) -> None:
        method, heard = self._exchange.method, Heard()
        try:
            with suppress(BrokenPipeError):  # who refuses a request before all of it is there has mostly said why
                headers = sent_on(self._exchange.headers)
                body = self._exchange.body or None
                connection.request(method, self._address, body, headers, preload_content=False)
            heard.begin()
            answer = connection.getresponse()
        except BROKEN as error:
            heard.end(_how(error))
            self._finish(heard, Send(b""), has_end=True)
            return
        with closing(answer):
            self._hear(heard, answer)

    def _hear(self, heard: Heard, answer: BaseHTTPResponse) -> None:
        """Send the answer back as it comes, but for its last step: to the caller that is its end."""
        encoding = (answer.headers.get("Content-Encoding") or "identity").lower()
        decoded = is_decoded(encoding, answer.CONTENT_DECODERS)  # it was asked for none, but who knows
        heard.head(answer.status, answer.headers, is_readable=decoded or encoding == "identity")
        headers = sent_back(answer.headers, decoded=decoded)
        if answer.chunked:
            headers.discard("Content-Length")  # both are forbidden, and chunks are what counts
        has_body = self._exchange.method != "HEAD" and answer.status not in wire.WITHOUT_BODY
        is_chunked = has_body and "Content-Length" not in headers
        if is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        last = Send(wire.head(answer.status, headers))
        has_end = answer.chunked or answer.length_remaining is not None
        try:
            while is_chunked or answer.length_remaining != 0:
                self.feed.put(last)
                last = Send(wire.LAST_CHUNK if is_chunked else b"")
                data = answer.read1(LARGEST_READ_BYTES, decode_content=decoded)
                if not data:
                    break
                heard.hear(data)
                last = Send(wire.framed(data) if is_chunked else data)
            heard.end("whole")
        except BROKEN as error:
            heard.end(_how(error))
        self._finish(heard, last, has_end=has_end)

    def _finish(self, heard: Heard, end: Send, *, has_end: bool) -> None:
        """Keep what was heard, and only then let the caller see the end: whoever has that finds it kept.

        ``has_end``: the answer itself tells where it ends. Else its end may have been our own hanging up.
        """
        if self._caller_left.is_set() and not (heard.ended == "whole" and has_end):
            if not heard.is_heard_out:
                return
            heard.ended = "whole"  # what broke it off was our own hanging up
        self._keep(heard)
        self.feed.put(end if heard.ended == "whole" else HangUp() if heard.ended == "cut" else TearDown())


def _how(error: Exception) -> Ended:
    """Return how a connection ended that broke."""
    cause = error.__cause__ or error
    # Of its own kind, though it is the other end's orderly close: Python makes it a reset as well.
    is_orderly = isinstance(cause, RemoteDisconnected)
    return "reset" if isinstance(cause, ConnectionError) and not is_orderly else "cut"
