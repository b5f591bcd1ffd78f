"""What the tests of promises across processes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.kept_processes.teller import Teller


@pytest.fixture
def teller() -> Iterator[Teller]:
    """A provider that knows what it has said when."""
    with Teller() as running:
        yield running
