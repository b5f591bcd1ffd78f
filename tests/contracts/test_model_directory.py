"""What every ``ModelDirectory`` says of the provider's models."""

import json
from collections.abc import Iterator
from datetime import date

import pytest

from chatapp.adapters.openai_chat import OpenAIModelDirectory, connect
from chatapp.domain.entities import ProviderModel
from chatapp.domain.errors import (
    ProviderAuth,
    ProviderError,
    ProviderFailed,
    ProviderProtocol,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
)
from chatapp.domain.ports import ModelDirectory
from tests.server import free_port
from tests.upstream import Cut, ScriptedUpstream, Stall, Step
from tests.upstream.wire import answer, error, models


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture(params=["openai"])
def directory(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> ModelDirectory:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return OpenAIModelDirectory(connect("sk-canary", upstream.url, read_timeout_seconds=0.2))


def listing(*cards: object) -> list[Step]:
    return answer(json.dumps({"object": "list", "data": cards}).encode())


def test_the_models_come_with_their_shutdown_dates(upstream: ScriptedUpstream, directory: ModelDirectory) -> None:
    upstream.script(*models({"gpt-4o": "2027-01-14", "gpt-6-luna": None}))

    assert directory.models() == (ProviderModel("gpt-4o", date(2027, 1, 14)), ProviderModel("gpt-6-luna"))


def test_other_servers_know_no_shutdown_dates(upstream: ScriptedUpstream, directory: ModelDirectory) -> None:
    upstream.script(*listing({"id": "llama"}))

    assert directory.models() == (ProviderModel("llama"),)


def test_there_may_be_no_models(upstream: ScriptedUpstream, directory: ModelDirectory) -> None:
    upstream.script(*listing())

    assert directory.models() == ()


def test_the_list_is_asked_for_with_the_key_and_nothing_else(
    upstream: ScriptedUpstream, directory: ModelDirectory
) -> None:
    directory.models()

    asked = upstream.requests[0]
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/models", b"")
    assert asked.headers["Authorization"] == "Bearer sk-canary"


@pytest.mark.parametrize(
    ("script", "meant"),
    [
        pytest.param(error(401, "invalid_api_key", "Wrong key sk-canary"), ProviderAuth, id="a wrong key"),
        pytest.param(error(403, None), ProviderRefused, id="forbidden"),
        pytest.param(error(404, None), ProviderRefused, id="no such list"),
        pytest.param(error(429, "insufficient_quota"), ProviderQuota, id="no money"),
        pytest.param(error(429, None), ProviderRateLimited, id="too fast"),
        pytest.param(error(500, None), ProviderFailed, id="broken"),
        pytest.param(answer(b"gone", status=302, headers={"Location": "/"}), ProviderProtocol, id="elsewhere"),
        pytest.param(answer(b"<html>", content_type="text/html"), ProviderProtocol, id="a web page"),
        pytest.param(answer(b""), ProviderProtocol, id="nothing"),
        pytest.param(answer(b"null"), ProviderProtocol, id="null"),
        pytest.param(answer(b'{"data": null}'), ProviderProtocol, id="no list"),
        pytest.param(answer(b'{"data": [{"id": "\xff"}]}'), ProviderProtocol, id="no UTF-8"),
        pytest.param(answer(b'{"x": ' + b"[" * 100_000), ProviderProtocol, id="a deep pit"),
        pytest.param(listing({"id": 7}), ProviderProtocol, id="a number for a name"),
        pytest.param(listing({"id": "x", "shutdown_date": "soon"}), ProviderProtocol, id="no date"),
        pytest.param([Cut()], ProviderFailed, id="a cut"),
        pytest.param([*answer(b"x" * 99)[:1], Cut()], ProviderFailed, id="a cut before the list"),
        pytest.param([Stall()], ProviderTimeout, id="silence"),
    ],
)
def test_a_list_that_cannot_be_had_says_why(
    upstream: ScriptedUpstream, directory: ModelDirectory, script: list[Step], meant: type[ProviderError]
) -> None:
    upstream.script(*script)

    with pytest.raises(meant) as raised:
        directory.models()
    assert "canary" not in str(raised.value)


def test_a_provider_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(ProviderFailed):
        OpenAIModelDirectory(connect("sk-canary", f"http://127.0.0.1:{free_port()}/v1")).models()
