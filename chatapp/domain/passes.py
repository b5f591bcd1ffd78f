"""Who may come in where the server has a password: those who say it, and those who have said it before.

Who has said it gets a pass: a cookie of ``key.expiry.signature``, or a fourth part of a visitor's token. Both are
signed with a key of the storage over a digest of the password: all processes know them, and another password ends them.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from chatapp.domain import tickets
from chatapp.domain.errors import RateLimited
from chatapp.domain.ports import Clock
from chatapp.domain.stores import VisitorStore
from chatapp.domain.visitors import SECONDS_AN_HOUR, VisitorService

PASS_LIFE = timedelta(days=30)
WRONG_TRIES_AN_HOUR = 10
TRIES_GOOD_FOR_SECONDS = 10.0
"""That late a process may notice wrong tries of an address at the others, as long as it brings none to this one."""

MOST_ADDRESSES = 10_000
"""Of so many addresses a process remembers the tries; then it begins anew, and reads them again."""

TRIES = "tries "
"""Goes before the name of an address where its wrong tries are counted, and not its new visitors."""


@dataclass(slots=True)
class _Tries:
    """How many wrong tries of an address are known in an hour, and when the storage was asked last."""

    hour: int
    count: int
    read_at: float


class Passes:
    """Knows the password, gives passes and recognises them, and counts wrong tries.

    An address may be wrong ten times an hour at all processes together, or a few times more where it asks several of
    them at the same moment. After that nothing is written for it any more, and it is read every ten seconds at most.
    """

    def __init__(self, password: str, visitors: VisitorService, store: VisitorStore, clock: Clock) -> None:
        self._digest = _digest(password.encode())
        self._visitors = visitors
        self._store = store
        self._clock = clock
        self._tries: dict[str, _Tries] = {}
        self._lock = threading.Lock()

    def is_right(self, password: bytes, address: str) -> bool:
        """Tell whether this is the password, and count it against the address if not.

        Raises:
            RateLimited: there were too many wrong ones from this address, whatever this one is.
        """
        name = TRIES + self._visitors.address_name(address)
        hour, second = divmod(int(self._clock.now().timestamp()), SECONDS_AN_HOUR)
        if self._compare(password, self._known_tries(name, hour), second):
            return True
        count = self._store.count_visit(name, hour)
        with self._lock:
            self._remember(name, hour, count)
        if count > WRONG_TRIES_AN_HOUR:
            raise _limited(second)
        return False

    def new_cookie(self) -> str:
        """Return a pass for a browser."""
        return tickets.issue(*self._visitors.newest_key(), self._clock.now() + PASS_LIFE, self._sign_cookie)

    def admits_cookie(self, cookie: str) -> bool:
        """Tell whether it is a pass for a browser, and still good."""
        return tickets.is_good(cookie, self._visitors.signing_key, self._clock.now(), self._sign_cookie)

    def with_pass(self, token: str) -> str:
        """Return a visitor's token with a pass in it."""
        signed = self._visitors.read_signed(token)
        return f"{token}.{self._signature(signed.key, 'token', signed.visitor_id)}" if signed else token

    def admits_token(self, token: str, origins: Collection[str] = ()) -> bool:
        """Tell whether a visitor's token is a pass, too, for a page of one of these ``origins``."""
        signed = self._visitors.read_signed(token)
        if signed is None or not signed.is_good_from(origins):
            return False
        return tickets.are_same(signed.door_pass, self._signature(signed.key, "token", signed.visitor_id))

    def is_token(self, token: str) -> bool:
        """Tell whether it is a visitor's token, be it a pass or not, and so no try to guess the password."""
        return self._visitors.read_signed(token) is not None

    def _known_tries(self, name: str, hour: int) -> _Tries:
        now = self._clock.monotonic()
        known = self._tries.get(name)
        if known is not None and known.hour == hour and now - known.read_at <= TRIES_GOOD_FOR_SECONDS:
            return known
        count = self._store.visits(name, hour)
        with self._lock:
            return self._remember(name, hour, count)

    def _remember(self, name: str, hour: int, count: int) -> _Tries:
        """Take in what the storage says, which may not know yet what is being counted here."""
        known = self._tries.get(name)
        if known is None or known.hour < hour:
            if len(self._tries) >= MOST_ADDRESSES:
                self._tries.clear()
            known = self._tries[name] = _Tries(hour, 0, 0.0)
        known.count = max(known.count, count)
        known.read_at = self._clock.monotonic()
        return known

    def _compare(self, password: bytes, tries: _Tries, second: int) -> bool:
        """Compare, and count at once: of many who try at the same moment, ten are heard."""
        digest = _digest(password)
        with self._lock:
            if tries.count >= WRONG_TRIES_AN_HOUR:
                raise _limited(second)
            if hmac.compare_digest(digest, self._digest):
                return True
            tries.count += 1
            return False

    def _sign_cookie(self, key: bytes, expires: str) -> str:
        return self._signature(key, "cookie", expires)

    def _signature(self, key: bytes, *words: str) -> str:
        text = "\n".join(("pass", *words)).encode()
        return hmac.new(key, self._digest + text, hashlib.sha256).hexdigest()


def _limited(second: int) -> RateLimited:
    return RateLimited(
        "Too many wrong passwords came from your address in this hour. Please wait until it is over.",
        retry_after_seconds=SECONDS_AN_HOUR - second,
    )


def _digest(password: bytes) -> bytes:
    return hashlib.sha256(password).digest()
