"""The answers about kept conversations are as the API's description says."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.fake import Cut
from tests.integration.app_under_test import Answer, AppUnderTest, app_with
from tests.integration.kept.people import Person, events_in
from tests.integration.schema import faults, resolved
from tests.samples import once


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with([once("Hello"), once("half", fault=Cut()), *[once("Hello")] * 9])


@pytest.fixture(scope="module")
def alice(app: AppUnderTest) -> Person:
    return Person(app)


@pytest.fixture(scope="module")
def description(app: AppUnderTest) -> dict[str, Any]:
    described: dict[str, Any] = app.get("/api/openapi.json").json
    return described


@pytest.fixture(scope="module")
def at(alice: Person) -> dict[str, str]:
    """A conversation with a good answer, and one that failed."""
    talk = alice.begins(title="hers", model="gpt-4o", system="Be brief.")
    reply = alice.asks(talk)
    alice.asks(talk, "And?")
    return {"conversation_id": talk, "reply_id": reply["id"]}


def responses_of(description: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    described: dict[str, Any] = description["paths"][path][method.lower()]["responses"]
    return described


def assert_as_described(description: dict[str, Any], method: str, path: str, answer: Answer) -> None:
    responses = responses_of(description, method, path)
    assert str(answer.status) in responses, answer.status
    content = resolved(responses[str(answer.status)], description)["content"]
    assert list(faults(answer.json, content["application/json"]["schema"], description)) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/conversations", None, 200),
        ("POST", "/api/conversations", {}, 201),
        ("GET", "/api/conversations/{conversation_id}", None, 200),
        ("PATCH", "/api/conversations/{conversation_id}", {"pinned": True}, 200),
        ("POST", "/api/conversations/{conversation_id}/replies", {"message": "Hi"}, 202),
        ("GET", "/api/replies/{reply_id}", None, 200),
        ("POST", "/api/replies/{reply_id}/stop", {}, 200),
        ("POST", "/api/visitors", {}, 201),
        ("POST", "/api/me/handoffs", {}, 201),
    ],
)
def test_an_answer_is_as_described(
    alice: Person, description: dict[str, Any], at: dict[str, str], method: str, path: str, body: Any, status: int
) -> None:
    answer = alice.sends(method, path.format(**at), body)

    assert answer.status == status
    assert_as_described(description, method, path, answer)


def test_what_a_search_finds_is_as_described(alice: Person, description: dict[str, Any], at: dict[str, str]) -> None:
    answer = alice.gets("/api/conversations?q=hers")

    assert answer.json["conversations"][0]["snippet"] == "hers"
    assert_as_described(description, "GET", "/api/conversations", answer)


def test_handing_over_and_importing_are_as_described(
    app: AppUnderTest, alice: Person, description: dict[str, Any], at: dict[str, str]
) -> None:
    secret = alice.posts("/api/me/handoffs").json["secret"]
    taken = Person(app).posts("/api/handoffs", {"secret": secret})
    file = alice.gets("/api/export").text.encode()
    imported = alice.posts("/api/import", file, **{"Content-Type": "application/x-ndjson"})

    assert_as_described(description, "POST", "/api/handoffs", taken)
    assert_as_described(description, "POST", "/api/import", imported)


@pytest.mark.parametrize("path", ["/api/conversations/{conversation_id}/replies", "/api/replies/{reply_id}/events"])
def test_a_stream_is_described_as_events(description: dict[str, Any], path: str) -> None:
    method = "post" if path.endswith("replies") else "get"
    content = responses_of(description, method, path)["200"]["content"]

    (example,) = content["text/event-stream"]["examples"].values()
    first, piece, last = events_in(example["value"])
    assert (set(content), first.place, piece.place, last.data["state"]) == ({"text/event-stream"}, None, 5, "complete")


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/conversations", {"q", "cursor", "limit"}),
        ("/api/conversations/{conversation_id}", {"before", "limit"}),
        ("/api/conversations/{conversation_id}/export", {"format"}),
        ("/api/replies/{reply_id}/events", {"Last-Event-ID"}),
    ],
)
def test_parameters_are_described(description: dict[str, Any], path: str, names: set[str]) -> None:
    parameters = description["paths"][path]["get"]["parameters"]

    assert {parameter["name"] for parameter in parameters} == names


def test_a_file_to_import_may_be_of_two_kinds(description: dict[str, Any]) -> None:
    body = description["paths"]["/api/import"]["post"]["requestBody"]

    assert set(body["content"]) == {"application/x-ndjson", "application/json"}
