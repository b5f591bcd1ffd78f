"""The page that shows the fake's calls, as a person sees it, and programs that make such calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

MODEL = "gpt-4o-mini"


@dataclass(frozen=True, slots=True)
class LivePage:
    """The page, open."""

    page: Page

    @property
    def calls(self) -> Locator:
        """Return all calls, newest first."""
        return self.page.get_by_test_id("calls").locator(":scope > li")

    @property
    def newest(self) -> Locator:
        """Return the newest call."""
        return self.calls.first

    @property
    def state(self) -> Locator:
        """Return the word for the state of the newest call."""
        return self.newest.get_by_test_id("state")

    @property
    def text(self) -> Locator:
        """Return what the newest call has said."""
        return self.part("text")

    def part(self, name: str) -> Locator:
        """Return a part of the newest call."""
        return self.newest.locator(f"[data-part={name}]")

    def total(self, name: str) -> Locator:
        """Return one of the numbers about all calls."""
        return self.page.get_by_test_id("totals").locator(f"[data-total={name}]")


@contextmanager
def asking(base_url: str, *messages: str | dict[str, Any], model: str = MODEL) -> Iterator[HTTPResponse]:
    """Ask for a streamed answer, and leave at the end of the block, however much of it has come."""
    said = [m if isinstance(m, dict) else {"role": "user", "content": m} for m in messages]
    body = json.dumps({"model": model, "stream": True, "messages": said})
    address = urlsplit(base_url)
    connection = HTTPConnection(address.netloc, timeout=30)
    try:
        connection.request("POST", f"{address.path}/chat/completions", body, {"Authorization": "Bearer x"})
        with connection.getresponse() as response:
            yield response
    finally:
        connection.close()


def ask(base_url: str, *messages: str | dict[str, Any], model: str = MODEL) -> None:
    """Ask, and read the answer to its end."""
    with asking(base_url, *messages, model=model) as response:
        response.read()
