"""flask-smorest with our contract: strict bodies, our errors, and a description that shows both."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any, NoReturn

import flask_smorest
from flask import Request, current_app
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from chatapp.domain.errors import Detail, InvalidRequest
from chatapp.web import errors
from chatapp.web.body import BodyReader
from chatapp.web.schemas import ErrorSchema

BODY_READER = "chatapp_body_reader"
"""The key of the application's ``BodyReader`` among its extensions."""

MOST_DETAILS = 20
LONGEST_PATH_CHARACTERS = 100


class StrictParser(FlaskParser):
    """Reads JSON as the app's ``BodyReader`` does, and refuses fields in plain words."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": None}  # noqa: RUF012 - webargs does not call it one of the class

    def load_json(self, req: Request, _schema: Schema) -> Any:
        """Return the body, strictly read and within the app's bounds."""
        reader: BodyReader = current_app.extensions[BODY_READER]
        return reader.read_json(req)

    def load_querystring(self, req: Request, _schema: Schema) -> Any:
        """Return what a query says; an empty parameter counts as not given, one that stands twice as a list."""
        given = ((name, [value for value in values if value]) for name, values in req.args.lists())
        return {name: values if values[1:] else values[0] for name, values in given if values}

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Say which fields are wrong, and why."""
        by_location = error.messages if isinstance(error.messages, dict) else {}
        (messages,) = by_location.values()
        details = tuple(islice(_details(messages), MOST_DETAILS))
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
            yield Detail(path[:LONGEST_PATH_CHARACTERS], reason)


def refusals(*statuses: int) -> dict[str, str]:
    """Return how the description tells that a route may answer with errors of these statuses."""
    return {str(status): HTTPStatus(status).name for status in statuses}


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose bodies are read strictly."""

    ARGUMENTS_PARSER = StrictParser()


class Api(flask_smorest.Api):
    """The API's description, with our errors in it."""

    ERROR_SCHEMA = ErrorSchema

    def handle_http_exception(self, error: HTTPException) -> ResponseReturnValue:
        """Answer in our shape."""
        return errors.handle_http_exception(error)
