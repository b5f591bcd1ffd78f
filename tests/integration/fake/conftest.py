"""What the tests with the Python SDK share: clients that find the fake by the environment alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from httpx2 import Client
from openai import DefaultHttpx2Client, OpenAI

from chatapp.fake.testing import FakeLLM


@pytest.fixture(scope="session")
def connections() -> Iterator[Client]:
    """The SDK's own HTTP client. To make one takes longer than most tests here do: it reads all certificates."""
    with DefaultHttpx2Client() as shared:
        yield shared


@pytest.fixture
def client(fake_llm: FakeLLM, connections: Client) -> OpenAI:
    """The SDK as it is."""
    return OpenAI(http_client=connections)


@pytest.fixture
def once(client: OpenAI) -> OpenAI:
    """The SDK, but it asks one time only."""
    return client.with_options(max_retries=0)
