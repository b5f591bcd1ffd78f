"""Who is here: a visitor is known by a signed token, in a cookie or sent along by a program.

A token is ``visitor.key.signature``; the signing keys live in the storage, so that all processes share them. Where the
server has a password, one more part may follow, which ``passes`` knows. A token that was given to a web page is bound
to its site: the first part is ``visitor@site``, and it is good from there alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chatapp.domain.errors import NotFound, RateLimited, StorageUnavailable, Unauthorized
from chatapp.domain.ports import Clock
from chatapp.domain.replies import ReplyService
from chatapp.domain.stores import VisitorStore
from chatapp.domain.tickets import are_same

KEY_BYTES = 32
KEYS_GOOD_FOR_SECONDS = 10.0
"""For how long a process goes on with the keys it knows: that late it notices that old ones are to be forgotten."""

SEEN_EVERY = timedelta(hours=12)
HANDOFF_LIFE = timedelta(minutes=10)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NEW_VISITORS_AN_HOUR = 100
SECONDS_AN_HOUR = 3600
REMOVALS_EVERY_SECONDS = 600.0
REMOVALS_AT_ONCE = 20
AT = "@"
"""Stands between a visitor and a site in a token; no id has it."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose token it is, and the one to keep in its place from now on, where it is time for that."""

    visitor_id: str
    new_token: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What a signed token says: whose it is, for which site, and the part with the pass; and the key that signed it.

    ``site`` is a hash of the one origin that it is good from, and empty where it is good from anywhere.
    """

    visitor_id: str
    site: str
    door_pass: str
    key_id: str
    key: bytes = field(repr=False)

    def is_good_from(self, origins: Collection[str]) -> bool:
        """Tell whether it may come from a page of one of these origins."""
        return not self.site or self.site in map(_name_of_site, origins)


class VisitorService:
    """Recognises visitors, welcomes new ones and forgets them. ``retention_days`` of 0 keeps everybody.

    Keys are read again for a token whose key is not known: another process may have signed with a new one already, and
    a browser whose cookie was not recognised would be taken for a new visitor.
    """

    def __init__(
        self,
        store: VisitorStore,
        replies: ReplyService,
        clock: Clock,
        new_id: Callable[[], str],
        retention_days: int,
    ) -> None:
        self._store = store
        self._replies = replies
        self._clock = clock
        self._new_id = new_id
        self._retention = timedelta(days=retention_days)
        self._keys: Mapping[str, bytes] = {}
        self._keys_read_at = 0.0
        self._removed_at = 0.0
        self._has_more_to_remove = False
        self._lock = threading.Lock()

    def recognise(self, token: str, origins: Collection[str] = ()) -> Known | None:
        """Return whose token it is; None if it is not good, or no longer, or not from one of these ``origins``.

        It is time for a new one when this one is signed with an older key, and every now and then: browsers keep a
        cookie so long after it was set.
        """
        signed = self.read_signed(token)
        if signed is None or not signed.is_good_from(origins):
            return None
        visitor_id = signed.visitor_id
        seen_at = self._store.seen_at(visitor_id)
        if seen_at is None:
            return None
        now = self._clock.now()
        is_time = now - seen_at > SEEN_EVERY
        if is_time:
            with suppress(StorageUnavailable):  # who only reads is not held up by it
                self._store.note_seen(visitor_id, now)
        is_old = signed.key_id != list(self._known_keys())[-1]
        return Known(visitor_id, self._sign(_subject(visitor_id, signed.site)) if is_time or is_old else None)

    def read_signed(self, token: str) -> Token | None:
        """Return what a token says, if its signature is good; who sends it, and for whom, is not looked at."""
        parts = token.split(".")
        if len(parts) not in (3, 4):
            return None
        subject, key_id, signature = parts[:3]
        key = self.signing_key(key_id)
        if key is None or not are_same(signature, _signature(subject, key)):
            return None
        visitor_id, _, site = subject.partition(AT)
        return Token(visitor_id, site, "".join(parts[3:]), key_id, key)

    def is_bound(self, token: str) -> bool:
        """Tell whether a token is good from one site alone."""
        signed = self.read_signed(token)
        return signed is not None and signed.site != ""

    def require(self, token: str, origins: Collection[str] = ()) -> str:
        """Return whose token it is, if it may come from one of these ``origins``.

        Raises:
            Unauthorized: it is not good, or no longer, or not from there.
        """
        known = self.recognise(token, origins)
        if known is None:
            raise Unauthorized
        return known.visitor_id

    def welcome(self) -> str:
        """Return a new visitor."""
        visitor_id = self._new_id()
        self._store.add(visitor_id, self._clock.now())
        return visitor_id

    def welcome_from(self, address: str) -> str:
        """Return a new visitor from an address (its hash); there may not be too many of them.

        Raises:
            RateLimited: there were.
        """
        hour, second = divmod(int(self._clock.now().timestamp()), SECONDS_AN_HOUR)
        if self._store.count_visit(address, hour) > NEW_VISITORS_AN_HOUR:
            raise RateLimited(
                "Too many new visitors came from your address. Please try again later, or use the token you have.",
                retry_after_seconds=SECONDS_AN_HOUR - second,
            )
        return self.welcome()

    def address_name(self, address: str) -> str:
        """Return a name for an address that does not tell it: the same for all processes, and for a day in UTC."""
        key = next(iter(self._known_keys().values()))  # the oldest: a new key does not make a new name
        return name_of_address(key, self._clock.now().toordinal(), address)

    def token_of(self, visitor_id: str, origin: str | None = None) -> str:
        """Return a token for a visitor, signed with the newest key; with an ``origin``, it is good from there alone."""
        return self._sign(_subject(visitor_id, "" if origin is None else _name_of_site(origin)))

    def signing_key(self, key_id: str) -> bytes | None:
        """Return the signing key with this id; None if there is none, or it was forgotten."""
        try:
            keys = self._known_keys()
        except StorageUnavailable:
            if not self._keys:
                raise
            keys = self._keys  # who has a pass is let in all the same: not everything needs the storage
        if key_id not in keys:
            keys = self._read_keys()
        return keys.get(key_id)

    def newest_key(self) -> tuple[str, bytes]:
        """Return the key to sign with, and its id."""
        return list(self._read_keys().items())[-1]  # one that was just forgotten would be good for nothing

    def forget(self, visitor_id: str) -> None:
        """Stop what runs for a visitor, and remove everything that belongs to them."""
        self._replies.stop_all(visitor_id)
        self._store.remove(visitor_id)

    def hand_over(self, visitor_id: str) -> str:
        """Return a secret that brings the visitor to another device, once and for ten minutes."""
        secret = secrets.token_urlsafe(24)
        self._store.add_handoff(_digest(secret), visitor_id, self._clock.now() + HANDOFF_LIFE)
        return secret

    def take_over(self, secret: str) -> str:
        """Return the visitor that a secret brings along.

        Raises:
            NotFound: it is unknown, was used or is too old.
        """
        visitor_id = self._store.take_handoff(_digest(secret), self._clock.now())
        if visitor_id is None:
            raise NotFound("This link was used already, or is older than ten minutes. Please make a new one.")
        return visitor_id

    def beat(self) -> None:
        """Remove visitors who have not been here for too long, some of them from time to time."""
        now = self._clock.monotonic()
        if now - self._removed_at < REMOVALS_EVERY_SECONDS and not self._has_more_to_remove:
            return
        self._removed_at, self._has_more_to_remove = now, False
        unseen = self._store.unseen_since(self._oldest_allowed(), REMOVALS_AT_ONCE)
        for visitor_id in unseen:
            self.forget(visitor_id)
        self._has_more_to_remove = len(unseen) == REMOVALS_AT_ONCE

    def _sign(self, subject: str) -> str:
        key_id, key = self.newest_key()
        return f"{subject}.{key_id}.{_signature(subject, key)}"

    def _oldest_allowed(self) -> datetime:
        """Return since when visitors must have been seen; without retention, only removals are brought to their end."""
        return self._clock.now() - self._retention if self._retention else LONG_AGO

    def _known_keys(self) -> Mapping[str, bytes]:
        if self._keys and self._clock.monotonic() - self._keys_read_at <= KEYS_GOOD_FOR_SECONDS:
            return self._keys
        return self._read_keys()

    def _read_keys(self) -> Mapping[str, bytes]:
        read_at = self._clock.monotonic()
        keys = self._store.keys()
        with self._lock:
            if read_at >= self._keys_read_at:  # nobody has looked since
                self._keys, self._keys_read_at = keys, read_at
            return self._keys


def new_key() -> tuple[str, bytes]:
    """Return a new signing key, and the id under which it is known."""
    return secrets.token_hex(4), secrets.token_bytes(KEY_BYTES)


@lru_cache(maxsize=1_000)
def name_of_address(key: bytes, day: int, address: str) -> str:
    """Return a keyed hash of an address, which cannot be undone without the key."""
    text = f"{day} {address}".encode()
    return hashlib.blake2b(text, digest_size=8, key=key).hexdigest()


def _subject(visitor_id: str, site: str) -> str:
    return f"{visitor_id}{AT}{site}" if site else visitor_id


def _name_of_site(origin: str) -> str:
    # An origin has dots, and they part the parts of a token.
    return hashlib.blake2b(origin.lower().encode(), digest_size=16).hexdigest()


def _signature(subject: str, key: bytes) -> str:
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
