"""The usage page and its CSV. They have a door of their own, whatever the server's password: a link from its terminal.

``GET /usage/open`` takes the secret of a link, once, and gives a cookie that these routes alone are sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

from flask import Blueprint, Request, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from chatapp.domain.books import Book, Days
from chatapp.domain.errors import InvalidRequest, Unauthorized
from chatapp.domain.usage import USUAL_DAYS, UsageService
from chatapp.domain.usage_access import COOKIE_LIFE, UsageAccess
from chatapp.web.cookies import Cookie
from chatapp.web.texts.preferences import current_language
from chatapp.web.usage.calls_csv import lines
from chatapp.web.usage.writing import CALLS, PAGE, view_of

OPEN = "/usage/open"
COOKIE = "chatapp_usage"
SECURE_COOKIE = "__Secure-chatapp_usage"
KEY = Cookie(COOKIE, SECURE_COOKIE, COOKIE_LIFE, PAGE)
PIECE_CHARACTERS = 16_384
BREATH_SECONDS = 0.0001
"""Not 0: a worker of greenlets would not look at its other sockets then."""

NOT_OPENED = "This page is for whoever runs this server."


def blueprint(service: UsageService, access: UsageAccess) -> Blueprint:
    """Return the routes. They stand in no description of the API, and no other site may read them."""
    usage = Blueprint("usage", __name__)

    def require_cookie() -> None:
        cookie = KEY.read()
        if not cookie or not access.admits(cookie):
            raise Unauthorized(NOT_OPENED)

    def show() -> str:
        require_cookie()
        days, count, book = _asked(request, service)
        report, budgets = service.report(days, book), service.budgets(book)
        view = view_of(report, budgets, count, service.book, service.today, current_language())
        return render_template("usage.html", view=view)

    def calls() -> Response:
        require_cookie()
        days, _, book = _asked(request, service)
        pieces = _in_pieces(lines(service.calls(days, book)))
        first = next(pieces)  # what fails at once still has its status
        name = f"usage-{book.value}-{days.first}-{days.last}.csv"
        return Response(
            (piece.encode() for piece in chain([first], pieces)),
            content_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def open_link() -> ResponseReturnValue:
        if request.method == "HEAD":  # who only looks must not use it up
            raise MethodNotAllowed(valid_methods=["GET"])
        response = redirect(PAGE, 303)
        KEY.send(response, access.open(request.args.get("secret", "")))
        return response

    @usage.errorhandler(Unauthorized)
    def tell_how_to_get_in(_: Unauthorized) -> Response:
        page = make_response(render_template("usage_closed.html", is_link=request.path == OPEN), 401)
        page.headers["WWW-Authenticate"] = "Bearer"
        return page

    for path, view in ((PAGE, show), (CALLS, calls), (OPEN, open_link)):
        usage.add_url_rule(path, view_func=view, provide_automatic_options=False)
    return usage


def _asked(request: Request, service: UsageService) -> tuple[Days, int | None, Book]:
    """Return the days that are asked for, how many of the last ones they are (None for others), and whose calls.

    Raises:
        InvalidRequest: there are no such.
    """
    asked = request.args
    try:
        book = Book(asked.get("book") or service.book)
        if asked.get("from") or asked.get("to"):
            first, last = date.fromisoformat(asked.get("from", "")), date.fromisoformat(asked.get("to", ""))
            return service.between(first, last), None, book
        count = int(asked.get("days") or USUAL_DAYS)
    except ValueError:
        raise InvalidRequest(
            "Please choose days like “days=30”, or “from=2026-11-01&to=2026-11-30”, and “book=openai” or “book=fake”."
        ) from None
    return service.last_days(count), count, book


def _in_pieces(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts in larger pieces, and let others have their turn after each."""
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= PIECE_CHARACTERS:
            yield "".join(waiting)
            waiting.clear()
            size = 0
            time.sleep(BREATH_SECONDS)
    yield "".join(waiting)
