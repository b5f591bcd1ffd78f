"""The fixture ``fake_llm``, for every project that tests with pytest and has this package installed.

Nothing of the package is imported before a test asks for the fixture: whoever does not use it does not pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chatapp.fake.loopback import LoopbackGuard
    from chatapp.fake.testing import FakeLLM

FAKE_KEY = "sk-fake"


@pytest.fixture
def fake_llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLLM]:
    """A server on a free port that plays OpenAI; ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` lead to it.

    For the length of the test every connection that would leave this machine is refused, and the test fails.
    """
    from chatapp.adapters.catalog_file import read_catalog
    from chatapp.fake.server import FakeServer
    from chatapp.fake.testing import FakeLLM

    with FakeServer(cards=read_catalog()) as server, _guard().armed() as refused_elsewhere:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", FAKE_KEY)  # a real one has no business here
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"])))
        yield FakeLLM(server)
    if refused_elsewhere:
        pytest.fail(refused_elsewhere[0])


@cache
def _guard() -> LoopbackGuard:
    from chatapp.fake.loopback import LoopbackGuard

    return LoopbackGuard(pytest.fail)
