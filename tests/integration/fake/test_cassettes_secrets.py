"""What must never get into a folder of cassettes: keys, cookies, organizations, and whatever quotes them."""

from __future__ import annotations

import json
from pathlib import Path

from chatapp.fake.cassettes.folder import CassetteWriter
from chatapp.fake.server import wire
from chatapp.fake.server.sending import Send
from tests.integration.fake.taping import STREAM_HEAD, Provider, chunks, recorded, replayed
from tests.unit.cassettes_made import taped

KEY = "sk-canary-4f1c9a"
WHO_ASKS = {
    "Authorization": f"Bearer {KEY}",
    "api-key": "canary-azure-key",
    "Cookie": "session=canary-cookie",
    "OpenAI-Organization": "org-canary",
    "OpenAI-Project": "proj-canary",
    "X-Other": "canary-of-another-header",
}
WHO_ANSWERS = {
    "Set-Cookie": "canary=1; Path=/",
    "openai-organization": "canary-of-the-account",
    "openai-project": "canary-project",
    "x-request-id": "req_1",
    "x-ratelimit-remaining-requests": "9",
}


def written(folder: Path) -> str:
    (file,) = folder.iterdir()
    return file.read_text("utf-8")


def test_nothing_that_tells_who_asked_or_who_pays_is_written(tmp_path: Path) -> None:
    with Provider(Send(wire.whole(b"{}", headers=WHO_ANSWERS))) as provider:
        live = recorded(tmp_path, provider.url, "/chat/completions?key=canary", headers=WHO_ASKS)
        sent = provider.exchanges[0].headers

    assert {name: sent[name] for name in WHO_ASKS} == WHO_ASKS  # the provider has to get them
    assert live.headers["Set-Cookie"] == WHO_ANSWERS["Set-Cookie"]
    assert "canary" not in written(tmp_path)
    assert json.loads(written(tmp_path))["response"]["headers"] == {
        "content-type": "application/json",
        "x-request-id": "req_1",
        "x-ratelimit-remaining-requests": "9",
    }


def test_a_key_that_the_provider_quotes_is_written_as_removed(tmp_path: Path) -> None:
    error = wire.as_json(wire.error_object(f"Incorrect API key provided: {KEY}.", code="invalid_api_key"))
    with Provider(Send(wire.whole(error, status=401))) as provider:
        live = recorded(tmp_path, provider.url, headers=WHO_ASKS)

    assert live.body == error
    assert "canary" not in written(tmp_path)
    again = replayed(tmp_path)
    assert again.status == 401
    assert json.loads(again.body)["error"]["message"] == "Incorrect API key provided: [removed]."


def test_a_key_that_is_quoted_over_two_pieces_is_written_as_removed(tmp_path: Path) -> None:
    with Provider(*chunks(b"key: sk-can", b"ary-4f1c9a, cookie: session=", b"canary-cookie.", b"End")) as provider:
        recorded(tmp_path, provider.url, headers=WHO_ASKS)

    assert "canary" not in written(tmp_path)
    assert "4f1c9a" not in written(tmp_path)
    assert replayed(tmp_path).pieces == [b"key: [removed]", b", cookie: [removed]", b".", b"End"]


def test_a_key_in_a_prompt_is_removed_and_the_request_is_still_found(tmp_path: Path) -> None:
    question = {"messages": [{"role": "user", "content": f"What is wrong with {KEY}?"}]}
    with Provider(*chunks(b"Everything.")) as provider:
        recorded(tmp_path, provider.url, json=question, headers=WHO_ASKS)
        asked = provider.exchanges[0].json

    assert asked == question
    assert "What is wrong with [removed]?" in written(tmp_path)
    assert replayed(tmp_path, json=question, headers=WHO_ASKS).body == b"Everything."


def test_what_a_piece_that_is_no_text_hides_is_removed_too(tmp_path: Path) -> None:
    with Provider(STREAM_HEAD, *chunks(b"\xff" + KEY.encode())[1:]) as provider:
        recorded(tmp_path, provider.url, headers=WHO_ASKS)

    assert replayed(tmp_path).pieces == [b"\xff[removed]"]


def test_an_organization_that_only_the_answer_names_is_removed(tmp_path: Path) -> None:
    message = "Rate limit reached for gpt-5 in organization org-CanaryOfShape, account canary-of-the-account."
    error = wire.as_json(wire.error_object(message, code="rate_limit_exceeded"))
    with Provider(Send(wire.whole(error, status=429, headers=WHO_ANSWERS))) as provider:
        live = recorded(tmp_path, provider.url)

    assert live.body == error
    assert "canary" not in written(tmp_path).lower()
    assert "in organization [removed], account [removed]." in written(tmp_path)


def test_a_query_that_the_provider_quotes_is_removed(tmp_path: Path) -> None:
    query = "key=canary%2Fone&other=canary+two"
    quoted = f"No /v1/models?{query}, nor canary/one, nor canary two, nor canary%2Fone.".encode()
    with Provider(Send(wire.whole(quoted, status=404))) as provider:
        live = recorded(tmp_path, provider.url, f"/models?{query}", method="GET")

    assert live.body == quoted
    assert "canary" not in written(tmp_path)
    assert replayed(tmp_path, f"/models?{query}", method="GET").status == 404


def test_what_looks_like_a_secret_in_a_cassette_written_by_hand_is_found(tmp_path: Path) -> None:
    question = {"n": "What is org-AbC123xyz?"}
    cassette = taped([(1.0, b"A mode.")], body=question)
    CassetteWriter(tmp_path).write(cassette)

    assert replayed(tmp_path, json=question).body == b"A mode."


def test_what_is_not_below_v1_is_refused_without_its_query(tmp_path: Path) -> None:
    with Provider(*chunks(b"x")) as provider:
        recorded(tmp_path, provider.url)
        live = recorded(tmp_path, provider.url, "x/models?key=canary")

    for answer in (live, replayed(tmp_path, "x/models?key=canary")):
        assert answer.status == 404
        assert b"canary" not in answer.body
