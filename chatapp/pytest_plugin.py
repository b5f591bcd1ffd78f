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
    from chatapp.fake.guard import LoopbackGuard
    from chatapp.fake.testing import FakeLLM

FAKE_KEY = "sk-fake"
FAILURE = pytest.StashKey[BaseException | None]()
"""What a test has failed with so far."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember what a test failed with: the fixture need not say it once more."""
    if call.when != "teardown":
        item.stash[FAILURE] = call.excinfo.value if call.excinfo else None


@pytest.fixture
def fake_llm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLLM]:
    """A server on a free port that plays OpenAI; ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` lead to it.

    For the length of the test every connection that would leave this machine is refused, and the test fails.
    """
    from chatapp.adapters.catalog_file import read_catalog
    from chatapp.fake.server import FakeServer
    from chatapp.fake.testing import FakeLLM

    with FakeServer(cards=read_catalog()) as server, _guard().armed() as refused:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", FAKE_KEY)  # a real one has no business here
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"])))
        yield FakeLLM(server)
    if refused and not _says_one_of(refused, request.node.stash.get(FAILURE, None)):
        pytest.fail(refused[0])


def _says_one_of(sentences: list[str], error: BaseException | None) -> bool:
    """Tell whether an error, or what led to it, has one of the sentences."""
    left, seen = [error], set[int]()
    while left:
        if (error := left.pop()) is None or id(error) in seen:
            continue
        seen.add(id(error))
        if str(error) in sentences:
            return True
        left += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return False


@cache
def _guard() -> LoopbackGuard:
    from chatapp.fake.guard import LoopbackGuard

    return LoopbackGuard(pytest.fail)
