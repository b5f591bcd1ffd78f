"""Asks the fake's server as no SDK would: for its page, or with a body of any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from chatapp.fake.testing import FakeLLM


@contextmanager
def get(fake_llm: FakeLLM, path: str, *hosts: str, key: str | None = None) -> Iterator[HTTPResponse]:
    """Ask for a path with these ``Host`` headers in place of the usual one."""
    with closing(HTTPConnection(urlsplit(fake_llm.base_url).netloc, timeout=10)) as connection:
        connection.putrequest("GET", path, skip_host=bool(hosts))
        for host in hosts:
            connection.putheader("Host", host)
        if key is not None:
            connection.putheader("Authorization", f"Bearer {key}")
        connection.endheaders()
        with connection.getresponse() as response:
            yield response


@contextmanager
def post(fake_llm: FakeLLM, path: str, body: Any) -> Iterator[HTTPResponse]:
    """Send JSON, with a key."""
    headers = {"Authorization": "Bearer any-key", "Content-Type": "application/json"}
    with closing(HTTPConnection(urlsplit(fake_llm.base_url).netloc, timeout=10)) as connection:
        connection.request("POST", path, json.dumps(body), headers)
        with connection.getresponse() as response:
            yield response
