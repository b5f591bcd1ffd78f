"""The fake as a server: the scripted model behind the provider's routes."""

from __future__ import annotations

from collections.abc import Sequence
from ssl import SSLContext
from urllib.parse import unquote

from chatapp.domain.entities import ModelCard
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server.answers import now, unknown_url
from chatapp.fake.server.completions import Completions
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.live_page import LivePage
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Sendings


class FakeServer(LoopbackServer):
    """Plays OpenAI by the script of ``model``; ``with FakeServer(model) as server`` serves until the block ends.

    ``cards`` are the models that it lists, and their prices. ``exchanges`` keeps the newest 1,000 requests. With an
    ``SSLContext`` it speaks TLS. Port 0 takes a free one.

    Raises:
        OSError: the port is taken.
        ValueError: there is no such port.
    """

    def __init__(
        self,
        model: ScriptedModel | None = None,
        cards: Sequence[ModelCard] = (),
        *,
        port: int = 0,
        tls: SSLContext | None = None,
    ) -> None:
        super().__init__(port=port, tls=tls)
        self.model = model or ScriptedModel()
        self._completions = Completions(self.model, cards)
        self._page = LivePage(self.model)

    def answer(self, exchange: Exchange) -> Sendings:
        """Decide what a request is answered."""
        method = "GET" if exchange.method == "HEAD" else exchange.method  # its body is left out later
        match method, exchange.path.partition("?")[0].split("/")[1:]:
            case "POST", ["v1", "chat", "completions"]:
                return self._completions.answer(exchange)
            case "GET", ["v1", "models"]:
                return self._completions.models(exchange)
            case "GET", ["v1", "models", model_id]:
                return self._completions.one_model(exchange, unquote(model_id))
        if (page := self._page.answer(exchange)) is not None:
            return page
        return now(unknown_url(exchange))

    def over(self, exchange: Exchange) -> None:
        """Take note that an answer is over."""
        self._completions.over(exchange)
