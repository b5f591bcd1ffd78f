"""Errors as answers: one table from codes to HTTP, one shape for all of them."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from chatapp.domain.errors import ChatError, InternalError
from chatapp.web.security import FOR_THE_OWNER
from chatapp.web.texts.language import CODES
from chatapp.web.texts.preferences import current_language

log = logging.getLogger(__name__)

STATUS_BY_CODE = {
    "invalid_json": 400,
    "invalid_request": 400,
    "unknown_model": 400,
    "model_retired": 400,
    "context_too_long": 400,
    "invalid_host": 400,
    "unauthorized": 401,
    "foreign_origin": 403,
    "not_found": 404,
    "conflict": 409,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "budget_spent": 429,
    "too_many_replies": 429,
    "provider_rate_limited": 429,
    "internal": 500,
    "provider_auth": 502,
    "provider_refused": 502,
    "provider_failed": 502,
    "provider_protocol": 502,
    "at_capacity": 503,
    "shutting_down": 503,
    "storage_unavailable": 503,
    "provider_quota": 503,
    "interrupted": 503,
    "lost": 503,
    "abandoned": 503,
    "provider_timeout": 504,
}

HTTP_ERRORS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that kind of request."),
    408: ("body_timeout", "The request took too long to arrive."),
    413: ("body_too_large", "The request is too large for this server."),
    415: ("unsupported_media_type", "Please send JSON, with “Content-Type: application/json”."),
}
"""What the framework refuses by itself: status, code, sentence."""

UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
USUAL_WAIT_SECONDS = 5
"""What a caller who sent too much is told to wait where the provider does not say."""

PAGES = frozenset({"/", "/chat", "/widget"})


def payload(error: ChatError, request_id: str | None) -> dict[str, Any]:
    """Return the error as it stands in every answer."""
    return {"error": error.message, "code": error.code, "request_id": request_id}


def told(error: ChatError, request_id: str | None) -> dict[str, Any]:
    """Return the error as it stands where no header can: in the last event of a stream, and beside a kept answer."""
    wait = {} if error.retry_after_seconds is None else {"retry_after_seconds": error.retry_after_seconds}
    return payload(error, request_id) | wait


def respond(error: ChatError, partial: str | None = None) -> Response:
    """Return the answer that tells of ``error``, with the text so far where the answer had begun."""
    body = payload(error, g.request_id)
    if error.details:
        body["details"] = [{"path": detail.path, "reason": detail.reason} for detail in error.details]
    if partial is not None:
        body["partial"] = partial
    answer = _shape(body, STATUS_BY_CODE[error.code])
    wait_seconds = error.retry_after_seconds
    if wait_seconds is None and answer.status_code == TOO_MANY_REQUESTS:
        wait_seconds = USUAL_WAIT_SECONDS
    if wait_seconds is not None:
        answer.headers["Retry-After"] = str(wait_seconds)
    if answer.status_code == UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def handle_http_exception(error: HTTPException) -> ResponseReturnValue:
    """Answer in our shape what the framework refused by itself."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code, sentence = HTTP_ERRORS.get(status, ("invalid_request", "This request cannot be understood."))
    if status >= 500:
        return respond(InternalError())
    answer = _shape({"error": sentence, "code": code, "request_id": g.request_id}, status)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def register(app: Flask) -> None:
    """Answer every error of ``app`` in our shape."""
    app.register_error_handler(ChatError, respond)
    app.register_error_handler(HTTPException, handle_http_exception)
    app.register_error_handler(Exception, _handle_unexpected)


def _handle_unexpected(error: Exception) -> Response:
    log.error("request failed", exc_info=error, extra={"fields": {"request_id": g.request_id}})
    return respond(InternalError())


def _shape(body: dict[str, Any], status: int) -> Response:
    if request.method in ("GET", "HEAD") and _is_for_people():
        return Response(_page(body), status, mimetype="text/html")
    answer = jsonify(body)
    answer.status_code = status
    return answer


def _is_for_people() -> bool:
    """Tell whether somebody reads the answer: it stands for a page, or a browser opens an address that is none."""
    is_opened = request.headers.get("Sec-Fetch-Dest") == "document" and not request.path.startswith("/api/")
    return is_opened or request.path in PAGES or request.path.startswith(FOR_THE_OWNER)


def _page(body: dict[str, Any]) -> str:
    """Return an error as a page: in its reader's language where it can be said there, with the server's own words."""
    said, language = body["error"], current_language()
    known = None if language.code == CODES[0] else language.find(f"problems.{body['code']}")
    own_words = said if known else None
    return render_template("error.html", error=known or said, own_words=own_words, request_id=body["request_id"])
