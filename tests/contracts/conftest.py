"""Every adapter of every port, for the tests that all of them must pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.memory_store import MemoryReplyStore
from chatapp.adapters.system import SystemClock, ThreadRunner
from chatapp.domain.ports import Clock, ReplyStore, Runner, Tokenizer
from tests.contracts.providers import Provider, fake, openai, scripted_server
from tests.unit.deterministic import FakeClock, InlineRunner, SteppedRunner
from tests.upstream.tls import self_signed, server_context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["fake", "openai", "openai over TLS"])
def provider(
    request: pytest.FixtureRequest, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """Each chat model, with what stands behind it."""
    if request.param == "fake":
        yield fake()
        return
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with scripted_server(server_context(*certificate) if "TLS" in request.param else None) as server:
        yield openai(server)


@pytest.fixture(params=[MemoryReplyStore])
def store(request: pytest.FixtureRequest) -> ReplyStore:
    """Each reply store, empty."""
    made: ReplyStore = request.param()
    return made


@pytest.fixture(params=[TokenEstimator])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """Each tokenizer."""
    made: Tokenizer = request.param()
    return made


@pytest.fixture(params=[ThreadRunner, InlineRunner, SteppedRunner])
def runner(request: pytest.FixtureRequest) -> Runner:
    """Each runner."""
    made: Runner = request.param()
    return made


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    """Each clock."""
    made: Clock = request.param()
    return made
