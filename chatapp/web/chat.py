"""``POST /chat`` and ``POST /chat/stream``: stateless, the caller brings the history."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify

from chatapp.domain.composing import Composer, Turn
from chatapp.domain.errors import Abandoned
from chatapp.domain.ledger import Spender
from chatapp.domain.live import Follower
from chatapp.domain.replies import ReplyService
from chatapp.domain.reply import OnDisconnect, ReplyRecord
from chatapp.domain.visitors import VisitorService
from chatapp.web import errors, presenting, sse
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.chat_body import BodyLimits, chat_body
from chatapp.web.schemas import ChatAnswer
from chatapp.web.visitors import address_of

STREAM = {
    "description": "The answer as it is made: pieces of text, then one last event that says how it ended.",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "properties": {"data": {"type": "string", "contentMediaType": "application/json"}},
            },
            "examples": {
                "answer": {
                    "value": 'data: {"content":"Hello"}\n\n'
                    'data: {"done":true,"model":"gpt-4o-mini","usage":{"prompt_tokens":9,"completion_tokens":2,'
                    '"total_tokens":11},"finish_reason":"stop","cost":{"usd":"0.00000255","source":"provider",'
                    '"price_as_of":"2026-11-22"}}\n\n'
                },
                "broken answer": {
                    "value": 'data: {"error":"The connection to the model broke. Please try again.",'
                    '"code":"provider_failed","request_id":"4f1c"}\n\n'
                },
            },
        }
    },
}

ERRORS = refusals(400, 408, 413, 415, 429, 500, 502, 503, 504)


def blueprint(composer: Composer, replies: ReplyService, visitors: VisitorService, limits: BodyLimits) -> Blueprint:
    """Return the two routes."""
    chat = Blueprint("chat", __name__, description="Ask a model. Nothing is stored; the caller brings the history.")
    body = chat_body(limits)()  # made once: a class would be made into a schema for every request

    def begin(turn: Turn) -> Follower:
        """Refuse what must be refused, then begin a reply that ends when its caller leaves."""
        asked = composer.compose(turn)
        spender = Spender(address_of(visitors))
        follower = replies.open(asked, spender, on_disconnect=OnDisconnect.CANCEL, request_id=g.request_id)
        sse.leave_with(g.caller, follower)
        return follower

    @chat.post("/chat")
    @chat.arguments(body)
    @chat.response(200, ChatAnswer)
    @chat.doc(responses=ERRORS)
    def answer(turn: Turn) -> Response:
        """Ask, and get the whole answer at once."""
        follower = begin(turn)
        try:
            outcome = follower.wait_for_outcome()
        finally:
            follower.leave()
        if outcome is None:
            return errors.respond(Abandoned())
        if outcome.error is not None:
            return errors.respond(outcome.error, outcome.text if follower.live.reply.started else None)
        return jsonify(_answer(turn, outcome))

    @chat.post("/chat/stream")
    @chat.arguments(body)
    @chat.doc(responses=ERRORS | {"200": STREAM})
    def stream(turn: Turn) -> Response:
        """Ask, and get the answer as server-sent events while it is made."""
        follower = begin(turn)
        follower.wait_until_begun(sse.LONGEST_WAIT_SECONDS)
        error = sse.early_error(follower)
        if error is not None:
            follower.leave()
            raise error
        response = sse.response(sse.events(follower, g.request_id), g.request_id)
        response.call_on_close(follower.leave)
        return response

    return chat


def _answer(turn: Turn, outcome: ReplyRecord) -> dict[str, Any]:
    said = [{"role": message.role.value, "content": message.content} for message in turn.history]
    said += [{"role": "user", "content": turn.message}, {"role": "assistant", "content": outcome.text}]
    return {
        "response": outcome.text,
        "model": outcome.model_id,
        "conversation": said,
        "usage": presenting.usage(outcome.usage),
        "finish_reason": outcome.finish_reason,
        "cost": presenting.cost(outcome.cost),
        **presenting.allowance(outcome.allowance),
    }
