"""What the tests of kept conversations share."""

from __future__ import annotations

import pytest

from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import Person


@pytest.fixture
def app() -> AppUnderTest:
    """An application whose model answers by itself."""
    return app_with(fake_word_seconds=0.0)


@pytest.fixture
def alice(app: AppUnderTest) -> Person:
    """Somebody with a browser, who has not kept anything yet."""
    return Person(app)
