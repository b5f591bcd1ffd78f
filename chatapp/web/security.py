"""What every request passes and every answer carries: id, host, headers, and which other sites may read it."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request
from flask_cors import CORS

from chatapp.domain.errors import ChatError

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LABEL = "[A-Za-z0-9_-]{1,63}"
HOST = re.compile(rf"({LABEL}(\.{LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(:\d{{1,5}})?")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


NO_CONTENT = 204

FOR_ALL_SITES = frozenset({"widget", "embedding"})
"""Blueprints whose answers any site may read: they hold nothing of anybody."""

FOR_THE_OWNER = "/usage"
"""What begins with this is for the owner alone, also where it is not there."""


class InvalidHost(ChatError):
    """The request names a host that this server does not answer to."""

    code = "invalid_host"


def protect(app: Flask, *, allowed_hosts: tuple[str, ...], provider_name: str) -> None:
    """Give every request an id, check its host, and put the security headers on every answer."""
    fixed = HEADERS | {"X-Chatapp-Provider": provider_name}

    @app.before_request
    def identify() -> None:
        offered = request.headers.get("X-Request-Id", "")
        g.request_id = offered if REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        _check_host(allowed_hosts)

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        headers.extend(fixed)
        if request.blueprint in FOR_ALL_SITES:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["X-Request-Id"] = g.request_id
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        return response


def share(app: Flask, allowed_origins: tuple[str, ...]) -> None:
    """Let the pages of ``allowed_origins`` read the API; never with cookies, and never our own pages."""
    everybody = allowed_origins == ("*",)

    @app.after_request  # runs after flask-cors, which is registered below
    def keep_pages_to_ourselves(response: Response) -> Response:
        # Flask calls empty answers HTML, too: its own to OPTIONS, which are preflights, and those without content.
        is_empty = request.method == "OPTIONS" or response.status_code == NO_CONTENT
        is_html = response.mimetype == "text/html" and not is_empty
        if is_html or request.blueprint == "pages" or request.path.startswith(FOR_THE_OWNER):
            for name in [name for name, _ in response.headers if name.startswith("Access-Control-")]:
                del response.headers[name]
        elif request.blueprint in FOR_ALL_SITES:
            response.headers["Access-Control-Allow-Origin"] = "*"
        elif not everybody:
            response.vary.add("Origin")  # flask-cors forgets it where one origin is allowed
        return response

    if not allowed_origins:
        return
    CORS(
        app,
        origins="*" if everybody else list(allowed_origins),
        send_wildcard=everybody,
        always_send=everybody,
        methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Content-Type", "Authorization", "X-Request-Id", "Last-Event-ID"],
        expose_headers=["X-Request-Id", "Retry-After", "Location"],
        max_age=600,
    )


def _check_host(allowed_hosts: tuple[str, ...]) -> None:
    host = request.environ.get("HTTP_HOST", "")
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if (host and not HOST.fullmatch(host)) or (allowed_hosts and name.lower() not in allowed_hosts):
        raise InvalidHost("This server does not answer to that host name.")
