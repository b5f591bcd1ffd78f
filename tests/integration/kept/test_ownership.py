"""Nobody sees, changes or reveals what belongs to another: it answers as what does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.app_under_test import Answer, AppUnderTest, app_with
from tests.integration.kept.people import EVENTS, Person, program
from tests.samples import once

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/api/conversations/{talk}", None),
    ("GET", "/api/conversations/{talk}?before={question}&limit=1", None),
    ("PATCH", "/api/conversations/{talk}", {}),
    ("PATCH", "/api/conversations/{talk}", {"title": "mine", "leaf_id": "{question}"}),
    ("DELETE", "/api/conversations/{talk}", None),
    ("POST", "/api/conversations/{talk}/replies", {"message": "Hi"}),
    ("POST", "/api/conversations/{talk}/replies", {"message": "Hi", "parent_id": "{reply}"}),
    ("POST", "/api/conversations/{talk}/replies", {"answer_to": "{question}"}),
    ("POST", "/api/conversations/{talk}/replies", {"message": "the question", "client_id": "alices-own"}),
    ("GET", "/api/conversations/{talk}/export", None),
    ("GET", "/api/conversations/{talk}/export?format=jsonl", None),
    ("GET", "/api/replies/{reply}", None),
    ("GET", "/api/replies/{reply}/events", None),
    ("POST", "/api/replies/{reply}/stop", {}),
]
NOT_IDS = ["%00", "a b", "a.b", "é", "x" * 65, "..", "'", "-" * 64]


@dataclass(frozen=True, slots=True)
class Owned:
    """What Alice has."""

    talk: str
    reply: str
    question: str

    def filled_into(self, text: str) -> str:
        """Return an address or a value of hers."""
        for name in ("talk", "reply", "question"):
            text = text.replace(f"{{{name}}}", getattr(self, name))
        return text


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with([once("the secret answer")])


@pytest.fixture(scope="module")
def alice(app: AppUnderTest) -> Person:
    return Person(app)


@pytest.fixture(scope="module")
def hers(alice: Person) -> Owned:
    talk = alice.begins(title="the secret title", system="the secret instructions")
    reply = alice.asks(talk, "the question", client_id="alices-own")
    return Owned(talk, reply["id"], reply["user_message_id"])


@pytest.fixture(scope="module")
def strangers(app: AppUnderTest) -> list[Person]:
    """Nobody yet, somebody with a cookie, and a program."""
    bob, robot = Person(app), program(app)
    for person in (bob, robot):
        person.begins()
    return [Person(app), bob, robot]


def asked(person: Person, ids: Owned, method: str, path: str, body: Any) -> Answer:
    values = {name: ids.filled_into(value) for name, value in (body or {}).items()}
    return person.sends(method, ids.filled_into(path), None if body is None else values, Accept=EVENTS)


def told(answer: Answer) -> Any:
    return answer.status, {name: value for name, value in answer.json.items() if name != "request_id"}


def lasting(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "X-Request-Id"}


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_what_belongs_to_another_answers_as_what_does_not_exist(
    hers: Owned, alice: Person, strangers: list[Person], method: str, path: str, body: Any
) -> None:
    before = alice.conversation(hers.talk)
    nothing = Owned("no-such-talk", "no-such-reply", "no-such-message")
    missing = asked(strangers[1], nothing, method, path, body)
    assert missing.status == 404

    for person in strangers:
        refused = asked(person, hers, method, path, body)
        assert told(refused) == told(asked(person, nothing, method, path, body)) == told(missing)
        assert lasting(refused.headers) == lasting(missing.headers)
        assert "secret" not in refused.text

    assert alice.conversation(hers.talk) == before


@pytest.mark.parametrize(("method", "path", "body"), [route for route in ROUTES if "?before" not in route[1]])
@pytest.mark.parametrize("word", NOT_IDS)
def test_what_is_no_id_answers_as_what_does_not_exist(
    alice: Person, hers: Owned, method: str, path: str, body: Any, word: str
) -> None:
    odd = Owned(word, word, hers.question)
    values = {name: hers.filled_into(value) for name, value in (body or {}).items()}

    answer = alice.sends(method, odd.filled_into(path), None if body is None else values)

    nothing = Owned("no-such-talk", "no-such-reply", hers.question)
    assert told(answer) == told(asked(alice, nothing, method, path, values if body is not None else None))


def test_lists_searches_and_files_hold_ones_own_alone(hers: Owned, strangers: list[Person]) -> None:
    for person in strangers:
        for path in ("/api/conversations", "/api/conversations?q=secret", "/api/export"):
            answer = person.gets(path)
            assert answer.status == 200
            assert "secret" not in answer.text
            assert hers.talk not in answer.text


@pytest.mark.parametrize("field", ["parent_id", "answer_to"])
def test_a_message_of_another_cannot_be_used_in_ones_own_talk(hers: Owned, strangers: list[Person], field: str) -> None:
    body = {field: hers.question} | ({"message": "Hi"} if field == "parent_id" else {})
    for person in strangers[1:]:
        path = f"/api/conversations/{person.begins()}/replies"
        assert told(person.posts(path, body)) == told(person.posts(path, body | {field: "no-such-message"}))


def test_importing_anothers_file_makes_a_copy_of_ones_own(
    app: AppUnderTest, alice: Person, hers: Owned, strangers: list[Person]
) -> None:
    file = alice.gets("/api/export").text.encode()
    bob = strangers[1]

    result = bob.posts("/api/import", file, **{"Content-Type": "application/x-ndjson"})

    assert (result.status, result.json["conversations"], result.json["known"]) == (200, 1, 0)
    bob.sends("PATCH", f"/api/conversations/{hers.talk}", {"title": "Bob's own"})
    bob.sends("DELETE", f"/api/conversations/{hers.talk}")
    assert alice.conversation(hers.talk)["title"] == "the secret title"
    assert alice.gets("/api/export").text.encode() == file
