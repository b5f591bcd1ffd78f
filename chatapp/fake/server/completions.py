"""The provider's routes, answered by the scripted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from chatapp.domain.entities import ModelCard
from chatapp.fake.call import Call
from chatapp.fake.faults import Error
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server.answers import now, ok, refused
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.request import BadRequest, parse
from chatapp.fake.server.sending import Sendings
from chatapp.fake.server.speech import Speech

LISTED_SINCE = 1_795_353_000
REQUESTS_A_MINUTE = 10_000
TOKENS_A_MINUTE = 2_000_000


class Completions:
    """``POST /v1/chat/completions``, by the script, with the prices of ``cards``."""

    def __init__(self, model: ScriptedModel, cards: Sequence[ModelCard]) -> None:
        self._model = model
        self._cards = {card.id: card for card in cards}
        self._calls: dict[Exchange, Call] = {}

    def answer(self, exchange: Exchange) -> Sendings:
        """Return what is answered to a request for a completion."""
        if not _has_key(exchange):
            return _without_key()
        try:
            request = parse(exchange.body)
        except BadRequest as error:
            return now(refused(400, str(error), param=error.param))
        asked = request.asked
        card = self._cards.get(asked.model)
        call = self._model.take(asked, price=card.price if card else None, streamed=request.streamed)
        self._calls[exchange] = call
        speech = Speech(call, _headers(call), with_usage=request.with_usage)
        return speech.streamed() if request.streamed else speech.whole()

    def over(self, exchange: Exchange) -> None:
        """Take note that an answer is over."""
        if call := self._calls.pop(exchange, None):
            call.end(cancelled=exchange.peer_left_at is not None)

    def models(self, exchange: Exchange) -> Sendings:
        """Return the list of models."""
        if not _has_key(exchange):
            return _without_key()
        return now(ok({"object": "list", "data": [_listed(card) for card in self._cards.values()]}))

    def one_model(self, exchange: Exchange, model_id: str) -> Sendings:
        """Return one model."""
        if not _has_key(exchange):
            return _without_key()
        card = self._cards.get(model_id)
        if card is None:
            return now(refused(404, f"The model '{model_id}' does not exist.", param="model", code="model_not_found"))
        return now(ok(_listed(card)))


def _has_key(exchange: Exchange) -> bool:
    return bool((exchange.headers.get("Authorization") or "").removeprefix("Bearer ").strip())


def _without_key() -> Sendings:
    return now(refused(401, "You didn't provide an API key.", code="invalid_api_key"))


def _headers(call: Call) -> Mapping[str, str]:
    fault = call.plan.fault
    is_limited = isinstance(fault, Error) and fault.status == 429 and fault.after_characters is None
    return {
        "x-request-id": call.id,
        "openai-processing-ms": str(round((monotonic() - call.began_at) * 1000)),
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": str(REQUESTS_A_MINUTE),
        "x-ratelimit-remaining-requests": "0" if is_limited else str(REQUESTS_A_MINUTE - 1),
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-limit-tokens": str(TOKENS_A_MINUTE),
        "x-ratelimit-remaining-tokens": str(max(0, TOKENS_A_MINUTE - call.plan.usage.total_tokens)),
        "x-ratelimit-reset-tokens": "6ms",
    }


def _listed(card: ModelCard) -> dict[str, object]:
    date = None if card.shutdown_date is None else card.shutdown_date.isoformat()
    return {"id": card.id, "object": "model", "created": LISTED_SINCE, "owned_by": "openai", "shutdown_date": date}
