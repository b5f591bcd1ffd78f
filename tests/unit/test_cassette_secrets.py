"""What of a request's headers must never get into a cassette, wherever it occurs."""

from __future__ import annotations

import json
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

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


def told_by(path: str = "/v1", **values: str) -> Secrets:
    return Secrets.of(Exchange(1, "POST", path, headers(**values), b""))


@given(st.data())
def test_a_key_is_removed_wherever_a_body_was_split(data: st.DataObject) -> None:
    key = "canary-4f1c9a"
    words = data.draw(st.lists(st.sampled_from([key, key[:5], key[5:], "ä", "x", key + key]), max_size=8))
    body = "".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    reads = [(float(end), body[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    kept = told_by(Authorization=f"Bearer {key}").removed_from_reads(reads)

    assert b"".join(part for _, part in kept) == body.replace(key.encode(), REMOVED.encode())
    assert {milliseconds for milliseconds, _ in kept} <= {milliseconds for milliseconds, _ in reads}


def test_what_has_no_secret_in_it_stays_split_as_it_was() -> None:
    reads = [(1.0, b"sk-"), (2.0, b""), (3.0, b"other")]

    assert told_by(Authorization=f"Bearer {KEY}").removed_from_reads(reads) == reads


def test_a_key_that_is_split_leaves_the_word_where_it_began() -> None:
    reads = [(1.0, b"key: sk-can"), (2.0, b"ary-4f"), (3.0, b"1c9a. Check it.")]

    kept = told_by(Authorization=f"Bearer {KEY}").removed_from_reads(reads)

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

    left = told_by(**told).removed_from_bytes(body).decode()

    assert left.replace(REMOVED, "").split() == ["Basic"]


@pytest.mark.parametrize("name", ["X-Goog-Api-Key", "X-Auth-Token", "X-Client-Secret", "X-Cookie-Id", "Private-Token"])
def test_a_header_whose_name_tells_of_a_secret_has_one(name: str) -> None:
    secrets = told_by(**{name: "canary/4f1c9a"})

    assert secrets.removed_from("It is canary/4f1c9a.") == "It is [removed]."


def test_a_password_is_removed_that_the_request_had_in_base64() -> None:
    secrets = told_by(Authorization="Basic dXNlcjpjYW5hcnktcGFzcw==")

    assert secrets.removed_from("user:canary-pass or canary-pass") == "[removed] or [removed]"


@pytest.mark.parametrize(
    "spelled",
    [
        "ab/cd-ef+gh",
        "ab\\/cd-ef+gh",
        "ab/cd\\u002def+gh",
        "\\u0061b\\u002Fcd-ef+gh",
        "ab%2Fcd%2def%2Bgh",
        "%61b/cd-ef%2bgh",
    ],
)
def test_a_secret_is_removed_however_it_is_spelled(spelled: str) -> None:
    secrets = told_by(Authorization="Bearer ab/cd-ef+gh")

    assert secrets.removed_from_bytes(f'{{"key": "{spelled}"}}'.encode()) == b'{"key": "[removed]"}'
    assert secrets.removed_from(f"key {spelled}.") == "key [removed]."


@given(st.text(min_size=8, max_size=16), st.sampled_from([True, False]))
def test_any_secret_is_removed_from_json(secret: str, is_ascii: bool) -> None:
    secrets = Secrets([secret])
    body = json.dumps({"n": secret}, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")

    assert json.loads(secrets.removed_from_bytes(body)) == {"n": REMOVED}
    assert secrets.removed_from(secret) == REMOVED


def test_a_header_that_is_not_ascii_is_found_as_bytes() -> None:
    secrets = told_by(X_Api_Key="canary-grüß".encode().decode("latin-1"))

    assert secrets.removed_from_bytes("It is canary-grüß.".encode()) == b"It is [removed]."


def test_the_query_is_removed_in_whole_and_each_value_raw_and_decoded() -> None:
    secrets = told_by("/v1/models?limit=2&key=canary%2B4f1c9a&n=canary+with+blanks")

    for quoted in ("key=canary%2B4f1c9a", "key=canary+4f1c9a", "n=canary+with+blanks", "n=canary with blanks"):
        assert secrets.removed_from(f"at {quoted}!") == f"at {quoted.partition('=')[0]}=[removed]!"
    assert secrets.removed_from("?limit=2&key=canary%2B4f1c9a&n=canary+with+blanks") == "?[removed]"


@pytest.mark.parametrize(
    "quoted",
    ["org-AbC123xyz", "proj_AbC123xyz", "sk-proj-0123456789abcdef_-x", r"\norg-AbC123xyz", "%20org%2dAbC123xyz"],
)
def test_what_looks_like_a_key_or_an_account_is_removed_though_nobody_named_it(quoted: str) -> None:
    left = told_by().removed_from_bytes(b'{"message": "Limit reached in %b."}' % quoted.encode())

    assert b"AbC123" not in left
    assert b"0123456789" not in left
    assert left.endswith(b'[removed]."}')


def test_what_only_begins_like_a_key_stays() -> None:
    text = "task-force, risk-averse-and-long-enough, org-mode, sk-short"

    assert told_by().removed_from(text) == text


def test_what_the_answer_tells_of_the_account_is_removed() -> None:
    answer = HTTPHeaderDict({"OpenAI-Organization": "canary-account", "openai-project": "canary-project"})
    answer.add("Set-Cookie", "session=canary-1; Path=/; HttpOnly")
    answer.add("Set-Cookie", "other=canary-2; Path=/")

    secrets = Secrets.of(exchange(b""), answer)

    left = secrets.removed_from("canary-account canary-project canary-1 canary-2 HttpOnly")
    assert left == " ".join([REMOVED] * 4 + ["HttpOnly"])


def test_a_placeholder_is_no_secret() -> None:
    assert told_by(Authorization="Bearer ollama").removed_from("What is ollama?") == "What is ollama?"


def test_a_key_in_a_prompt_is_removed_even_where_json_escapes_it() -> None:
    body = json.dumps({"content": KEY, KEY: [f"my key is {KEY}"]}).replace("sk-", "\\u0073k-").encode()

    request = as_request(exchange(body, Authorization=f"Bearer {KEY}"), "/chat/completions", told_by())
    cleaned = as_request(exchange(body), f"/files/{KEY}?key={KEY}", told_by(Authorization=f"Bearer {KEY}"))

    assert request.body["content"] == KEY
    assert cleaned.body == {"content": REMOVED, REMOVED: [f"my key is {REMOVED}"]}
    assert cleaned.path == f"/files/{REMOVED}"


def test_a_key_among_bytes_that_are_no_text_is_removed() -> None:
    body = b"\xff" + KEY.encode()

    request = as_request(exchange(body), "/files", told_by(Authorization=f"Bearer {KEY}"))

    assert request.body == {"base64": "/1tyZW1vdmVkXQ=="}  # \xff[removed]


def test_a_body_that_is_nested_too_deep_is_kept_as_text() -> None:
    body = b"[" * 600 + b"]" * 600

    request = as_request(exchange(body), "/chat/completions", told_by())

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

    kept = kept_of_answer(given_back, told_by(Authorization=f"Bearer {KEY}"))

    assert kept == {
        "content-type": "application/json",
        "openai-processing-ms": "5",
        "x-ratelimit-remaining-tokens": "7",
        "x-request-id": "req-[removed]",
    }


def test_a_header_that_is_there_twice_has_both_its_values() -> None:
    answer = HTTPHeaderDict({"x-ratelimit-limit": "1"})
    answer.add("X-RateLimit-Limit", "2")

    assert kept_of_answer(answer, told_by()) == {"x-ratelimit-limit": "1, 2"}
