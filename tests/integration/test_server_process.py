"""The real server process, under each worker class, with the real SDK: words as they come, and callers who leave."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.integration.app_under_test import events_in
from tests.integration.caller import question
from tests.integration.site import CANARY, Site, running_site
from tests.upstream import Gate, Reset, Stall, Step
from tests.upstream.wire import error, events, sse, stream, usage_of

NOTICED_WITHIN_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 2.0


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), request.param) as running:
        yield running


def test_each_word_comes_before_the_next_is_made(site: Site) -> None:
    words = ["one", "two", "three"]
    gates = [Gate() for _ in words]
    site.script(*sse([part for pair in zip(words, gates, strict=True) for part in pair]))

    with site.call() as caller:
        caller.ask()
        for word, gate in zip(words, gates, strict=True):
            caller.read_until(f'{{"content":"{word}"}}\n\n'.encode())
            gate.open()
        assert b'"done":true' in caller.read_until(b"\n\n")


def test_the_beginning_comes_as_soon_as_the_provider_answers(site: Site) -> None:
    site.script(*stream(Stall()))

    with site.call() as caller:
        asked_at = time.monotonic()
        caller.ask()
        begun = caller.read_until(b"\n\n")

    assert begun.startswith(b"HTTP/1.1 200 OK\r\n")
    assert begun.endswith(b": begun\n\n")
    assert time.monotonic() - asked_at < LONGEST_WAIT_SECONDS / 2


def test_a_silent_provider_holds_the_beginning_back_for_two_seconds(site: Site) -> None:
    gate = Gate()
    site.script(gate, *error(401, "invalid_api_key"))

    with site.call() as caller:
        asked_at = time.monotonic()
        caller.ask()
        assert b"200 OK" in caller.read_until(b": begun\n\n")
        waited_seconds = time.monotonic() - asked_at
        gate.open()
        event = caller.read_until(b"}\n\n")

    assert LONGEST_WAIT_SECONDS - 0.05 < waited_seconds < LONGEST_WAIT_SECONDS + 0.5
    assert b'"code":"provider_auth"' in event


def test_an_error_before_the_beginning_has_its_status(site: Site) -> None:
    site.script(*error(401, "invalid_api_key"))

    with site.call() as caller:
        caller.ask()
        refused = caller.hear()
        caller.ask()
        answered = caller.hear()

    assert (refused.status, refused.json["code"], answered.status) == (502, "provider_auth", 200)


def test_an_answer_that_breaks_off_says_so(site: Site) -> None:
    site.script(*sse(["half a th", Reset()]))
    site.script(*sse(["half a th", Reset()]))

    with site.call() as caller:
        caller.ask()
        *_, last = events_in(caller.hear().body.decode())
        caller.ask("/chat")
        whole = caller.hear()

    assert last["code"] == "provider_failed"
    assert (whole.status, whole.json["code"], whole.json["partial"]) == (502, "provider_failed", "half a th")


LEFT_AT: dict[str, tuple[str, list[Step], bytes]] = {
    "before the provider answered": ("/chat/stream", [Stall()], b""),
    "before the first word": ("/chat/stream", stream(Stall()), b": begun"),
    "in mid-answer": ("/chat/stream", sse(["one", Stall()]), b'"one"'),
    "before the provider answered a whole": ("/chat", [Stall()], b""),
    "in the middle of a whole": ("/chat", sse(["one", Stall()]), b""),
}


@pytest.mark.parametrize("abruptly", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize(("path", "steps", "read"), LEFT_AT.values(), ids=LEFT_AT)
def test_the_provider_is_left_when_the_caller_leaves(
    site: Site, path: str, steps: list[Step], read: bytes, abruptly: bool
) -> None:
    asked = site.script(*steps)
    caller = site.call()
    caller.ask(path)
    exchange = asked()
    caller.read_until(read)

    left_at = time.monotonic()
    caller.leave(abruptly=abruptly)

    assert exchange.wait_until_left() - left_at < NOTICED_WITHIN_SECONDS


def test_a_caller_who_leaves_takes_nobody_along(site: Site) -> None:
    gate = Gate()
    site.script(*sse(["one", gate, "two"]))
    with site.call() as staying:
        staying.ask()
        staying.read_until(b'"one"')
        asked = site.script(*sse(["mine", Stall()]))
        with site.call() as leaving:
            leaving.ask()
            leaving.read_until(b'"mine"')
        asked().wait_until_left()
        gate.open()

        rest = staying.read_until(b'"done":true')

    assert b"two" in rest
    assert b"mine" not in rest


def test_one_connection_serves_many_requests(site: Site) -> None:
    with site.call() as caller:
        for path in ("/chat", "/chat/stream", "/chat", "/chat/stream"):
            caller.ask(path)
            heard = caller.hear()
            assert (heard.status, heard.headers["Connection"]) == (200, "keep-alive")


def test_a_caller_of_http_1_0_gets_plain_bytes(site: Site) -> None:
    with site.call() as caller:
        caller.send(question("/chat/stream", minor_version=0))
        answer = caller.read_to_end()

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert events_in(body.decode())[-1]["done"]


def test_each_question_is_put_to_the_provider_once(site: Site) -> None:
    before = len(site.upstream.requests)
    with site.call() as caller:
        caller.ask("/chat", messages=[{"role": "assistant", "content": "é"}], temperature=0.5, max_tokens=7)
        caller.hear()

    (asked,) = site.upstream.requests[before:]
    assert asked.headers["Authorization"] == f"Bearer {CANARY}"
    assert asked.json == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "assistant", "content": "é"}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "max_completion_tokens": 7,
        "temperature": 0.5,
    }


def test_both_doors_pass_on_the_providers_own_count(site: Site) -> None:
    usage = usage_of(1000, 20, cached=600, reasoning=5)
    for _ in range(2):
        site.script(*stream(*events(["Hello"], usage=usage)))

    with site.call() as caller:
        caller.ask("/chat")
        whole = caller.hear().json
        caller.ask("/chat/stream")
        last = events_in(caller.hear().body.decode())[-1]

    assert (
        whole["usage"]
        == last["usage"]
        == {
            "prompt_tokens": 1000,
            "completion_tokens": 20,
            "total_tokens": 1020,
            "prompt_tokens_details": {"cached_tokens": 600},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }
    )
    assert (
        whole["cost"]
        == last["cost"]
        == {
            "usd": "0.000117",
            "source": "provider",
            "price_as_of": "2026-11-22",
        }
    )
