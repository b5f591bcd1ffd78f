"""What of a request's headers must never get into a cassette, wherever it occurs."""

from __future__ import annotations

import json
from email.message import Message

from hypothesis import given
from hypothesis import strategies as st

from chatapp.fake.cassettes.matching import as_request
from chatapp.fake.cassettes.secrets import REMOVED, Secrets, kept_of_answer
from chatapp.fake.server.exchange import Exchange

KEY = "sk-canary-4f1c9a"


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def exchange(body: bytes, **values: str) -> Exchange:
    return Exchange(1, "POST", "/v1/chat/completions", headers(**values), body)


@given(st.data())
def test_a_key_is_removed_wherever_a_body_was_split(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from([KEY, KEY[:5], KEY[5:], "ä", "x", KEY + KEY]), max_size=8))
    body = "".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    reads = [(float(end), body[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    kept = Secrets(headers(Authorization=f"Bearer {KEY}")).removed_from_reads(reads)

    assert b"".join(part for _, part in kept) == body.replace(KEY.encode(), REMOVED.encode())
    assert {milliseconds for milliseconds, _ in kept} <= {milliseconds for milliseconds, _ in reads}


def test_what_has_no_secret_in_it_stays_split_as_it_was() -> None:
    reads = [(1.0, b"sk-"), (2.0, b""), (3.0, b"other")]

    assert Secrets(headers(Authorization=f"Bearer {KEY}")).removed_from_reads(reads) == reads


def test_a_key_that_is_split_leaves_the_word_where_it_began() -> None:
    reads = [(1.0, b"key: sk-can"), (2.0, b"ary-4f"), (3.0, b"1c9a. Check it.")]

    kept = Secrets(headers(Authorization=f"Bearer {KEY}")).removed_from_reads(reads)

    assert kept == [(1.0, b"key: [removed]"), (3.0, b". Check it.")]


def test_every_header_that_tells_who_asks_is_looked_for() -> None:
    told = {
        "Authorization": "sk-without-scheme",
        "api_key": "azure-key-123",
        "Cookie": "theme=dark; session=abcdef123456",
        "OpenAI_Organization": "org-canary",
        "OpenAI_Project": "proj-canary",
        "Proxy_Authorization": "Basic dXNlcjpwYXNz",
    }
    body = " ".join([*told.values(), "abcdef123456", "dXNlcjpwYXNz"]).encode()

    left = Secrets(headers(**told)).removed_from_bytes(body).decode()

    assert left.replace(REMOVED, "").split() == ["Basic"]


def test_a_placeholder_is_no_secret() -> None:
    assert Secrets(headers(Authorization="Bearer ollama")).removed_from("What is ollama?") == "What is ollama?"


def test_a_key_in_a_prompt_is_removed_even_where_json_escapes_it() -> None:
    body = json.dumps({"content": KEY, KEY: [f"my key is {KEY}"]}).replace("sk-", "\\u0073k-").encode()

    request = as_request(exchange(body, Authorization=f"Bearer {KEY}"), "/chat/completions", Secrets(headers()))
    cleaned = as_request(exchange(body), f"/files/{KEY}?key={KEY}", Secrets(headers(Authorization=f"Bearer {KEY}")))

    assert request.body["content"] == KEY
    assert cleaned.body == {"content": REMOVED, REMOVED: [f"my key is {REMOVED}"]}
    assert cleaned.path == f"/files/{REMOVED}"


def test_a_key_among_bytes_that_are_no_text_is_removed() -> None:
    body = b"\xff" + KEY.encode()

    request = as_request(exchange(body), "/files", Secrets(headers(Authorization=f"Bearer {KEY}")))

    assert request.body == {"base64": "/1tyZW1vdmVkXQ=="}  # \xff[removed]


def test_a_body_that_is_nested_too_deep_is_kept_as_text() -> None:
    body = b"[" * 600 + b"]" * 600

    request = as_request(exchange(body), "/chat/completions", Secrets(headers()))

    assert request.body == body.decode()


def test_of_an_answer_only_harmless_headers_are_kept() -> None:
    given_back = {
        "Content-Type": "application/json",
        "OpenAI-Processing-MS": "5",
        "x-ratelimit-remaining-tokens": "7",
        "x-request-id": f"req-{KEY}",
        "retry-after": "1\x00",
        "Set-Cookie": "a=b",
        "openai-organization": "org-canary",
        "Server": "x",
    }

    kept = kept_of_answer(given_back, Secrets(headers(Authorization=f"Bearer {KEY}")))

    assert kept == {
        "content-type": "application/json",
        "openai-processing-ms": "5",
        "x-ratelimit-remaining-tokens": "7",
        "x-request-id": "req-[removed]",
    }
