"""What the integration tests share: a scripted provider, and the real server in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import RunningServer, serving
from tests.upstream import ScriptedUpstream

KEY = "sk-canary-4f1c9a"


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A provider that plays what the test gives it."""
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture(params=["gevent", "gthread"])
def server(
    request: pytest.FixtureRequest, upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The real server, under each worker class, with the real SDK and ``upstream`` as its provider."""
    settings = {
        "OPENAI_API_KEY_CYB_SEC": KEY,
        "OPENAI_BASE_URL": upstream.url,
        "CHATAPP_WORKER_CLASS": request.param,
    }
    with serving(tmp_path_factory.mktemp("server"), **settings) as running:
        yield running
