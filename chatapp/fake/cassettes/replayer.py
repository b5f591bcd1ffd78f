"""A server that answers from cassettes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from chatapp.fake.cassettes.cassette import Response
from chatapp.fake.cassettes.difference import Differences
from chatapp.fake.cassettes.folder import read_folder
from chatapp.fake.cassettes.matching import Shelf, as_request, below_base
from chatapp.fake.cassettes.secrets import NO_SECRETS, Secrets
from chatapp.fake.server import wire
from chatapp.fake.server.answers import now, refused, unknown_url
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import HangUp, Send, Sending, TearDown


class ReplayingServer(LoopbackServer):
    """Answers as a provider did: the same bytes in the same pieces, at the same pace, with the same end.

    ``at_once`` leaves the pace out. A request that no cassette holds is answered with HTTP 400 and the code
    ``no_cassette``; its message shows what is different from the nearest one.

    Raises:
        BadCassette: the folder is missing or empty, or a cassette in it cannot be used.
    """

    def __init__(self, folder: Path, at_once: bool = False, *, port: int = 0) -> None:
        super().__init__(port=port)
        cassettes = read_folder(folder)
        self._shelf = Shelf(cassettes)
        self._differences = Differences(cassettes)
        self._at_once = at_once

    def answer(self, exchange: Exchange) -> Iterator[tuple[float, Sending]]:
        """Answer from the cassette that is next for such a request."""
        address = below_base(exchange)
        if address is None:
            return now(unknown_url(exchange))
        # First as it came: what was written by hand may have in it what looks like a secret.
        cassette = self._shelf.take(as_request(exchange, address, NO_SECRETS))
        if cassette is None:
            request = as_request(exchange, address, Secrets.of(exchange))
            cassette = self._shelf.take(request)
        if cassette is None:
            return now(refused(400, self._differences.from_nearest(request), code="no_cassette"))
        return played(cassette.response, at_once=self._at_once, with_body=exchange.method != "HEAD")


def played(response: Response, *, at_once: bool, with_body: bool = True) -> Iterator[tuple[float, Sending]]:
    """Yield an answer again, each step with the monotonic time at which it is due."""
    began = monotonic()

    def due(milliseconds: float) -> float:
        return began if at_once else began + milliseconds / 1000

    reads = [(milliseconds, data) for milliseconds, data in response.reads() if data]
    is_chunked = False
    if response.status is not None:
        framing = _framing(response, [data for _, data in reads]) if with_body else {}
        is_chunked = "Transfer-Encoding" in framing
        yield due(response.head_milliseconds), Send(wire.head(response.status, {**response.headers, **framing}))
        for milliseconds, data in reads:
            yield due(milliseconds), Send(wire.framed(data) if is_chunked else data)
    end = due(response.ended_milliseconds)
    match response.ended:
        case "whole":
            yield end, Send(wire.LAST_CHUNK if is_chunked else b"")
        case "cut":
            yield end, HangUp()
        case "reset":
            yield end, TearDown()


def _framing(response: Response, pieces: list[bytes]) -> dict[str, str]:
    """Return the headers that tell where the body ends. What came in one piece is sent as JSON and errors are."""
    if response.status in wire.WITHOUT_BODY:
        return {}
    is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
    if response.ended == "whole" and len(pieces) < 2 and not is_stream:
        return {"Content-Length": str(sum(map(len, pieces)))}
    return {"Transfer-Encoding": "chunked"}
