"""Who asks: a visitor, known by a bearer token or by a cookie, or nobody yet.

visitors.receive(blueprint)  # every request to it is looked at before anything else
visitor_id = visitors.asking()
with visitors.keeping() as visitor_id: ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Blueprint, Request, Response, g, request

from chatapp.domain.errors import Unauthorized
from chatapp.domain.visitors import VisitorService
from chatapp.web.cookies import Cookie
from chatapp.web.origins import ForeignOrigin, origins_of, require_own_page
from chatapp.web.proxies import network

COOKIE = Cookie("chatapp_visitor", "__Host-chatapp_visitor", timedelta(days=400))
"""It lasts as long as browsers keep a cookie at most."""

NOBODY = ""
"""Stands for a visitor who is not there: nothing belongs to them, and what is not theirs is not found."""

NOBODY_YET = (
    "This belongs to a visitor: please get a token from POST /api/visitors, and send it in place of the password."
)

BOUND = "This token belongs to one web site, so it cannot bring anybody to, or from, another device."

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Visit:
    """One request of a visitor; ``cookie`` is the token that their browser is to keep from now on.

    ``is_bound``: they are the visitor of one web site, and of nothing else.
    """

    visitor_id: str = NOBODY
    has_token: bool = False
    is_bound: bool = False
    cookie: str | None = None
    clears_cookie: bool = False


class Visitors:
    """Recognises who asks, and gives those who have something kept a cookie."""

    def __init__(self, service: VisitorService) -> None:
        self._service = service

    def receive(self, blueprint: Blueprint) -> None:
        """Look at every request to these routes before it is read, and let their answers carry the cookie."""

        @blueprint.before_request
        def recognise() -> None:
            if request.method != "OPTIONS":
                g.visit = self._visit(request)

        @blueprint.after_request
        def send_cookie(response: Response) -> Response:
            visit: Visit | None = g.get("visit")
            response.headers.setdefault("Cache-Control", "no-store")  # it is for this visitor alone
            if visit is not None and response.status_code < 400:
                _send(visit, response)
            return response

    def asking(self) -> str:
        """Return the visitor who asks, or ``NOBODY``."""
        return _visit().visitor_id

    def require_unbound(self) -> None:
        """Refuse the visitor of one web site.

        Raises:
            ForeignOrigin: they are one.
        """
        if _visit().is_bound:
            raise ForeignOrigin(BOUND)

    def address(self) -> str:
        """Return the name of the address that the request comes from."""
        return address_of(self._service)

    @contextmanager
    def keeping(self) -> Iterator[str]:
        """Give the visitor for whom something is to be kept: a new one where nobody asks, unless it fails."""
        visit = _visit()
        visitor_id = visit.visitor_id
        if visitor_id == NOBODY:
            visitor_id = self._service.welcome()
            try:
                yield visitor_id
            except BaseException:
                self._service.forget(visitor_id)
                raise
        else:
            yield visitor_id
        if not visit.has_token:
            self.become(visitor_id)

    def become(self, visitor_id: str) -> None:
        """Let the caller's browser be this visitor from now on."""
        visit = _visit()
        visit.visitor_id = visitor_id
        visit.cookie = self._service.token_of(visitor_id)

    def forget(self) -> None:
        """Remove everything of the visitor who asks, and their cookie if they came by one."""
        visit = _visit()
        if visit.visitor_id != NOBODY:
            self._service.forget(visit.visitor_id)
        visit.cookie = None
        visit.clears_cookie = not visit.has_token and COOKIE.read() is not None

    def _visit(self, request: Request) -> Visit:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            if g.get("said_password"):
                raise Unauthorized(NOBODY_YET)
            token = token.strip()
            visitor_id = self._service.require(token, origins_of(request))
            return Visit(visitor_id, has_token=True, is_bound=self._service.is_bound(token))
        if request.method not in READING:
            require_own_page(request)
        cookie = COOKIE.read()
        known = self._service.recognise(cookie) if cookie else None
        return Visit(known.visitor_id, cookie=known.new_token) if known else Visit()


def address_of(service: VisitorService) -> str:
    """Return the name of the address that the request at hand comes from."""
    return service.address_name(network(request.remote_addr))


def _visit() -> Visit:
    return cast("Visit", g.visit)


def _send(visit: Visit, response: Response) -> None:
    if visit.clears_cookie:
        COOKIE.clear(response)
    elif visit.cookie is not None:
        COOKIE.send(response, visit.cookie)
