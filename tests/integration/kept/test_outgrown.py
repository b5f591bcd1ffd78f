"""Conversations that outgrow their model: what it is told then, and who learns what was left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatapp.fake import Rule
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import Person, events_in
from tests.samples import LONG, NARROW

THREE = f"three {LONG}"


@pytest.fixture
def app(tmp_path: Path) -> AppUnderTest:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(NARROW, "utf-8")
    return app_with([Rule(reply="So.")], catalog=catalog, default_model="narrow")


@pytest.fixture
def talk(alice: Person) -> str:
    """A conversation of two long questions, of which only one fits into the model beside a third."""
    talk = alice.begins(system="Be brief.")
    for number in ("one", "two"):
        alice.asks(talk, f"{number} {LONG}")
    return talk


def told(app: AppUnderTest) -> list[str]:
    return [message["content"].partition(" ")[0] for message in app.calls[-1].messages]


def test_the_provider_gets_what_fits_and_the_reader_is_told_first(app: AppUnderTest, alice: Person, talk: str) -> None:
    answer = alice.streams(talk, THREE)

    first = events_in(answer.text)[0].data["reply"]
    assert told(app) == ["Be", "two", "So.", "three"]
    assert first["left_out"] == 2
    assert alice.reply(first["id"])["left_out"] == 2


def test_the_messages_left_out_stay_in_the_conversation(alice: Person, talk: str) -> None:
    alice.asks(talk, THREE)

    shown = alice.conversation(talk)["messages"]

    assert [message["text"].partition(" ")[0] for message in shown] == ["one", "So.", "two", "So.", "three", "So."]
    assert [message["left_out"] for message in shown] == [None, 0, None, 0, None, 2]


def test_a_model_with_a_larger_window_is_told_all_of_it_again(app: AppUnderTest, alice: Person, talk: str) -> None:
    reply = alice.asks(talk, THREE, model="gpt-4o-mini")

    assert told(app) == ["Be", "one", "So.", "two", "So.", "three"]
    assert reply["left_out"] == 0


def test_another_answer_leaves_out_what_does_not_fit_either(app: AppUnderTest, alice: Person, talk: str) -> None:
    first = alice.asks(talk, THREE, model="gpt-4o-mini")

    second = alice.asks(talk, None, answer_to=first["user_message_id"])

    assert told(app) == ["Be", "two", "So.", "three"]
    assert second["left_out"] == 2


def test_an_export_keeps_how_many_were_left_out(app: AppUnderTest, alice: Person, talk: str) -> None:
    alice.asks(talk, THREE)
    file = alice.gets("/api/export").text.encode()
    bob = Person(app)

    assert bob.posts("/api/import", file, **{"Content-Type": "application/x-ndjson"}).status == 200
    assert [message["left_out"] for message in bob.conversation(talk)["messages"]] == [None, 0, None, 0, None, 2]


def test_what_does_not_fit_even_alone_is_refused_and_not_kept(app: AppUnderTest, alice: Person, talk: str) -> None:
    before = alice.conversation(talk)

    answer = alice.streams(talk, LONG * 100)

    assert (answer.status, answer.code) == (400, "context_too_long")
    assert alice.conversation(talk) == before
    assert len(app.calls) == 2


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_history_of_the_callers_own_is_never_cut(app: AppUnderTest, alice: Person, path: str) -> None:
    said: list[dict[str, Any]] = [{"role": role, "content": LONG} for _ in range(20) for role in ("user", "assistant")]

    answer = alice.posts(path, {"message": "Hi", "messages": said})

    assert (answer.status, answer.code, app.calls) == (400, "context_too_long", [])
