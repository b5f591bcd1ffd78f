"""Conversations as files: out, and in again."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.integration.app_under_test import JSON, AppUnderTest, app_with
from tests.integration.kept.people import Person, program
from tests.samples import once

JSON_LINES = "application/x-ndjson"
CHATGPT = [
    {
        "title": "The sea",
        "create_time": 1_700_000_000.5,
        "update_time": 1_700_000_100.0,
        "conversation_id": "chatgpt-1",
        "current_node": "a",
        "mapping": {
            "root": {"id": "root", "parent": None, "children": ["q"], "message": None},
            "q": {
                "id": "q",
                "parent": "root",
                "children": ["a"],
                "message": {
                    "id": "q",
                    "author": {"role": "user"},
                    "create_time": 1_700_000_001.0,
                    "content": {"content_type": "text", "parts": ["Why is it salty?"]},
                },
            },
            "a": {
                "id": "a",
                "parent": "q",
                "children": [],
                "message": {
                    "id": "a",
                    "author": {"role": "assistant"},
                    "create_time": 1_700_000_002.0,
                    "content": {"content_type": "text", "parts": ["Rivers bring the salt."]},
                    "metadata": {"model_slug": "gpt-4o"},
                    "status": "finished_successfully",
                },
            },
        },
    }
]


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([once("Blue."), once("Green."), once("Red.")])


def imports(person: Person, file: bytes, kind: str = JSON_LINES, **headers: str) -> Any:
    return person.posts("/api/import", file, **{"Content-Type": kind}, **headers)


def test_markdown_holds_the_branch_that_is_shown(alice: Person) -> None:
    talk = alice.begins(title="The sky", system="Be brief.")
    first = alice.asks(talk, "What colour?")
    alice.asks(talk, "And the grass?")
    alice.asks(talk, None, answer_to=first["user_message_id"])

    answer = alice.gets(f"/api/conversations/{talk}/export")

    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# The sky\n")
    assert [word in answer.text for word in ("Be brief.", "What colour?", "Red.")] == [True] * 3
    assert [word in answer.text for word in ("Blue.", "And the grass?", "Green.")] == [False] * 3


@pytest.mark.parametrize(
    ("title", "plain", "encoded"),
    [
        ("The sky", "The sky.md", "The%20sky.md"),
        ("Über 😀", "_ber _.md", "%C3%9Cber%20%F0%9F%98%80.md"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j.md", "a%20b%20c%20d%20e%20f%20g%20h%20i%20j.md"),
        ("..", "conversation.md", "conversation.md"),
        ("a\r\nSet-Cookie: x=y", "a Set-Cookie x=y.md", "a%20Set-Cookie%20x%3Dy.md"),
        ("x" * 200, f"{'x' * 80}.md", f"{'x' * 80}.md"),
    ],
)
def test_a_file_is_named_after_its_conversation(alice: Person, title: str, plain: str, encoded: str) -> None:
    headers = alice.gets(f"/api/conversations/{alice.begins(title=title)}/export").headers

    assert headers["Content-Disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def test_one_conversation_may_be_taken_with_all_branches(alice: Person) -> None:
    talk, _ = alice.begins(title="The sky"), alice.begins(title="Other")
    first = alice.asks(talk, "What colour?")
    alice.asks(talk, None, answer_to=first["user_message_id"])

    answer = alice.gets(f"/api/conversations/{talk}/export?format=jsonl")

    assert answer.headers["Content-Type"] == JSON_LINES
    assert [word in answer.text for word in ("Blue.", "Green.", "Other")] == [True, True, False]
    assert '.jsonl"' in answer.headers["Content-Disposition"]


def test_everything_goes_out_and_comes_back_byte_for_byte(app: AppUnderTest, alice: Person) -> None:
    talk = alice.begins(title="The sky")
    alice.asks(talk, "What colour?")
    alice.asks(talk, "And the grass?", parent_id=None)
    alice.begins(title="Empty")
    file = alice.gets("/api/export")
    bob = program(app)

    result = imports(bob, file.text.encode())

    assert file.headers["Content-Type"] == JSON_LINES
    assert "conversations.jsonl" in file.headers["Content-Disposition"]
    assert (result.status, result.json) == (200, {"conversations": 2, "messages": 4, "known": 0, "left_out": []})
    assert bob.gets("/api/export").text == file.text
    again = imports(alice, file.text.encode())
    assert (again.json["conversations"], again.json["messages"], again.json["known"]) == (0, 0, 6)
    assert alice.gets("/api/export").text == file.text


def test_an_import_may_be_the_first_thing_that_is_kept(app: AppUnderTest) -> None:
    alice = Person(app)

    result = imports(alice, json.dumps(CHATGPT).encode(), JSON)

    assert (result.status, result.json["conversations"], len(alice.cookies)) == (200, 1, 1)
    (entry,) = alice.gets("/api/conversations").json["conversations"]
    assert entry["title"] == "The sea"
    assert alice.texts(entry["id"]) == ["Why is it salty?", "Rivers bring the salt."]


def test_an_imported_answer_is_a_reply_that_has_ended(alice: Person) -> None:
    imports(alice, json.dumps(CHATGPT).encode(), JSON)
    (entry,) = alice.gets("/api/conversations").json["conversations"]
    answer = alice.conversation(entry["id"])["messages"][1]

    first, piece, last = alice.follows(answer["reply_id"], 7)

    assert (first.data["reply"]["model"], piece.data) == ("gpt-4o", {"content": "bring the salt."})
    assert (last.data["state"], last.data["usage"], last.data["cost"]) == ("complete", None, None)


def test_what_is_left_out_is_told(alice: Person) -> None:
    file = (
        alice.gets("/api/export")
        .text.encode()
        .replace(b'{"type":"complete"', b'{"type":"strange"}\n{"type":"complete"')
    )

    (left_out,) = imports(alice, file).json["left_out"]

    assert set(left_out) == {"path", "reason"}


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (b"", JSON_LINES),
        (b"", JSON),
        (b"not a file of ours\n", JSON_LINES),
        (b"{}", JSON),
        (b"[]", JSON_LINES),
        (b"PK\x03\x04 and so on", JSON),
        (b"\xff\xfe[", JSON),
    ],
)
def test_another_kind_of_file_is_refused_and_makes_no_visitor(
    app: AppUnderTest, alice: Person, file: bytes, kind: str
) -> None:
    answer = imports(alice, file, kind)

    assert (answer.status, answer.code) == (400, "invalid_request")
    assert (alice.cookies, app.database.seen_at) == ({}, {})


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Type": "application/x-ndjson; charset=utf-16"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ],
)
def test_a_file_says_what_it_is(alice: Person, headers: dict[str, str]) -> None:
    answer = alice.posts("/api/import", gzip.compress(b"[]"), **headers)

    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert JSON_LINES in answer.json["error"]


def test_a_file_may_be_longer_than_any_other_body(app: AppUnderTest) -> None:
    small = Person(app_with(max_body_bytes=1000))
    title = "x" * 10_000
    file = json.dumps(CHATGPT).replace("The sea", title).encode()

    assert imports(small, file, JSON).status == 200


def test_a_visitor_with_nothing_takes_an_empty_file_along(app: AppUnderTest) -> None:
    answer = Person(app).gets("/api/export")

    assert answer.status == 200
    assert [json.loads(line)["type"] for line in answer.text.splitlines()] == ["header", "complete"]
