"""The client's conversations, against canned answers of the API: what is sent, and what is made of the answers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from chatapp.client import (
    ChatClient,
    ChatError,
    ConnectionLost,
    Conversation,
    Cost,
    Imported,
    NotAllowed,
    ProviderError,
    Usage,
)
from tests.unit.canned_answers import BEGUN_REPLY, CONVERSATION, COST, KEPT_ENDING, REPLY, URL, USAGE, Pieces, kept

HERE = f"{URL}/api/conversations"
FAILED = {"error": "No.", "code": "provider_failed", "request_id": "q-1"}


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as canned:
        yield canned


@pytest.fixture
def me() -> Iterator[ChatClient]:
    with ChatClient(URL, token="t-1") as client:
        yield client


@pytest.fixture
def talk(server: responses.RequestsMock, me: ChatClient) -> Conversation:
    server.get(f"{HERE}/c-1", json=CONVERSATION)
    return me.conversation("c-1")


def sent(server: responses.RequestsMock) -> Any:
    return json.loads(server.calls[-1].request.body or b"")


def message(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"m-{number}",
        "parent_id": f"m-{number - 1}" if number else None,
        "reply_id": None,
        "role": "user",
        "text": f"Message {number}",
        "model": None,
        "state": "complete",
        "finish_reason": None,
        "error": None,
        "usage": None,
        "cost": None,
        "left_out": None,
        "created_at": "2026-11-22T09:30:00.123Z",
        "siblings": [f"m-{number}"],
        **more,
    }


def page(*numbers: int, before: str | None) -> dict[str, Any]:
    return CONVERSATION | {"messages": [message(number) for number in numbers], "before": before}


def test_a_new_visitor_is_known_by_a_token(server: responses.RequestsMock) -> None:
    server.post(f"{URL}/api/visitors", json={"token": "t-1"}, status=201)

    assert ChatClient(URL).new_visitor() == "t-1"
    assert sent(server) == {}


def test_every_request_says_who_asks(server: responses.RequestsMock) -> None:
    server.get(HERE, json={"conversations": [], "next": None})

    list(ChatClient(URL, token="t-1\n").conversations())

    assert server.calls[0].request.headers["Authorization"] == "Bearer t-1"


def test_the_password_of_the_server_goes_along_where_no_visitor_is_meant(server: responses.RequestsMock) -> None:
    server.post(f"{URL}/api/visitors", json={"token": "t-1"}, status=201)
    server.get(HERE, json={"conversations": [], "next": None})

    client = ChatClient(URL, token="t-1", password="let me in, é🔑\n")
    client.new_visitor()
    list(client.conversations())

    said = [call.request.headers["Authorization"].encode("latin-1").decode() for call in server.calls]
    assert said == ["Bearer let me in, é🔑", "Bearer t-1"]


def test_a_password_alone_makes_nobody_a_visitor() -> None:
    with pytest.raises(NotAllowed, match="please give a token"):
        ChatClient(URL, password="let me in").conversations()


def test_a_password_file_of_the_machine_does_not_replace_the_token(
    server: responses.RequestsMock, me: ChatClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.get(HERE, json={"conversations": [], "next": None})

    list(me.conversations())

    assert server.calls[0].request.headers["Authorization"] == "Bearer t-1"


def test_cookies_are_not_kept(server: responses.RequestsMock, me: ChatClient) -> None:
    cookie = {"Set-Cookie": "visitor=somebody-else; Path=/"}
    server.get(HERE, json={"conversations": [], "next": None}, headers=cookie)

    list(me.conversations())
    list(me.conversations())

    assert "Cookie" not in server.calls[1].request.headers


def test_without_a_token_nothing_is_kept_for_nobody() -> None:
    client = ChatClient(URL)

    for refused in (client.new_conversation, client.conversations, client.delete_everything):
        with pytest.raises(NotAllowed, match="please give a token") as raised:
            refused()
        assert raised.value.code == "unauthorized"


def test_a_conversation_tells_what_it_is(server: responses.RequestsMock, me: ChatClient) -> None:
    server.post(HERE, json=CONVERSATION | {"leaf_id": "m-1", "system": "Be brief."}, status=201)

    talk = me.new_conversation("The sky", system="Be brief.")

    assert sent(server) == {"title": "The sky", "system": "Be brief."}
    assert (talk.id, talk.title, talk.pinned, talk.model) == ("c-1", "The sky", False, "gpt-4o-mini")
    assert (talk.system, talk.leaf_id, talk.snippet) == ("Be brief.", "m-1", None)
    assert talk.created_at == datetime(2026, 11, 22, 9, 30, 0, 123_000, tzinfo=UTC)


def test_a_list_is_read_page_by_page(server: responses.RequestsMock, me: ChatClient) -> None:
    listed = {name: CONVERSATION[name] for name in ("title", "pinned", "model", "created_at", "updated_at")}
    first = {"conversations": [listed | {"id": "c-1"}, listed | {"id": "c-2", "snippet": "blue"}], "next": "after c-2"}
    server.get(f"{HERE}?q=blue+sky", json=first)
    server.get(f"{HERE}?q=blue+sky&cursor=after+c-2", json={"conversations": [listed | {"id": "c-3"}], "next": None})

    found = me.conversations(q="blue sky")
    two = [next(found), next(found)]

    assert len(server.calls) == 1
    assert [talk.id for talk in [*two, *found]] == ["c-1", "c-2", "c-3"]
    assert [talk.snippet for talk in two] == [None, "blue"]


def test_messages_come_oldest_first(server: responses.RequestsMock, talk: Conversation) -> None:
    server.get(f"{HERE}/c-1", json=page(2, 3, before="m-2"))
    server.get(f"{HERE}/c-1?before=m-2", json=page(0, 1, before=None))

    assert [message.id for message in talk.messages()] == ["m-0", "m-1", "m-2", "m-3"]


def test_the_latest_messages_need_no_older_ones(server: responses.RequestsMock, talk: Conversation) -> None:
    server.get(f"{HERE}/c-1", json=page(2, 3, before="m-2"))

    latest = talk.latest_messages()

    assert [next(latest).id, next(latest).id] == ["m-3", "m-2"]


def test_an_answer_among_the_messages_tells_how_it_ended(server: responses.RequestsMock, talk: Conversation) -> None:
    answer = message(
        1,
        role="assistant",
        reply_id="m-1",
        state="failed",
        error=FAILED,
        usage=USAGE,
        cost=COST,
        siblings=["m-1", "m-9"],
    )
    server.get(f"{HERE}/c-1", json=page(before=None) | {"messages": [message(0), answer]})

    question, told = talk.messages()

    assert (question.role, question.parent_id, question.usage, question.error) == ("user", None, None, None)
    assert (told.reply_id, told.state, told.siblings) == ("m-1", "failed", ("m-1", "m-9"))
    assert isinstance(told.usage, Usage)
    assert isinstance(told.cost, Cost)
    assert isinstance(told.error, ProviderError)


def test_a_change_names_what_is_to_change(server: responses.RequestsMock, talk: Conversation) -> None:
    server.patch(f"{HERE}/c-1", status=200, json={})
    server.get(f"{HERE}/c-1", json=CONVERSATION | {"title": "Blue", "model": None})

    changed = talk.change(title="Blue", model=None)

    assert json.loads(server.calls[1].request.body or b"") == {"title": "Blue", "model": None}
    assert (changed.title, changed.model, talk.title) == ("Blue", None, "The sky")


def test_a_conversation_can_be_deleted(server: responses.RequestsMock, talk: Conversation) -> None:
    server.delete(f"{HERE}/c-1", status=204)

    talk.delete()


def test_a_question_goes_out_under_an_id_of_its_own(server: responses.RequestsMock, talk: Conversation) -> None:
    for _ in range(2):
        server.post(f"{HERE}/c-1/replies", body=b"".join(kept(ending=KEPT_ENDING)), content_type="text/event-stream")

    talk.ask("Hi").close()
    first = sent(server)
    talk.ask("Hi").close()

    assert first.keys() == {"message", "client_id"}
    assert first["client_id"] != sent(server)["client_id"]
    assert server.calls[-1].request.headers["Accept"] == "text/event-stream"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"parent_id": None}, {"parent_id": None}),
        ({"parent_id": "m-1", "model": None}, {"parent_id": "m-1"}),
        ({"model": "gpt-4o", "on_disconnect": "cancel"}, {"model": "gpt-4o", "on_disconnect": "cancel"}),
    ],
)
def test_a_question_says_where_and_whom(
    server: responses.RequestsMock, talk: Conversation, options: Any, expected: dict[str, Any]
) -> None:
    server.post(f"{HERE}/c-1/replies", json=BEGUN_REPLY | {"text": ""}, status=202)

    talk.submit("Hi", client_id="mine", **options)

    assert sent(server) == {"message": "Hi", "client_id": "mine"} | expected


def test_another_answer_names_its_question(server: responses.RequestsMock, talk: Conversation) -> None:
    server.post(f"{HERE}/c-1/replies", body=b"".join(kept(ending=KEPT_ENDING)), content_type="text/event-stream")

    talk.answer_again("m-1", model="gpt-4o", client_id="mine").close()

    assert sent(server) == {"answer_to": "m-1", "model": "gpt-4o", "client_id": "mine"}


def test_what_is_submitted_is_answered_meanwhile(server: responses.RequestsMock, talk: Conversation) -> None:
    server.post(f"{HERE}/c-1/replies", json=BEGUN_REPLY | {"text": ""}, status=202)

    reply = talk.submit("Hi")

    assert (
        "Accept" not in server.calls[-1].request.headers
        or "event-stream" not in (server.calls[-1].request.headers["Accept"])
    )
    assert (reply.id, reply.state, reply.text, reply.usage, reply.cost) == ("r-1", "running", "", None, None)


def test_a_reply_tells_how_it_ended(server: responses.RequestsMock, me: ChatClient) -> None:
    server.get(f"{URL}/api/replies/r-1", json=REPLY | {"state": "failed", "error": FAILED})

    reply = me.reply("r-1")

    assert (reply.conversation_id, reply.message_id, reply.user_message_id) == ("c-1", "r-1", "m-1")
    assert (reply.text, reply.state) == ("Hello.", "failed")
    assert isinstance(reply.error, ProviderError)


def test_a_reply_can_be_stopped(server: responses.RequestsMock, me: ChatClient) -> None:
    server.get(f"{URL}/api/replies/r-1", json=BEGUN_REPLY | {"text": "Hel"})
    server.post(f"{URL}/api/replies/r-1/stop", json=BEGUN_REPLY | {"text": "Hell", "state": "stopped"})

    stopped = me.reply("r-1").stop()

    assert (stopped.state, stopped.text) == ("stopped", "Hell")


def test_an_id_of_any_form_stays_one_part_of_the_address(server: responses.RequestsMock, me: ChatClient) -> None:
    server.get(f"{URL}/api/replies/a%2Fb%3Fc", json=REPLY)

    me.reply("a/b?c")


def test_an_export_goes_into_a_file(server: responses.RequestsMock, talk: Conversation, tmp_path: Path) -> None:
    server.get(f"{HERE}/c-1/export?format=markdown", body="# The sky\n")

    talk.export(tmp_path / "sky.md")

    assert (tmp_path / "sky.md").read_text() == "# The sky\n"


def test_an_export_goes_into_an_open_file(server: responses.RequestsMock, me: ChatClient) -> None:
    server.get(f"{URL}/api/export", body=Pieces(b'{"a": 1}\n', b'{"b": 2}\n'))
    file = io.BytesIO()

    me.export(file)

    assert file.getvalue() == b'{"a": 1}\n{"b": 2}\n'


def test_an_export_that_breaks_off_leaves_the_old_file(
    server: responses.RequestsMock, talk: Conversation, tmp_path: Path
) -> None:
    (tmp_path / "sky.jsonl").write_text("old")
    server.get(f"{HERE}/c-1/export?format=jsonl", body=Pieces(b"new", ConnectionResetError()))

    with pytest.raises(ConnectionLost):
        talk.export(str(tmp_path / "sky.jsonl"), kind="jsonl")

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"sky.jsonl": "old"}


@pytest.mark.parametrize(("kind", "media_type"), [("chatapp", "application/x-ndjson"), ("chatgpt", "application/json")])
def test_an_import_sends_the_file_as_it_is(
    server: responses.RequestsMock, me: ChatClient, tmp_path: Path, kind: Any, media_type: str
) -> None:
    left_out = [{"path": "0.mapping.x", "reason": "an image"}]
    server.post(f"{URL}/api/import", json={"conversations": 1, "messages": 2, "known": 3, "left_out": left_out})
    (tmp_path / "all").write_bytes(b"\xef\xbb\xbf[]")

    imported = me.import_(tmp_path / "all", kind)
    me.import_(io.BytesIO(b"[]"), kind)

    assert [call.request.body for call in server.calls] == [b"\xef\xbb\xbf[]", b"[]"]
    assert server.calls[0].request.headers["Content-Type"] == media_type
    assert imported == Imported(1, 2, 3, ({"path": "0.mapping.x", "reason": "an image"},))


def test_a_visitor_can_be_forgotten(server: responses.RequestsMock, me: ChatClient) -> None:
    server.delete(f"{URL}/api/me", status=204)

    me.delete_everything()


@pytest.mark.parametrize(
    "body",
    [{}, [], "Hi", CONVERSATION | {"created_at": "yesterday"}, CONVERSATION | {"updated_at": "2026-11-22T09:30:00"}],
)
def test_a_conversation_in_another_shape_is_an_error(server: responses.RequestsMock, me: ChatClient, body: Any) -> None:
    server.get(f"{HERE}/c-1", json=body)

    with pytest.raises(ChatError, match="not the answer of a chatapp server"):
        me.conversation("c-1")


@pytest.mark.parametrize("body", [{}, [], {"conversations": []}, {"conversations": [{}], "next": None}])
def test_a_list_in_another_shape_is_an_error(server: responses.RequestsMock, me: ChatClient, body: Any) -> None:
    server.get(HERE, json=body)

    with pytest.raises(ChatError, match="not the answer of a chatapp server"):
        list(me.conversations())
