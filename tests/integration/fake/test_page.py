"""To whom the fake's server shows its page and its calls."""

from __future__ import annotations

import pytest
from openai import OpenAI

from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import ask
from tests.integration.fake.getting import get

ROUTES = ["/", "/page/page.js", "/calls", "/calls/1", "/calls/events"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "LOCALHOST", "[::1]:80"])
def test_this_machines_own_names_are_answered(path: str, host: str, client: OpenAI, fake_llm: FakeLLM) -> None:
    ask(client)
    with get(fake_llm, path, host) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example"],
        [""],
        ["localhost."],
        ["127.0.0.1.evil.example"],
        ["localhost@evil.example"],
        ["10.0.0.1"],
        ["localhost"] * 2,
    ],
)
def test_a_name_that_somebody_elses_site_may_have_is_refused(
    path: str, hosts: list[str], client: OpenAI, fake_llm: FakeLLM
) -> None:
    ask(client, "a secret")
    with get(fake_llm, path, *hosts) as response:
        assert response.status == 403
        assert b"secret" not in response.read()


@pytest.mark.parametrize("path", ROUTES)
def test_nobody_elses_page_may_read_show_or_keep_anything(path: str, client: OpenAI, fake_llm: FakeLLM) -> None:
    ask(client)
    with get(fake_llm, path) as response:
        headers = response.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["/page/", "/page/../live_page.py", "/page/%2e%2e/wire.py", "/page/no.js", "/calls/", "/calls/x", "/calls/2"],
)
def test_nothing_but_the_pages_own_files_and_calls_is_there(path: str, client: OpenAI, fake_llm: FakeLLM) -> None:
    ask(client)
    with get(fake_llm, path) as response:
        assert response.status == 404
