"""A server that passes requests on to a provider, and keeps what came back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from ssl import SSLContext

from chatapp.fake.cassettes.cassette import Cassette, Response, as_data
from chatapp.fake.cassettes.folder import BadCassette, CassetteWriter
from chatapp.fake.cassettes.heard import Heard
from chatapp.fake.cassettes.matching import as_request, below_base
from chatapp.fake.cassettes.passing import Passing
from chatapp.fake.cassettes.secrets import Secrets, kept_of_answer
from chatapp.fake.cassettes.upstream import CONNECT_SECONDS, Upstream, can_be_sent
from chatapp.fake.server.answers import now, refused, unknown_url
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Sending

log = logging.getLogger(__name__)


class RecordingServer(LoopbackServer):
    """Passes every request below ``/v1`` on to the base URL ``upstream``, and the answer back as it comes.

    Each exchange is written into ``folder`` when its answer is over, **prompt and answer word for word**, but no key,
    cookie, organization or query. What broke off is written as it broke off. Not written is what a caller left in
    the middle: nobody knows how it would have gone on. After ``close`` all that was over has been written.

    ``upstream_tls`` checks the provider's certificate in place of the operating system's store.

    Raises:
        ValueError: the upstream is no base URL.
        OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path, upstream: str, *, port: int = 0, upstream_tls: SSLContext | None = None) -> None:
        super().__init__(port=port)
        self._upstream = Upstream(upstream, upstream_tls)
        self._writer = CassetteWriter(folder)
        self._passing: dict[Exchange, Passing] = {}

    def close(self) -> None:
        """End it: hang up on the provider, and wait until all that was over has been written."""
        super().close()
        for passing in self._passing.values():
            passing.join(2 * CONNECT_SECONDS)

    def answer(self, exchange: Exchange) -> Iterator[tuple[float, Sending]]:
        """Ask the provider, and answer as it does."""
        address = below_base(exchange)
        if address is None:
            return now(unknown_url(exchange))
        if not can_be_sent(exchange.method, address):
            return now(refused(400, "The method or the URL has characters in it that HTTP does not allow there."))

        def keep(heard: Heard) -> None:
            self._keep(exchange, address, heard)

        passing = Passing(self._upstream, self._upstream.target(address), exchange, keep)
        self._passing = {asked: other for asked, other in self._passing.items() if other.is_alive()}
        passing.start()  # first: one that could not be started cannot be waited for
        self._passing[exchange] = passing
        return passing.feed.steps()

    def over(self, exchange: Exchange) -> None:
        """Hang up on the provider if the caller has left."""
        if exchange.peer_left_at is not None and (passing := self._passing.get(exchange)):
            passing.leave()

    def _keep(self, exchange: Exchange, address: str, heard: Heard) -> None:
        what = f"{exchange.method} {address.partition('?')[0]}"
        if not heard.is_readable:
            log.warning("Not written: %s, whose answer is compressed", what)
            return
        try:
            self._writer.write(_cassette(exchange, address, heard))
        except BadCassette as error:
            log.warning("Not written: %s. %s", what, error)
        except Exception:
            # Whatever it is, the caller has asked the provider, and gets what that answered.
            log.exception("Not written: %s", what)


def _cassette(exchange: Exchange, address: str, heard: Heard) -> Cassette:
    secrets = Secrets.of(exchange, heard.headers)
    reads = secrets.removed_from_reads(heard.reads)
    response = Response(
        status=heard.status,
        headers=kept_of_answer(heard.headers, secrets),
        head_milliseconds=heard.head_milliseconds,
        pieces=[(milliseconds, as_data(data)) for milliseconds, data in reads],
        ended=heard.ended,
        ended_milliseconds=heard.ended_milliseconds,
    )
    return Cassette(request=as_request(exchange, address, secrets), response=response)
