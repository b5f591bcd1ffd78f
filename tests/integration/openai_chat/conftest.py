"""The OpenAI adapter with its real SDK, asking a scripted provider."""

from __future__ import annotations

from urllib.request import getproxies_environment

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from tests.integration.openai_chat.asking import model_for
from tests.upstream import ScriptedUpstream


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of this machine are not asked."""
    for scheme in getproxies_environment():
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def model(upstream: ScriptedUpstream) -> OpenAIChatModel:
    """The model, with one client for all answers of a test."""
    return model_for(upstream.url)
