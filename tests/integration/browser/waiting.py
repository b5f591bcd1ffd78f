"""Waiting for what happens beside a page: the browser's events reach a test only while it waits for that page."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from playwright.sync_api import Page, Route

PATIENCE_MS = 30_000
"""Enough on a machine that runs everything else at the same time; what is there sooner is not waited for."""

STEP_MS = 50


def wait_until(page: Page, what: str, has_happened: Callable[[], object]) -> None:
    """Return as soon as ``what`` has happened, here or at a server; the page goes on meanwhile."""
    deadline = monotonic() + PATIENCE_MS / 1000
    while not has_happened():
        assert monotonic() < deadline, f"Waited in vain until {what}."
        page.wait_for_timeout(STEP_MS)


def wait_until_found(page: Page, words: str) -> None:
    """Return as soon as a search of the page's visitor finds them: what was said last may be found a second later."""
    scheme, _, host, *_ = page.url.split("/")
    api = f"{scheme}//{host}/api/conversations"
    wait_until(page, f"{words} is found", lambda: page.request.get(api, params={"q": words}).json()["conversations"])


def held(page: Page, pattern: str) -> Callable[[], Route]:
    """Hold up the next request to such an address; return a function that waits for that and returns its route."""
    routes: list[Route] = []
    page.route(pattern, lambda route: routes.append(route), times=1)

    def come() -> Route:
        wait_until(page, f"{pattern} is asked for", lambda: routes)
        return routes[0]

    return come
