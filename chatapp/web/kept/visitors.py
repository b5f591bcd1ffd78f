"""Who somebody is: a token for programs, a way to another device, and an end."""

from __future__ import annotations

from flask import Response, jsonify, request

from chatapp.domain.errors import NotFound
from chatapp.domain.passes import Passes
from chatapp.domain.visitors import HANDOFF_LIFE, VisitorService
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.kept.bodies import Nothing, TakeOver
from chatapp.web.kept.schemas import Done, Handoff, VisitorToken
from chatapp.web.visitors import NOBODY, Visitors, address_of

NOTHING_TO_TAKE = "Nothing is kept for you here yet, so there is nothing to take to another device."


def tokens(service: VisitorService, passes: Passes | None) -> Blueprint:
    """Return the route for those who keep no cookies; pages of other sites may call it, too."""
    tokens = Blueprint("tokens", __name__, description="Who you are, for programs that keep no cookies.")

    @tokens.post("/api/visitors")
    @tokens.arguments(Nothing())
    @tokens.response(201, VisitorToken)
    @tokens.doc(responses=refusals(400, 408, 413, 415, 429, 500, 503))
    def welcome(_: object) -> Response:
        """Become a new visitor, and get the token to send along as “Authorization: Bearer …”.

        A token that a web page asks for is good from that page's site alone.
        """
        visitor_id = service.welcome_from(address_of(service))
        token = service.token_of(visitor_id, request.headers.get("Origin"))
        return _answer(201, token=token if passes is None else passes.with_pass(token))

    return tokens


def blueprint(visitors: Visitors, service: VisitorService) -> Blueprint:
    """Return the routes of a visitor about themselves."""
    me = Blueprint("me", __name__, description="What belongs to you, on all your devices.")
    visitors.receive(me)

    @me.delete("/api/me")
    @me.response(204)
    @me.doc(responses=refusals(401, 403, 500, 503))
    def forget() -> Response:
        """Stop what runs for you, and remove everything that belongs to you."""
        visitors.forget()
        return Response(status=204)

    @me.post("/api/me/handoffs")
    @me.arguments(Nothing())
    @me.response(201, Handoff)
    @me.doc(responses=refusals(400, 401, 403, 404, 408, 413, 415, 500, 503))
    def hand_over(_: object) -> Response:
        """Get a secret that makes another device yours, once and for ten minutes."""
        visitors.require_unbound()
        visitor_id = visitors.asking()
        if visitor_id == NOBODY:
            raise NotFound(NOTHING_TO_TAKE)
        seconds = int(HANDOFF_LIFE.total_seconds())
        return _answer(201, secret=service.hand_over(visitor_id), expires_in_seconds=seconds)

    @me.post("/api/handoffs")
    @me.arguments(TakeOver())
    @me.response(200, Done)
    @me.doc(responses=refusals(400, 401, 403, 404, 408, 413, 415, 500, 503))
    def take_over(body: dict[str, str]) -> Response:
        """Be, in this browser, the visitor that a secret brings along."""
        visitors.require_unbound()
        visitors.become(service.take_over(body["secret"]))
        return _answer(200)

    return me


def _answer(status: int, **fields: object) -> Response:
    response = jsonify(fields)
    response.status_code = status
    return response
