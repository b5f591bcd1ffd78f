"""Kept replies: asked for, followed from any place, and stopped. They go on when their reader has gone."""

from __future__ import annotations

from dataclasses import replace

from flask import Request, Response, g, jsonify, request

from chatapp.domain.conversation import Ask, ConversationService
from chatapp.domain.errors import Detail, InvalidRequest
from chatapp.domain.live import Follower, LiveReply
from chatapp.domain.replies import ReplyService
from chatapp.domain.reply import OnDisconnect, ReplyRecord
from chatapp.web import errors, sse
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.chat_body import BodyLimits
from chatapp.web.fields import DIGITS
from chatapp.web.kept import bodies, presenting
from chatapp.web.kept.schemas import KeptReply
from chatapp.web.visitors import Visitors

RETURN_SECONDS = 10.0
"""For how long a caller who did not wait for the answer counts as its reader."""

LAST_EVENT_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "description": "How many characters of the answer are known already; browsers send it when they connect again.",
    "schema": {"type": "string", "pattern": f"^{DIGITS.pattern}$"},
}
STREAM = {
    "description": "The reply, then its text in pieces as it is made, each with the number of characters up to its "
    "end as its id; then one last event that says how it ended.",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "data": {"type": "string", "contentMediaType": "application/json"},
                },
            },
            "examples": {
                "answer": {
                    "value": 'data: {"reply":{"id":"0k3v","conversation_id":"0k3t","message_id":"0k3v",'
                    '"user_message_id":"0k3u","model":"gpt-4o-mini","state":"running","finish_reason":null,'
                    '"error":null,"usage":null,"cost":null,"left_out":0}}\n\n'
                    'id: 5\ndata: {"content":"Hello"}\n\n'
                    'data: {"done":true,"model":"gpt-4o-mini","usage":{"prompt_tokens":9,"completion_tokens":2,'
                    '"total_tokens":11},"finish_reason":"stop","cost":{"usd":"0.00000255","source":"provider",'
                    '"price_as_of":"2026-11-22"},"state":"complete"}\n\n'
                },
            },
        }
    },
}


def blueprint(
    conversations: ConversationService, replies: ReplyService, visitors: Visitors, limits: BodyLimits
) -> Blueprint:
    """Return the routes."""
    kept = Blueprint("replies", __name__, description="Answers that are kept, and made to their end without a reader.")
    visitors.receive(kept)

    @kept.post("/api/conversations/<id:conversation_id>/replies")
    @kept.arguments(bodies.ask(limits))
    @kept.response(202, KeptReply)
    @kept.doc(responses=refusals(401, 403, 404, 408, 409, 413, 415, 429, 500, 502, 503, 504) | {"200": STREAM})
    def ask(question: Ask, conversation_id: str) -> Response:
        """Ask, and get the reply: as events where “Accept” names text/event-stream, else as it stands now."""
        follower = conversations.ask(
            visitors.asking(), conversation_id, question, address=visitors.address(), request_id=g.request_id
        )
        answer = _streamed(follower) if _wants_stream(request) else _accepted(follower)
        answer.headers["Location"] = f"/api/replies/{follower.live.record.id}"
        return answer

    @kept.get("/api/replies/<id:reply_id>")
    @kept.response(200, KeptReply)
    @kept.doc(responses=refusals(401, 404, 500, 503))
    def show(reply_id: str) -> Response:
        """Show a reply, with its text so far."""
        return jsonify(presenting.reply(replies.find(visitors.asking(), reply_id)))

    @kept.get("/api/replies/<id:reply_id>/events")
    @kept.doc(parameters=[LAST_EVENT_ID], responses=refusals(400, 401, 404, 500, 503) | {"200": STREAM})
    def follow(reply_id: str) -> Response:
        """Follow a reply from any place: all that comes behind the character that “Last-Event-ID” names."""
        return _followed(replies.follow(visitors.asking(), reply_id, _known_characters(request)))

    @kept.post("/api/replies/<id:reply_id>/stop")
    @kept.arguments(bodies.Nothing())
    @kept.response(200, KeptReply)
    @kept.alt_response(202, schema=KeptReply, description="It is asked to stop, but has not confirmed that yet.")
    @kept.doc(responses=refusals(401, 403, 404, 408, 413, 415, 500, 503))
    def stop(_: object, reply_id: str) -> Response:
        """End a reply and its bill; its text so far is kept. One that has ended stays as it is."""
        record = replies.stop(visitors.asking(), reply_id)
        return _answer(record, 200 if record.state.is_final else 202)

    def _accepted(follower: Follower) -> Response:
        """Answer at once; whoever asked may come back to read."""
        live = follower.live
        goes_on = isinstance(live, LiveReply) and live.on_disconnect is OnDisconnect.CONTINUE
        if goes_on or live.outcome is not None:
            follower.leave()
        else:  # made elsewhere, under a policy that is known there alone, or one that ends without readers
            replies.leave_later(follower, RETURN_SECONDS)
        return _answer(_record(follower), 202)

    return kept


def _wants_stream(asked: Request) -> bool:
    """Tell whether events are asked for by their name; whoever takes anything gets JSON."""
    if asked.headers.get("Accept") == sse.MEDIA_TYPE:  # what those send who stream; to take it apart takes its time
        return True
    return any(
        kind.partition(";")[0].strip().lower() == sse.MEDIA_TYPE for kind, quality in asked.accept_mimetypes if quality
    )


def _known_characters(asked: Request) -> int:
    known = asked.headers.get("Last-Event-ID", "0")
    if not DIGITS.fullmatch(known):
        reason = "This must be a number of characters: the id of the last event that came."
        raise InvalidRequest(reason, details=(Detail("Last-Event-ID", reason),))
    return int(known)


def _streamed(follower: Follower) -> Response:
    """Answer with events once the model has begun; with an error's status if it fails before that."""
    sse.leave_with(g.caller, follower)
    follower.wait_until_begun(sse.LONGEST_WAIT_SECONDS)
    error = sse.early_error(follower)
    if error is not None:
        follower.leave()
        return errors.respond(error)
    return _followed(follower)


def _followed(follower: Follower) -> Response:
    sse.leave_with(g.caller, follower)
    first = sse.event({"reply": presenting.reply_without_text(_record(follower))})
    response = sse.response(sse.kept_events(follower, first), g.request_id)
    response.call_on_close(follower.leave)
    return response


def _record(follower: Follower) -> ReplyRecord:
    """Return the reply as it stands now."""
    live = follower.live
    return live.outcome or replace(live.record, text=live.reply.text)


def _answer(record: ReplyRecord, status: int) -> Response:
    answer = jsonify(presenting.reply(record))
    answer.status_code = status
    return answer
