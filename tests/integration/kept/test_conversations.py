"""Kept conversations: made, listed, searched, shown, changed and removed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatapp.adapters.system import SystemClock
from chatapp.fake import Gate
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import Person
from tests.samples import once

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(slots=True)
class Ticking(SystemClock):
    """A clock on which a second passes each time somebody looks."""

    moment: datetime = field(default=datetime(2026, 11, 22, 12, tzinfo=UTC))

    def now(self) -> datetime:
        """Return a later time than before."""
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([once("Blue."), once("Green."), once("Red.")], clock=Ticking())


def titles(answer: Any) -> list[str]:
    return [entry["title"] for entry in answer.json["conversations"]]


def test_a_new_conversation_is_told_whole(alice: Person) -> None:
    answer = alice.posts("/api/conversations", {})

    shown = answer.json
    assert (answer.status, answer.headers["Location"]) == (201, f"/api/conversations/{shown['id']}")
    assert shown["created_at"] == shown["updated_at"]
    assert MOMENT.fullmatch(shown["created_at"])
    assert {name: value for name, value in shown.items() if name not in ("id", "created_at", "updated_at")} == {
        "title": "",
        "pinned": False,
        "model": None,
        "system": None,
        "leaf_id": None,
    }


def test_a_new_conversation_may_bring_title_model_and_instructions(alice: Person) -> None:
    fields = {"title": "The sky", "model": "gpt-4o", "system": "Be brief."}
    talk = alice.begins(**fields)

    shown = alice.conversation(talk)

    assert fields.items() <= shown.items()
    assert (shown["messages"], shown["before"]) == ([], None)


def test_null_says_the_same_as_nothing(alice: Person) -> None:
    shown = alice.conversation(alice.begins(model=None, system=None))

    assert (shown["model"], shown["system"]) == (None, None)


def test_model_and_instructions_of_a_conversation_are_asked(app: AppUnderTest, alice: Person) -> None:
    alice.asks(alice.begins(model="gpt-4o", system="Be brief."))

    assert app.calls[0].model == "gpt-4o"
    assert app.calls[0].messages[0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"model": "gpt-0"}, "unknown_model"), ({"system": "Be brief."}, "invalid_request")],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_kept(fields: dict[str, str], code: str) -> None:
    app = app_with(system_prompt="Be kind.")
    alice = Person(app)

    answer = alice.posts("/api/conversations", fields)

    assert (answer.status, answer.code) == (400, code)
    assert (alice.cookies, app.database.seen_at, app.database.conversations) == ({}, {}, {})


def test_conversations_are_listed_newest_first_and_pinned_ones_above(alice: Person) -> None:
    first, *_ = [alice.begins(title=title) for title in ("one", "two", "three")]
    assert titles(alice.gets("/api/conversations")) == ["three", "two", "one"]

    alice.sends("PATCH", f"/api/conversations/{first}", {"pinned": True})

    listed = alice.gets("/api/conversations")
    assert titles(listed) == ["one", "three", "two"]
    assert set(listed.json["conversations"][0]) == {"id", "title", "pinned", "model", "created_at", "updated_at"}
    assert listed.json["next"] is None


def test_a_conversation_moves_up_with_its_last_message(alice: Person) -> None:
    first, _ = alice.begins(title="one"), alice.begins(title="two")

    alice.asks(first)

    assert titles(alice.gets("/api/conversations")) == ["one", "two"]


def test_a_long_list_comes_in_pages(alice: Person) -> None:
    for number in range(7):
        alice.begins(title=f"talk {number}")
    found: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = alice.gets(f"/api/conversations?limit=3&cursor={cursor}")
        found += titles(page)
        cursor = page.json["next"]

    assert found == [f"talk {number}" for number in reversed(range(7))]


def test_thirty_conversations_are_a_page_where_nothing_is_said(alice: Person) -> None:
    for _ in range(31):
        alice.begins(title="talk")

    assert len(titles(alice.gets("/api/conversations"))) == 30
    assert len(titles(alice.gets("/api/conversations?limit=100"))) == 31


def test_search_finds_titles_and_messages_with_a_piece_of_them(alice: Person) -> None:
    alice.asks(alice.begins(title="The sky"), "What colour has it?")
    alice.begins(title="Blue whales")
    alice.begins(title="Nothing")

    found = alice.gets("/api/conversations?q=blue").json["conversations"]

    assert [(entry["title"], entry["snippet"]) for entry in found] == [
        ("Blue whales", "Blue whales"),
        ("The sky", "Blue."),
    ]


def test_found_conversations_come_in_pages_too(alice: Person) -> None:
    for number in range(3):
        alice.begins(title=f"blue {number}")
    first = alice.gets("/api/conversations?q=blue&limit=2")

    second = alice.gets(f"/api/conversations?q=blue&limit=2&cursor={first.json['next']}")

    assert (titles(first), titles(second)) == (["blue 2", "blue 1"], ["blue 0"])


@pytest.mark.parametrize("query", ["?q=", "?q=&cursor=&limit="])
def test_an_empty_parameter_counts_as_not_given(alice: Person, query: str) -> None:
    alice.begins(title="talk")

    assert titles(alice.gets(f"/api/conversations{query}")) == ["talk"]


def test_a_search_without_a_word_finds_nothing(alice: Person) -> None:
    alice.begins(title="...")

    assert titles(alice.gets("/api/conversations?q=...")) == []


def test_a_conversation_shows_its_branch_oldest_first(alice: Person) -> None:
    talk = alice.begins()
    reply = alice.asks(talk, "What colour has the sky?")

    shown = alice.conversation(talk)

    question, answer = shown["messages"]
    assert (shown["title"], shown["leaf_id"]) == ("What colour has the sky?", reply["id"])
    assert question == {
        "id": reply["user_message_id"],
        "parent_id": None,
        "reply_id": None,
        "role": "user",
        "text": "What colour has the sky?",
        "model": None,
        "state": "complete",
        "finish_reason": None,
        "error": None,
        "usage": None,
        "cost": None,
        "left_out": None,
        "created_at": question["created_at"],
        "siblings": [reply["user_message_id"]],
    }
    assert MOMENT.fullmatch(question["created_at"])
    assert answer == {
        "id": reply["message_id"],
        "parent_id": reply["user_message_id"],
        "reply_id": reply["id"],
        "role": "assistant",
        "text": "Blue.",
        "model": "gpt-4o-mini",
        "state": "complete",
        "finish_reason": "stop",
        "error": None,
        "usage": reply["usage"],
        "cost": reply["cost"],
        "left_out": 0,
        "created_at": answer["created_at"],
        "siblings": [reply["id"]],
    }


def test_a_long_branch_comes_in_pages_from_its_end(alice: Person) -> None:
    talk = alice.begins()
    for message in ("one", "two", "three"):
        alice.asks(talk, message)

    newest = alice.conversation(talk, "?limit=4")
    oldest = alice.conversation(talk, f"?limit=4&before={newest['before']}")

    assert [message["text"] for message in newest["messages"]] == ["two", "Green.", "three", "Red."]
    assert [message["text"] for message in oldest["messages"]] == ["one", "Blue."]
    assert (newest["before"], oldest["before"]) == (newest["messages"][0]["id"], None)


def test_a_place_in_another_conversation_is_not_found(alice: Person) -> None:
    one, two = alice.begins(), alice.begins()
    reply = alice.asks(one)

    assert alice.gets(f"/api/conversations/{two}?before={reply['id']}").status == 404


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({}, {"title": "The sky"}, {"title": "The sky"}),
        ({}, {"pinned": True}, {"pinned": True}),
        ({}, {"model": "gpt-4o"}, {"model": "gpt-4o"}),
        ({}, {"system": "Be brief."}, {"system": "Be brief."}),
        ({"model": "gpt-4o", "system": "Be brief."}, {"model": None}, {"model": None, "system": "Be brief."}),
        ({"model": "gpt-4o", "system": "Be brief."}, {"system": None}, {"model": "gpt-4o", "system": None}),
        ({"title": "The sky", "model": "gpt-4o"}, {}, {"title": "The sky", "model": "gpt-4o"}),
    ],
)
def test_a_conversation_can_be_changed(
    alice: Person, before: dict[str, Any], change: dict[str, Any], after: dict[str, Any]
) -> None:
    talk = alice.begins(**before)

    answer = alice.sends("PATCH", f"/api/conversations/{talk}", change)

    shown = alice.conversation(talk)
    assert answer.status == 200
    assert after.items() <= shown.items()
    assert answer.json == {name: value for name, value in shown.items() if name not in ("messages", "before")}


def test_a_model_that_cannot_be_asked_cannot_be_chosen(alice: Person) -> None:
    talk = alice.begins(model="gpt-4o")

    answer = alice.sends("PATCH", f"/api/conversations/{talk}", {"model": "gpt-0", "title": "x"})

    assert (answer.status, answer.code) == (400, "unknown_model")
    assert alice.conversation(talk)["title"] == ""


def test_another_branch_can_be_shown_up_to_its_newest_end(alice: Person) -> None:
    talk = alice.begins()
    first = alice.asks(talk, "one")
    alice.asks(talk, "two")
    alice.asks(talk, "another one", parent_id=None)

    answer = alice.sends("PATCH", f"/api/conversations/{talk}", {"leaf_id": first["user_message_id"]})

    assert alice.texts(talk) == ["one", "Blue.", "two", "Green."]
    assert answer.json["leaf_id"] == alice.conversation(talk)["leaf_id"]


def test_a_message_of_another_conversation_cannot_be_shown(alice: Person) -> None:
    one, two = alice.begins(), alice.begins()
    reply = alice.asks(one)

    assert alice.sends("PATCH", f"/api/conversations/{two}", {"leaf_id": reply["id"]}).status == 404


def test_a_conversation_that_was_removed_is_gone_with_its_replies(alice: Person) -> None:
    talk = alice.begins()
    reply = alice.asks(talk)

    answer = alice.sends("DELETE", f"/api/conversations/{talk}")

    assert (answer.status, answer.text) == (204, "")
    assert alice.gets(f"/api/conversations/{talk}").status == 404
    assert alice.gets(f"/api/replies/{reply['id']}").status == 404
    assert titles(alice.gets("/api/conversations")) == []


def test_what_runs_in_a_conversation_is_stopped_before_it_is_removed() -> None:
    app = app_with([once("half ", Gate())])
    alice = Person(app)
    talk = alice.begins()
    with alice.reading("POST", f"/api/conversations/{talk}/replies", {"message": "Hi"}) as reading:
        reading.next()

        assert alice.sends("DELETE", f"/api/conversations/{talk}").status == 204

        assert reading.rest()[-1].data["state"] == "stopped"
    assert app.calls[0].ended == "cancelled"
