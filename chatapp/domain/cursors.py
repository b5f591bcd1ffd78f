"""Where a list goes on, as a word that callers give back: nothing in it is secret, and a wrong one is refused."""

from __future__ import annotations

import re

from chatapp.domain.entities import Conversation
from chatapp.domain.errors import Detail, InvalidRequest
from chatapp.domain.moments import milliseconds, moment

AFTER = re.compile(r"([01])-(\d{1,14})-([A-Za-z0-9_-]{1,64})")
BELOW = re.compile(r"\d{1,19}")


def cursor_after(conversation: Conversation) -> str:
    """Return the cursor for what comes after a conversation."""
    return f"{conversation.pinned:d}-{milliseconds(conversation.updated_at)}-{conversation.id}"


def after_cursor(cursor: str | None) -> Conversation | None:
    """Return the conversation (as far as its place is concerned) after which a list goes on."""
    if cursor is None:
        return None
    found = AFTER.fullmatch(cursor)
    if found is None:
        raise _wrong()
    updated_at = moment(int(found[2]))
    return Conversation(found[3], updated_at, updated_at, pinned=found[1] == "1")


def cursor_below(position: int) -> str:
    """Return the cursor for search results below a position."""
    return str(position)


def below_cursor(cursor: str | None) -> int | None:
    """Return the position below which search results go on."""
    if cursor is None:
        return None
    if not BELOW.fullmatch(cursor) or int(cursor) >= 1 << 63:
        raise _wrong()
    return int(cursor)


def _wrong() -> InvalidRequest:
    reason = "This is not a place in this list. Please take “next” of the last page."
    return InvalidRequest(reason, details=(Detail("cursor", reason),))
