"""Waiting for what happens beside a page: the browser's events reach a test only while it waits for that page."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from playwright.sync_api import Page, Route

PATIENCE_SECONDS = 30
STEP_MS = 50


def wait_until(page: Page, has_happened: Callable[[], object]) -> None:
    """Return as soon as something has happened, here or at a server; the page goes on meanwhile."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not has_happened():
        assert monotonic() < deadline, f"It did not happen in {PATIENCE_SECONDS} s."
        page.wait_for_timeout(STEP_MS)


def held(page: Page, pattern: str) -> Callable[[], Route]:
    """Hold up the next request to such an address; return what waits for it."""
    routes: list[Route] = []
    page.route(pattern, lambda route: routes.append(route), times=1)

    def get() -> Route:
        wait_until(page, lambda: routes)
        return routes[0]

    return get
