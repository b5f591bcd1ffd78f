"""flask-smorest with our contract: strict bodies, our errors, and a description that shows both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import flask_smorest
from flask import Request, current_app
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from chatapp.domain.errors import Detail, InvalidRequest
from chatapp.web import errors
from chatapp.web.body import read_json
from chatapp.web.chat_body import BodyLimits
from chatapp.web.schemas import ErrorSchema


class StrictParser(FlaskParser):
    """Reads JSON as ``read_json`` does, and refuses fields in plain words."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_json(self, req: Request, _schema: Schema) -> Any:
        """Return the body, strictly read and within the app's bounds."""
        limits: BodyLimits = current_app.extensions["chatapp_body_limits"]
        return read_json(req, max_bytes=limits.body_bytes, timeout_seconds=limits.body_seconds)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Say which fields are wrong, and why."""
        messages = error.messages.get("json", {}) if isinstance(error.messages, dict) else {}
        details = tuple(_details(messages))
        first = details[0]
        where = f"“{first.path}”: " if first.path else ""
        raise InvalidRequest(f"The request is not right. {where}{first.reason}", details=details)


def _details(messages: Any, path: str = "") -> Iterator[Detail]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            own = "" if name == "_schema" else f".{name}" if path else str(name)
            yield from _details(inner, path + own)
    else:
        for reason in messages:
            yield Detail(path, reason)


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose bodies are read strictly."""

    ARGUMENTS_PARSER = StrictParser()


class Api(flask_smorest.Api):
    """The API's description, with our errors in it."""

    ERROR_SCHEMA = ErrorSchema

    def handle_http_exception(self, error: HTTPException) -> ResponseReturnValue:
        """Answer in our shape."""
        return errors.handle_http_exception(error)
