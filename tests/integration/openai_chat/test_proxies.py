"""Proxies, as the environment names them."""

from base64 import b64encode

import pytest

from tests.integration.openai_chat.asking import ask, model_for
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import sse

FAR_AWAY = "http://provider.example/v1"


def place_of(upstream: ScriptedUpstream) -> str:
    return upstream.url.removeprefix("http://").removesuffix("/v1")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_of_the_environment_is_used(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    monkeypatch.setenv(name, scheme + place_of(upstream))
    upstream.script(*sse(["by proxy"]))

    assert ask(model_for(FAR_AWAY)).text == "by proxy"
    assert upstream.requests[0].path == FAR_AWAY + "/chat/completions"


def test_a_proxy_gets_the_password_that_it_wants(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:p%40ss@{place_of(upstream)}")
    upstream.script(*sse(["by proxy"]))

    ask(model_for(FAR_AWAY))

    assert upstream.requests[0].headers["Proxy-Authorization"] == "Basic " + b64encode(b"me:p@ss").decode()


def test_an_address_that_needs_no_proxy_is_asked_directly(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedUpstream() as proxy:
        monkeypatch.setenv("http_proxy", f"http://{place_of(proxy)}")
        monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")

        assert ask(model_for(upstream.url)).text == "Hello world"
        assert proxy.connections == 0


def test_a_proxy_for_the_other_scheme_is_left_alone(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedUpstream() as proxy:
        monkeypatch.setenv("https_proxy", f"http://{place_of(proxy)}")

        assert ask(model_for(upstream.url)).text == "Hello world"
        assert proxy.connections == 0
