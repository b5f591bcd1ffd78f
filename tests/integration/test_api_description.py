"""The API's description: valid OpenAPI 3.1, and true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chatapp.fake import Cut
from chatapp.web.errors import HTTP_ERRORS, STATUS_BY_CODE
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.schema import faults, resolved
from tests.samples import once

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
APART = {"/api/docs", "/api/openapi.json"}
"""They belong to the description, and are not in it."""
OF_OTHER_ROUTES = {401, 403, 404, 405, 409}
"""Statuses of errors that belong to other routes, or to none."""


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with([once("Hello"), once("half", fault=Cut())])


@pytest.fixture(scope="module")
def description(app: AppUnderTest) -> dict[str, Any]:
    described: dict[str, Any] = app.get("/api/openapi.json").json
    return described


def everywhere(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside ``value``."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everywhere(inner)


def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"  # what all methods of a path have in common
    }


def test_it_is_openapi_3_1_about_this_version(description: dict[str, Any]) -> None:
    assert set(description) == {"openapi", "info", "paths", "components", "tags"}
    assert re.fullmatch(r"3\.1\.\d", description["openapi"])
    assert set(description["info"]) == {"title", "version", "description"}


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    for found in everywhere(description):
        if "$ref" in found:
            assert resolved(found, description)


def test_no_word_of_openapi_3_0_is_left(description: dict[str, Any]) -> None:
    words = {word for found in everywhere(description) for word in found}

    assert words.isdisjoint({"nullable", "exclusiveMinimum", "exclusiveMaximum"})


def test_every_operation_is_told_in_words(description: dict[str, Any]) -> None:
    for operation in operations(description).values():
        assert operation["summary"].endswith(".")
        assert operation["tags"]
        assert all(re.fullmatch(r"\d{3}|default", status) for status in operation["responses"])


def test_the_described_routes_are_the_routes(app: AppUnderTest, description: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:id:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.flask.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
        if not rule.endpoint.startswith(("pages.", "usage.", "widget.", "app_shell.")) and rule.rule not in APART
    }

    assert set(operations(description)) == routes


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_every_status_of_an_answer_is_described(description: dict[str, Any], path: str) -> None:
    described = set(description["paths"][path]["post"]["responses"])
    possible = {*STATUS_BY_CODE.values(), *HTTP_ERRORS} - OF_OTHER_ROUTES

    assert described == {"default", "200", *(str(status) for status in possible)}


@pytest.mark.parametrize("path", ["/api", "/health", "/models"])
def test_what_is_read_is_as_described(app: AppUnderTest, description: dict[str, Any], path: str) -> None:
    schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert list(faults(app.get(path).json, schema, description)) == []


def test_answers_and_errors_are_as_described(app: AppUnderTest, description: dict[str, Any]) -> None:
    responses = description["paths"]["/chat"]["post"]["responses"]
    whole, broken, wrong = app.ask(), app.ask(), app.ask(temperature=9)

    assert [whole.status, broken.status, wrong.status] == [200, 502, 400]
    for answer in (whole, broken, wrong):
        described = resolved(responses[str(answer.status)], description)
        assert list(faults(answer.json, described["content"]["application/json"]["schema"], description)) == []


def test_the_request_is_described_with_its_bounds(description: dict[str, Any]) -> None:
    body = description["paths"]["/chat"]["post"]["requestBody"]
    schema = resolved(body["content"]["application/json"]["schema"], description)
    fields = schema["properties"]

    assert body["required"]
    assert set(fields) == {"message", "messages", "model", "system", "temperature", "max_tokens"}
    assert (schema["required"], schema["additionalProperties"]) == (["message"], False)
    assert (fields["message"]["maxLength"], fields["messages"]["maxItems"]) == (100_000, 2000)
    assert (fields["temperature"]["minimum"], fields["temperature"]["maximum"]) == (0, 2)


def test_the_page_with_the_description_is_served_from_here(app: AppUnderTest) -> None:
    page = app.get("/api/docs")

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r'(?:src|href)="([^/#"][^"]*)', page.text) == []
