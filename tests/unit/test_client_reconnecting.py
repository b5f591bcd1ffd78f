"""The client's kept answers when the line is bad: canned answers that break off, and no time that really passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from chatapp.client import (
    ChatClient,
    ChatError,
    ConnectionLost,
    Conversation,
    NotFound,
    Patience,
    ProviderError,
    RateLimited,
    ReplyStream,
    Unavailable,
)
from tests.unit.canned_answers import (
    BEGUN_REPLY,
    CONVERSATION,
    KEPT_ENDING,
    REPLY,
    URL,
    Pieces,
    WaitingTime,
    event,
    kept,
)

ASKED = f"{URL}/api/conversations/c-1/replies"
FOLLOWED = f"{URL}/api/replies/r-1/events"
EVENTS = "text/event-stream; charset=utf-8"
RESET = ConnectionResetError()


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as canned:
        yield canned


@pytest.fixture
def time() -> WaitingTime:
    return WaitingTime()


@pytest.fixture
def talk(server: responses.RequestsMock, time: WaitingTime) -> Iterator[Conversation]:
    server.post(f"{URL}/api/conversations", json=CONVERSATION, status=201)
    with ChatClient(URL, token="t-1", patience=time.patience) as client:
        yield client.new_conversation()


def streams(server: responses.RequestsMock, url: str, *pieces: bytes | OSError) -> None:
    server.add("POST" if url == ASKED else "GET", url, body=Pieces(*pieces), content_type=EVENTS)


def refuses(server: responses.RequestsMock, url: str, status: int, code: str, *, retry_after: str = "") -> None:
    body = {"error": "No.", "code": code, "request_id": "q-1"}
    headers = {"Retry-After": retry_after} if retry_after else {}
    server.add("POST" if url == ASKED else "GET", url, json=body, status=status, headers=headers)


def requests_to(server: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    return [call.request for call in server.calls if call.request.url == url]


def places(server: responses.RequestsMock) -> list[str | None]:
    return [request.headers.get("Last-Event-ID") for request in requests_to(server, FOLLOWED)]


def test_an_answer_has_a_name_before_its_first_word(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hello.", ending=KEPT_ENDING))

    reply = talk.ask("Hi")

    assert (reply.id, reply.conversation_id, reply.user_message_id) == ("r-1", "c-1", "m-1")
    assert (reply.model, reply.state, reply.text, reply.cost) == ("gpt-4o-mini", "running", "", None)


def test_an_answer_ends_with_its_state_and_cost(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hel", "lo.", ending=KEPT_ENDING))

    with talk.ask("Hi") as reply:
        assert list(reply) == ["Hel", "lo."]

    assert (reply.text, reply.state, reply.finish_reason) == ("Hello.", "complete", "stop")
    assert reply.usage is not None
    assert reply.cost is not None


@pytest.mark.parametrize(
    "broken",
    [[RESET], [], [b'id: 6\ndata: {"content": "lo', RESET], ["id: 6\ndata: 😀".encode()[:-2]]],
    ids=["reset", "cut", "in a line", "in a character"],
)
def test_a_broken_answer_goes_on_behind_its_last_character(
    server: responses.RequestsMock, talk: Conversation, broken: list[bytes | OSError]
) -> None:
    streams(server, ASKED, *kept("H😀l"), *broken)
    streams(server, FOLLOWED, *kept("lo.", after=3, ending=KEPT_ENDING))

    assert list(talk.ask("Hi")) == ["H😀l", "lo."]
    assert places(server) == ["3"]


def test_a_question_that_got_lost_is_asked_again_under_its_id(
    server: responses.RequestsMock, talk: Conversation
) -> None:
    server.post(ASKED, body=requests.ConnectionError())
    streams(server, ASKED, b": begun\n\n", RESET)
    streams(server, ASKED, *kept("Hello.", ending=KEPT_ENDING))

    assert list(talk.ask("Hi")) == ["Hello."]
    first, *others = [json.loads(request.body or b"") for request in requests_to(server, ASKED)]
    assert others == [first, first]
    assert first["client_id"]


def test_what_the_server_repeats_is_left_out(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hel"))
    streams(server, FOLLOWED, *kept("He", "llo", ".", ending=KEPT_ENDING))

    assert list(talk.ask("Hi")) == ["Hel", "lo", "."]


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        (event({"content": "lo."}, 7), "left out 1 characters"),
        (event({"content": "lo."}), "not the answer of a chatapp server"),
        (b'id: x\ndata: {"content": "lo."}\n\n', "not the answer of a chatapp server"),
    ],
    ids=["a gap", "no number", "no such number"],
)
def test_a_gap_is_an_error_and_no_answer(
    server: responses.RequestsMock, talk: Conversation, lie: bytes, sentence: str
) -> None:
    streams(server, ASKED, *kept("Hel"), lie)

    with pytest.raises(ChatError, match=sentence) as raised:
        list(talk.ask("Hi"))

    assert (raised.value.code, raised.value.partial) == ("unexpected_answer", "Hel")


def test_an_answer_can_be_followed_from_any_character(server: responses.RequestsMock, talk: Conversation) -> None:
    server.get(f"{URL}/api/replies/r-1", json=REPLY)
    streams(server, FOLLOWED, *kept("lo", after=3), RESET)
    streams(server, FOLLOWED, *kept(".", after=5, ending=KEPT_ENDING))

    with ChatClient(URL, token="t-1", patience=WaitingTime().patience) as client:
        assert list(client.reply("r-1").follow(after=3)) == ["lo", "."]

    assert places(server) == ["3", "5"]


@pytest.mark.parametrize(
    ("code", "state", "kind"),
    [
        ("provider_failed", "failed", ProviderError),
        ("provider_rate_limited", "failed", RateLimited),
        ("lost", "lost", Unavailable),
        ("shutting_down", "failed", Unavailable),
    ],
)
def test_an_answer_that_failed_is_not_asked_for_again(
    server: responses.RequestsMock, talk: Conversation, code: str, state: str, kind: type[ChatError]
) -> None:
    failed = {"error": "No.", "code": code, "request_id": "q-1", "state": state}
    streams(server, ASKED, *kept("Hel", ending=failed))
    reply = talk.ask("Hi")

    with pytest.raises(ChatError, match=r"^No\.$") as raised:
        list(reply)

    assert type(raised.value) is kind
    assert (raised.value.partial, reply.state) == ("Hel", state)


@pytest.mark.parametrize(
    ("status", "code"), [(502, "provider_failed"), (429, "provider_rate_limited"), (409, "conflict")]
)
def test_what_is_refused_for_good_is_raised_at_once(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime, status: int, code: str
) -> None:
    refuses(server, ASKED, status, code)

    with pytest.raises(ChatError, match=r"^No\.$") as raised:
        talk.ask("Hi")

    assert (raised.value.code, time.pauses) == (code, [])


def test_a_reply_that_is_gone_is_not_followed_any_more(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hel"))
    refuses(server, FOLLOWED, 404, "not_found")

    with pytest.raises(NotFound) as raised:
        list(talk.ask("Hi"))

    assert raised.value.partial == "Hel"


@pytest.mark.parametrize(
    ("status", "code"), [(503, "shutting_down"), (503, "storage_unavailable"), (429, "rate_limited")]
)
def test_a_server_that_asks_to_wait_is_given_its_time(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime, status: int, code: str
) -> None:
    streams(server, ASKED, *kept("Hel"))
    refuses(server, FOLLOWED, status, code, retry_after="7")
    streams(server, FOLLOWED, *kept("lo.", after=3, ending=KEPT_ENDING))

    assert "".join(talk.ask("Hi")) == "Hello."
    assert time.pauses[1:] == [7]


def test_a_proxy_that_finds_nobody_is_asked_again(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hel"))
    server.get(FOLLOWED, body="<h1>Bad gateway</h1>", status=502)
    streams(server, FOLLOWED, *kept("lo.", after=3, ending=KEPT_ENDING))

    assert "".join(talk.ask("Hi")) == "Hello."


def test_a_page_that_is_no_stream_is_no_answer(server: responses.RequestsMock, talk: Conversation) -> None:
    server.post(ASKED, body="<h1>Please log in</h1>", content_type="text/html")

    with pytest.raises(ChatError, match="not the answer of a chatapp server"):
        talk.ask("Hi")


def test_a_question_is_not_kept_waiting_for_longer_than_the_patience(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime
) -> None:
    refuses(server, ASKED, 429, "budget_spent", retry_after="3600")

    with pytest.raises(RateLimited) as raised:
        talk.ask("Hi")

    assert (raised.value.retry_after_seconds, time.pauses) == (3600, [])


def test_an_answer_is_not_waited_for_longer_than_the_patience(
    server: responses.RequestsMock, talk: Conversation
) -> None:
    streams(server, ASKED, *kept("Hel"))
    refuses(server, FOLLOWED, 503, "at_capacity", retry_after="61")

    with pytest.raises(ConnectionLost, match=r"cannot be followed any more: No\.$") as raised:
        list(talk.ask("Hi"))

    assert raised.value.partial == "Hel"
    assert isinstance(raised.value.__cause__, Unavailable)


def test_pauses_grow_and_are_never_the_same_for_all(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime
) -> None:
    streams(server, ASKED, *kept("Hel"))
    for _ in range(7):
        server.get(FOLLOWED, body=requests.ConnectionError())
    streams(server, FOLLOWED, *kept("lo.", after=3, ending=KEPT_ENDING))

    list(talk.ask("Hi"))

    longest = [0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5]
    assert all(most / 2 <= pause <= most for pause, most in zip(time.pauses, longest, strict=True))
    assert len(set(time.pauses)) == len(time.pauses)


def test_every_new_piece_renews_the_patience(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime
) -> None:
    streams(server, ASKED, *kept())
    for place in range(200):
        streams(server, FOLLOWED, *kept("a", after=place))
    streams(server, FOLLOWED, *kept(after=200, ending=KEPT_ENDING))

    assert "".join(talk.ask("Hi")) == "a" * 200
    assert max(time.pauses) <= 0.2


@pytest.mark.parametrize("answer", [requests.ConnectionError(), b"".join(kept("Hel"))], ids=["gone", "only repeats"])
def test_a_server_that_does_not_come_back_is_given_up(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime, answer: Exception | bytes
) -> None:
    streams(server, ASKED, *kept("Hel"))
    server.get(FOLLOWED, body=answer, content_type=EVENTS)
    reply = talk.ask("Hi")

    with pytest.raises(ConnectionLost) as raised:
        list(reply)

    assert (raised.value.partial, reply.state) == ("Hel", "running")
    assert 55 <= time.now <= 60


def test_how_long_the_reader_takes_uses_no_patience(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime
) -> None:
    streams(server, ASKED, *kept("Hel"))
    streams(server, FOLLOWED, *kept("lo.", after=3, ending=KEPT_ENDING))
    reply = talk.ask("Hi")

    time.now += 1000
    first = next(reply)
    time.now += 1000

    assert first + "".join(reply) == "Hello."


def test_a_model_that_thinks_for_long_uses_no_patience(
    server: responses.RequestsMock, talk: Conversation, time: WaitingTime
) -> None:
    def still_working() -> bytes:
        time.now += 15
        return b": still working\n\n"

    thinking = Pieces(*kept(), *[still_working] * 40, RESET)
    server.post(ASKED, body=thinking, content_type=EVENTS)
    streams(server, FOLLOWED, *kept("Hello.", ending=KEPT_ENDING))

    assert list(talk.ask("Hi")) == ["Hello."]


def test_a_stop_keeps_the_text_so_far(server: responses.RequestsMock, talk: Conversation) -> None:
    nothing = {"finish_reason": None, "usage": None, "cost": None}
    streams(server, ASKED, *kept("Hel", ending=KEPT_ENDING | nothing | {"state": "stopped"}))
    server.post(f"{URL}/api/replies/r-1/stop", json=REPLY | nothing | {"state": "stopped", "text": "Hel"})
    reply = talk.ask("Hi")

    stopped = reply.stop()

    assert (stopped.state, stopped.text, "".join(reply)) == ("stopped", "Hel", "Hel")
    assert (reply.state, reply.finish_reason, reply.usage) == ("stopped", None, None)


def test_a_stream_that_is_left_says_no_more(server: responses.RequestsMock, talk: Conversation) -> None:
    streams(server, ASKED, *kept("Hel", "lo.", ending=KEPT_ENDING))

    with talk.ask("Hi") as reply:
        next(reply)

    assert (list(reply), reply.text, reply.state) == ([], "Hel", "running")


def test_a_pause_ends_when_the_stream_is_left(server: responses.RequestsMock) -> None:
    opened: list[ReplyStream] = []
    patience = Patience(wait=lambda left, seconds: opened[0].close())
    server.get(f"{URL}/api/replies/r-1", json=BEGUN_REPLY | {"text": "Hel"})
    streams(server, FOLLOWED, *kept("Hel"), RESET)

    with ChatClient(URL, token="t-1", patience=patience) as client:
        opened.append(client.reply("r-1").follow())
        assert list(opened[0]) == ["Hel"]


@pytest.mark.parametrize("first", [KEPT_ENDING, {"content": "Hel"}, {"reply": {"id": "r-1"}}, {"reply": None}])
def test_an_answer_without_a_name_is_none(
    server: responses.RequestsMock, talk: Conversation, first: dict[str, Any]
) -> None:
    streams(server, ASKED, event(first, 3))

    with pytest.raises(ChatError, match="not the answer of a chatapp server"):
        talk.ask("Hi")
