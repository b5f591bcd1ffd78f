"""Replies that other processes make, or have made: their followers here read what has been stored of them.

While a reply has followers here, that is noted in the storage: its process may have to end it with its last follower.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from chatapp.domain.errors import AtCapacity
from chatapp.domain.events import Delta
from chatapp.domain.kept import News
from chatapp.domain.live import FollowedReply, Follower
from chatapp.domain.ports import Clock
from chatapp.domain.reply import Reply, ReplyRecord, ReplyState
from chatapp.domain.stores import ReplyStore
from chatapp.domain.upkeep import ReplyLimits, nudge

NOTE_FOLLOWED_SECONDS = 1.0


class Mirrors:
    """Copies of replies that run elsewhere, each for all of its followers here; ``beat`` must be called often."""

    def __init__(self, store: ReplyStore, clock: Clock, limits: ReplyLimits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._mirrors: dict[tuple[str, str], FollowedReply] = {}
        self._noted_at = 0.0
        self._lock = threading.Lock()

    def follow(self, visitor_id: str, record: ReplyRecord, offset: int) -> Follower:
        """Return a follower of a reply that was found in the storage as ``record``.

        Raises:
            AtCapacity: it has as many followers here as it may have.
        """
        key = (visitor_id, record.id)
        if not record.state.is_final and key not in self._mirrors:
            self._store.note_followed({key})  # before anybody is told that they follow it
        with self._lock:
            mirror = self._mirrors.get(key)
            if mirror is None:
                mirror = self._copy(record)
            follower = Follower(mirror, offset, lambda left: self._leave(key, left))
            if not mirror.join(follower, self._limits.followers):
                raise AtCapacity("Too many readers follow this answer already.", retry_after_seconds=5)
            if mirror.outcome is None:
                self._mirrors[key] = mirror
        return follower

    def beat(self) -> None:
        """Bring all copies up to date."""
        mirrors = dict(self._mirrors)
        if not mirrors:
            return
        now = self._clock.monotonic()
        for mirror in mirrors.values():  # first: readers hear from us also while the storage cannot be reached
            nudge(mirror, self._limits, now)
        news = self._store.news({key: mirror.reply.characters for key, mirror in mirrors.items()})
        for key, mirror in mirrors.items():
            self._update(key, mirror, news.get(key), now)
        if self._mirrors and now - self._noted_at >= NOTE_FOLLOWED_SECONDS:
            self._store.note_followed(set(self._mirrors))
            self._noted_at = now

    def _update(self, key: tuple[str, str], mirror: FollowedReply, news: News | None, now: float) -> None:
        if news is None:  # it was deleted, and is stopped before it is
            news = News("", replace(mirror.record, state=ReplyState.STOPPED, text=mirror.reply.text))
        if news.text:
            mirror.apply(Delta(news.text), now)
        if news.ending is not None:
            with self._lock:
                self._remove(key, mirror)
            mirror.settle(news.ending)

    def _copy(self, record: ReplyRecord) -> FollowedReply:
        reply = Reply(record.id, max_characters=max(self._limits.answer_characters, len(record.text)))
        now = self._clock.monotonic()
        mirror = FollowedReply(reply, replace(record, text=""), now)
        reply.started = True
        if record.text:
            reply.apply(Delta(record.text))
        if record.state.is_final:
            mirror.settle(record)
        return mirror

    def _leave(self, key: tuple[str, str], follower: Follower) -> None:
        with self._lock:
            if follower.live.part(follower):
                self._remove(key, follower.live)

    def _remove(self, key: tuple[str, str], mirror: FollowedReply) -> None:
        if self._mirrors.get(key) is mirror:  # not a newer one, whose followers have not heard of the end yet
            del self._mirrors[key]
