"""Asks the fake's server for its page, or a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from chatapp.fake.testing import FakeLLM


@contextmanager
def get(fake_llm: FakeLLM, path: str, *hosts: str) -> Iterator[HTTPResponse]:
    """Ask for a path with these ``Host`` headers in place of the usual one."""
    with closing(HTTPConnection(urlsplit(fake_llm.base_url).netloc, timeout=10)) as connection:
        connection.putrequest("GET", path, skip_host=bool(hosts))
        for host in filter(None, hosts):
            connection.putheader("Host", host)
        connection.endheaders()
        with connection.getresponse() as response:
            yield response
