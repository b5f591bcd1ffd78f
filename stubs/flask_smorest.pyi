# The part of flask-smorest that this project uses; the package itself has no types.
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask
from flask import Flask
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.routing import BaseConverter

_View = TypeVar("_View", bound=Callable[..., Any])

class Blueprint(flask.Blueprint):
    ARGUMENTS_PARSER: FlaskParser

    def __init__(self, name: str, import_name: str, *, description: str = ...) -> None: ...
    def arguments(self, schema: type[Schema] | Schema, *, location: str = ...) -> Callable[[_View], _View]: ...
    def response(self, status_code: int, schema: type[Schema] | Schema | None = ...) -> Callable[[_View], _View]: ...
    def alt_response(
        self, status_code: int, *, schema: type[Schema] | Schema | None = ..., description: str = ...
    ) -> Callable[[_View], _View]: ...
    def doc(self, **kwargs: Any) -> Callable[[_View], _View]: ...

class Api:
    ERROR_SCHEMA: type[Schema]

    def __init__(self, app: Flask, *, spec_kwargs: Mapping[str, Any] = ...) -> None: ...
    def register_converter(
        self, converter: type[BaseConverter], func: Callable[[Any], Mapping[str, Any]]
    ) -> None: ...
    def register_blueprint(self, blp: Blueprint) -> None: ...
