"""Tickets: ``key.expiry.signature``, a proof that is good until it expires, or its key is forgotten.

Whoever issues them says how they are signed, and for what: all are signed with the storage's keys.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

Sign = Callable[[bytes, str], str]
"""Returns the signature, made with a key, of an expiry."""


def issue(key_id: str, key: bytes, expires_at: datetime, sign: Sign) -> str:
    """Return a ticket, signed with a key that is known under its id."""
    expires = str(int(expires_at.timestamp()))
    return f"{key_id}.{expires}.{sign(key, expires)}"


def is_good(ticket: str, key_of: Callable[[str], bytes | None], now: datetime, sign: Sign) -> bool:
    """Tell whether it was issued with a key that still counts, and has not expired."""
    key_id, _, rest = ticket.partition(".")
    expires, _, signature = rest.partition(".")
    key = key_of(key_id)
    if key is None or not are_same(signature, sign(key, expires)):
        return False
    return now.timestamp() < int(expires)


def are_same(signature: str, expected: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(signature.encode(), expected.encode())
