"""Keeps other people's web pages away from a server that listens on this machine alone.

A browser that runs here reaches it. So a site could point a name of its own at 127.0.0.1, and read what people wrote
or spend the money of whoever records; or it could just send requests, whose answers it does not even need to see.
"""

from __future__ import annotations

import re

from chatapp.fake.server.answers import refused
from chatapp.fake.server.exchange import Exchange

OWN_NAME = r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?"
OWN_HOST = re.compile(OWN_NAME, re.IGNORECASE)
OWN_ORIGIN = re.compile(rf"https?://{OWN_NAME}", re.IGNORECASE)


def refusal(exchange: Exchange) -> bytes | None:
    """Return what is answered to a request that may come from somebody else's page; None if it is none."""
    hosts = exchange.headers.get_all("Host") or []  # a browser always names one
    origins = exchange.headers.get_all("Origin") or []
    if len(hosts) > 1 or not all(OWN_HOST.fullmatch(host.strip()) for host in hosts):
        return refused(403, "This server answers to 127.0.0.1 and localhost alone, and by no other name.")
    if not all(OWN_ORIGIN.fullmatch(origin.strip()) for origin in origins):
        return refused(403, "This server answers to no web page but those of this machine.")
    return None
