"""Who may see the usage page: a browser that opened a link which only the owner of the machine could make.

A link works once and for ten minutes; the storage knows the hash of its secret alone. Opening it gives a cookie of
``key.expiry.signature``, signed with a key of the storage: so all processes know it, and forgetting old keys ends it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from chatapp.domain import tickets
from chatapp.domain.errors import Unauthorized
from chatapp.domain.ports import Clock
from chatapp.domain.stores import UsageLinks, VisitorStore

LINK_LIFE = timedelta(minutes=10)
COOKIE_LIFE = timedelta(hours=12)
SECRET_BYTES = 24


class UsageAccess:
    """Makes links, opens them, and knows the cookies that it gave for them."""

    def __init__(self, links: UsageLinks, visitors: VisitorStore, clock: Clock) -> None:
        self._links = links
        self._visitors = visitors
        self._clock = clock

    def new_link(self) -> str:
        """Return the secret of a new link."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._links.add(_digest(secret), self._clock.now() + LINK_LIFE)
        return secret

    def open(self, secret: str) -> str:
        """Return a cookie for the secret of a link, which is used up then.

        Raises:
            Unauthorized: it is unknown, was used or is too old.
        """
        if not self._links.take(_digest(secret), self._clock.now()):
            raise Unauthorized("This link was used already, is older than ten minutes, or is none of this server.")
        key_id, key = list(self._visitors.keys().items())[-1]
        return tickets.issue(key_id, key, self._clock.now() + COOKIE_LIFE, _sign)

    def admits(self, cookie: str) -> bool:
        """Tell whether it is one of our cookies, and still good."""
        return tickets.is_good(cookie, self._visitors.keys().get, self._clock.now(), _sign)


def _sign(key: bytes, expires: str) -> str:
    """Sign for this purpose alone: the same keys sign visitors' tokens and passes."""
    return hmac.new(key, f"usage\n{expires}".encode(), hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
