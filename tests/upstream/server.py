"""The package's server, told byte by byte what to answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from ssl import SSLContext
from time import monotonic

from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Sendings
from chatapp.fake.steps import timed
from tests.upstream.script import Send, Step
from tests.upstream.wire import error, models, sse

SHUTDOWN_DATES = {"gpt-4o-mini": "2027-01-14", "gpt-6-luna": None}


class ScriptedUpstream(LoopbackServer):
    """Plays one script a request, in the order in which they were given, and then an ordinary answer to each."""

    answers_strangers = True  # some tests make it a proxy

    def __init__(self, tls: SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.exchanges = deque()  # all of them: a test counts what it has asked
        self._scripts: deque[Sequence[Step]] = deque()

    @property
    def requests(self) -> list[Exchange]:
        """Return every request so far."""
        return list(self.exchanges)

    def script(self, *steps: Step) -> None:
        """Answer the next request that has no script yet with these steps."""
        self._scripts.append(steps)

    def wait_for_request(self, count: int = 1, timeout_seconds: float = 30.0) -> Exchange:
        """Return the ``count``-th request, as soon as it is there."""
        exchange = self.wait_for_exchange(count, timeout_seconds)
        assert exchange, f"{len(self.exchanges)} requests came, not {count}"
        return exchange

    def answer(self, exchange: Exchange) -> Sendings:
        """Play the next script."""
        steps = self._scripts.popleft() if self._scripts else ordinary(exchange)
        return timed([*steps, Send(b"")], monotonic)  # a silence at the end lasts until the step behind it


def ordinary(exchange: Exchange) -> list[Step]:
    """Return what is answered without a script."""
    match exchange.method, exchange.path:
        case "POST", "/v1/chat/completions":
            return sse(["Hello", " world"])
        case "GET", "/v1/models":
            return models(SHUTDOWN_DATES)
    return error(404, None, f"There is no {exchange.path} here.")
