"""The OpenAI adapter with its real SDK, asking a scripted provider."""

from __future__ import annotations

from pathlib import Path
from urllib.request import getproxies_environment

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from tests.integration.openai_chat.asking import model_for
from tests.upstream import ScriptedUpstream
from tests.upstream.tls import self_signed


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only certificate that is trusted here; to read the machine's own hundreds takes 25 ms a client."""
    return self_signed(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(autouse=True)
def _apart_from_this_machine(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the proxies nor the certificates of this machine count."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for scheme in getproxies_environment():
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def model(upstream: ScriptedUpstream) -> OpenAIChatModel:
    """The model, with one client for all answers of a test."""
    return model_for(upstream.url)
