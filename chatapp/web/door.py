"""The door of a server that has a password: nobody comes in without a pass, but to what has to be open.

It is looked at before anything of a request is read. A pass is a cookie, the password itself, or a visitor's token that
was given to somebody who had said it.
"""

from __future__ import annotations

from flask import Flask, Request, Response, g, make_response, render_template, request

from chatapp.domain.errors import NotFound, Unauthorized
from chatapp.domain.passes import PASS_LIFE, Passes
from chatapp.web.app_shell import MANIFEST, WORKER
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.cookies import Cookie
from chatapp.web.fields import Body, Text
from chatapp.web.origins import origins_of, require_own_page
from chatapp.web.proxies import network
from chatapp.web.texts.preferences import PREFERENCES

COOKIE = "chatapp_pass"
SECURE_COOKIE = "__Host-chatapp_pass"
PASS = Cookie(COOKIE, SECURE_COOKIE, PASS_LIFE)
PASSWORD_CHARACTERS = 1000

LOGIN = "/api/login"
OPEN = frozenset(
    {
        *("/health", "/health/live", "/health/ready"),
        *("/favicon.ico", "/favicon.svg", "/robots.txt", "/widget.js", "/api/widget"),
        *(MANIFEST, WORKER),
        *(LOGIN, PREFERENCES),
    }
)
OPEN_BELOW = ("/static/", "/widget/", "/usage")
"""What begins with one of these is open, too: the files of pages and widget, and what has a token of its own."""

PAGES = frozenset({"/", "/chat", "/widget", "/api/docs"})
"""What people open: in its place they get the log-in page."""

SAYS_NOTHING = (
    "This server asks for a password. Please log in on its page; programs send it along as “Authorization: Bearer …”."
)
SAYS_ANOTHER = "This server asks for a password, and this is neither the password nor a token that it gave for it."
FROM_BEFORE = (
    "This server asks for a password, and this token was given without it, for another one, or to another site. "
    "Please get a new token from POST /api/visitors, with the password."
)
IS_WRONG = "This is not the password of this server."
IS_OPEN = "This server asks for no password."


class LoginBody(Body):
    """What lets a browser in."""

    password = Text(max_characters=PASSWORD_CHARACTERS, required=True)


class Door:
    """Lets in who has a pass."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes

    def guard(self, app: Flask) -> None:
        """Stand before all routes of ``app``, also those that are added later."""

        @app.before_request
        def ask_for_pass() -> Response | None:
            if request.method == "OPTIONS" or request.path in OPEN or request.path.startswith(OPEN_BELOW):
                return None
            return self._refusal(request)

    def _refusal(self, request: Request) -> Response | None:
        """Return None for who may come in, and the log-in page for a person.

        Raises:
            Unauthorized: it is a program.
            RateLimited: what it says would not count.
        """
        cookie = PASS.read()
        if cookie and self._passes.admits_cookie(cookie):
            return None
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and (said := bearer.strip()):
            self._require_bearer(said)
            return None
        if request.path in PAGES and request.method in ("GET", "HEAD"):
            return _login_page()
        raise Unauthorized(SAYS_NOTHING)

    def _require_bearer(self, bearer: str) -> None:
        if self._passes.admits_token(bearer, origins_of(request)):
            return
        if self._passes.is_token(bearer):
            raise Unauthorized(FROM_BEFORE)
        password = bearer.encode("latin-1")  # as it came: HTTP knows bytes only
        if not self._passes.is_right(password, _caller(request)):
            raise Unauthorized(SAYS_ANOTHER)
        g.said_password = True


def blueprint(passes: Passes | None) -> Blueprint:
    """Return the route that lets browsers in; there is nothing to log in to without a password."""
    door = Blueprint("door", __name__, description="The way in, where the server has a password.")

    @door.before_request
    def require_own() -> None:
        if request.method != "OPTIONS":
            require_own_page(request)

    @door.post(LOGIN)
    @door.arguments(LoginBody())
    @door.response(204)
    @door.doc(responses=refusals(400, 401, 403, 404, 408, 413, 415, 429, 500, 503))
    def log_in(body: dict[str, str]) -> Response:
        """Say the password once, and get a cookie for thirty days; for the pages of this server alone."""
        if passes is None:
            raise NotFound(IS_OPEN)
        if not passes.is_right(body["password"].encode(), _caller(request)):
            raise Unauthorized(IS_WRONG)
        response = Response(status=204)
        PASS.send(response, passes.new_cookie())
        return response

    return door


def _login_page() -> Response:
    page = make_response(render_template("login.html"), 401)
    page.headers["WWW-Authenticate"] = "Bearer"
    return page


def _caller(request: Request) -> str:
    return network(request.remote_addr)
