"""The life of a reply: admit, open, drive, follow, stop, finish. One mechanism for every door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeGuard

from chatapp.domain.driving import Driver
from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import (
    Abandoned,
    AtCapacity,
    Conflict,
    Detail,
    Interrupted,
    Lost,
    NotFound,
)
from chatapp.domain.keeping import Keeper
from chatapp.domain.kept import Asked, Opening
from chatapp.domain.ledger import Spender
from chatapp.domain.live import FollowedReply, Follower, LiveReply
from chatapp.domain.mirrors import Mirrors
from chatapp.domain.open_replies import OpenReplies
from chatapp.domain.ports import Clock
from chatapp.domain.reply import OnDisconnect, Reply, ReplyRecord, ReplyState
from chatapp.domain.stores import ReplyStore
from chatapp.domain.upkeep import ReplyLimits, nudge, overdue

LONGEST_STOP_SECONDS = 2.0
"""How long a stop waits for the process that makes the reply."""


class ReplyService:
    """Makes replies, each driven by a task of its own that outlives the request.

    ``beat``, or its parts ``look_after``, ``save`` and ``close_orphans``, must be called a few times a second.
    """

    def __init__(
        self,
        open_replies: OpenReplies,
        driver: Driver,
        store: ReplyStore,
        keeper: Keeper,
        mirrors: Mirrors,
        clock: Clock,
        new_id: Callable[[], str],
        limits: ReplyLimits,
    ) -> None:
        self._open = open_replies
        self._driver = driver
        self._store = store
        self._keeper = keeper
        self._mirrors = mirrors
        self._clock = clock
        self._new_id = new_id
        self._limits = limits
        self._leaving: list[tuple[float, Follower]] = []

    @property
    def open_replies(self) -> int:
        """Return how many replies this process is making."""
        return len(self._open)

    @property
    def is_shutting_down(self) -> bool:
        """Tell whether nothing new is begun any more."""
        return self._open.is_closed

    def open(
        self,
        request: ChatRequest,
        spender: Spender,
        *,
        on_disconnect: OnDisconnect = OnDisconnect.CONTINUE,
        opening: Opening | None = None,
        request_id: str | None = None,
    ) -> Follower:
        """Admit and begin a reply, and return its first follower. Text of one without ``opening`` is never stored.

        Every door that spends passes here, and nothing else begins a reply: its worst cost is reserved for ``spender``
        first. If the same was asked before under the same client id, that reply is followed, and nothing begins or is
        spent. ``request_id`` names the request that asked for it.

        Raises:
            AtCapacity: as many replies are open as this process can carry.
            ShuttingDown: nothing new is begun any more.
            BudgetSpent, RateLimited, TooManyReplies: the owner's budgets do not allow it.
            NotFound, Conflict: it cannot be kept there.
            StorageUnavailable: it could not be reserved.
        """
        reply = Reply(opening.reply_id if opening else self._new_id(), self._limits.answer_characters)
        live = LiveReply(
            reply,
            request,
            self._keeper.reservation(reply.id, request, spender, opening, request_id),
            opening=opening,
            on_disconnect=on_disconnect,
            opened_at=self._clock.monotonic(),
            request_id=request_id,
        )
        self._open.admit(live)
        follower = self._follow(live, 0)
        try:
            asked = self._keeper.open(live)
        except Exception:
            self._open.remove(live)
            raise
        if asked is not None and opening is not None and opening.asked is not None:
            self._open.remove(live)
            return self.follow_asked(opening.visitor_id, asked, opening.asked.digest)
        if live.reply.state.is_final:  # a shutdown ended it while the storage did not know of it yet
            self._driver.settle(live)
            return follower
        self._driver.begin(live)
        return follower

    def follow(self, visitor_id: str, reply_id: str, offset: int = 0) -> Follower:
        """Return one more follower of a kept reply, from a number of characters on.

        Raises:
            NotFound: this visitor has no such reply.
            AtCapacity: the reply has as many followers as it may have.
        """
        live = self._open.kept(visitor_id, reply_id)
        if live is not None:
            return self._follow(live, offset)
        return self._mirrors.follow(visitor_id, self.find(visitor_id, reply_id), offset)

    def follow_asked(self, visitor_id: str, asked: Asked, digest: str) -> Follower:
        """Return a follower of what was asked before under the same client id.

        Raises:
            Conflict: something else was asked.
            NotFound: its conversation is gone.
        """
        if asked.digest != digest:
            reason = "Something else was asked under this id before. Use a new id for a new question."
            raise Conflict(reason, details=(Detail("client_id", reason),))
        return self.follow(visitor_id, asked.reply_id)

    def find(self, visitor_id: str, reply_id: str) -> ReplyRecord:
        """Return a kept reply, with the text so far.

        Raises:
            NotFound: this visitor has no such reply.
        """
        record = self._store.find(visitor_id, reply_id)
        if record is None:
            raise NotFound("There is no such reply.")
        if record.state.is_final:  # another visitor's copy, too, may have the id of a reply that is kept here
            return record
        live = self._open.kept(visitor_id, reply_id)
        if live is not None:
            return replace(record, text=live.reply.text)
        return self._keeper.unsaved(reply_id) or record

    def stop(self, visitor_id: str, reply_id: str) -> ReplyRecord:
        """End a kept reply, wherever it is made, and the provider's bill for it; the text so far stays.

        Return it in its final state, or as it is when its process has not confirmed that within a few seconds.
        Stopping one that has ended changes nothing.

        Raises:
            NotFound: this visitor has no such reply.
        """
        return self._stop(visitor_id, reply_id, LONGEST_STOP_SECONDS)

    def stop_all(self, visitor_id: str, conversation_id: str | None = None) -> None:
        """End all running replies of a conversation, or of all that a visitor has, and wait for them together."""
        running = self._store.running(visitor_id, conversation_id)
        deadline = self._clock.monotonic() + LONGEST_STOP_SECONDS
        for reply_id in running:  # all are asked before one is waited for
            live = self._open.kept(visitor_id, reply_id)
            if live is None:
                self._store.request_stop(visitor_id, reply_id)
            else:
                self._driver.end(live, ReplyState.STOPPED)
        for reply_id in running:
            with suppress(NotFound):  # somebody else was faster
                self._stop(visitor_id, reply_id, max(deadline - self._clock.monotonic(), 0.0))

    def leave_later(self, follower: Follower, seconds: float) -> None:
        """Let a follower leave after a while: its caller has got an answer, but may come back to read."""
        self._leaving.append((self._clock.monotonic() + seconds, follower))

    def beat(self) -> None:
        """Do all that must be done a few times a second."""
        self.look_after()
        self.save()
        self.close_orphans()

    def look_after(self) -> None:
        """Look after all open replies: time-outs, dead drivers, signs of life.

        This waits for the storage only where a kept one must end.
        """
        now = self._clock.monotonic()
        for live in self._open:
            if ending := overdue(live, self._limits, now):
                self._driver.end(live, *ending)
            else:
                nudge(live, self._limits, now)
        self._let_leave(now)

    def save(self) -> None:
        """Store what is new in all open replies, and end those that somebody wants stopped or that have lost their last
        reader.
        """
        lives = list(self._open)
        self._abandon_deserted(lives)
        to_stop, ended_elsewhere = self._keeper.checkpoint(lives)
        for live in to_stop:
            self._driver.end(live, ReplyState.STOPPED)
        for live in ended_elsewhere:
            self._driver.end(live, ReplyState.LOST, Lost())

    def close_orphans(self) -> None:
        """Close the replies of processes that have died; where there are many, this may take a second."""
        self._keeper.close_orphans()

    def refuse_new(self) -> None:
        """Begin no more replies: the server is shutting down."""
        self._open.close()

    def interrupt_all(self) -> None:
        """End every open reply, telling its followers that the server shut down."""
        sentence = "The server was restarted before the answer was finished. Please try again."
        self._driver.end_together(self._open, ReplyState.INTERRUPTED, Interrupted(sentence))

    def _stop(self, visitor_id: str, reply_id: str, longest_seconds: float) -> ReplyRecord:
        live = self._open.kept(visitor_id, reply_id)
        if live is not None:
            self._driver.end(live, ReplyState.STOPPED)
            waiting = Follower(live, 0, _stay)
            return waiting.wait_until_settled(longest_seconds) or self.find(visitor_id, reply_id)
        record = self.find(visitor_id, reply_id)
        if record.state.is_final:
            return record
        self._store.request_stop(visitor_id, reply_id)
        with suppress(AtCapacity):  # it is asked to stop all the same, where there is no room to wait for its end
            follower = self._mirrors.follow(visitor_id, record, len(record.text))
            follower.wait_until_settled(longest_seconds)
            follower.leave()
            if follower.live.outcome is not None:
                return follower.live.outcome
        return self.find(visitor_id, reply_id)

    def _let_leave(self, now: float) -> None:
        due = [(at, follower) for at, follower in self._leaving if at <= now or follower.live.outcome is not None]
        for entry in due:
            with suppress(ValueError):  # at the shutdown, there may be a second beat at the same time
                self._leaving.remove(entry)
            entry[1].leave()

    def _abandon_deserted(self, lives: Sequence[LiveReply]) -> None:
        """End the kept replies that were to end with their last follower, and that nobody follows elsewhere, either."""
        deserted = [live for live in lives if _is_deserted(live)]
        if not deserted:
            return
        followed = self._keeper.followed_elsewhere()
        for live in deserted:
            if live.reply.id not in followed and _is_deserted(live):  # somebody may have come meanwhile
                self._driver.end(live, ReplyState.ABANDONED, Abandoned())

    def _follow(self, live: LiveReply, offset: int) -> Follower:
        follower = Follower(live, offset, self._left)
        if not live.join(follower, self._limits.followers):
            raise AtCapacity("Too many readers follow this answer already.", retry_after_seconds=5)
        return follower

    def _left(self, follower: Follower) -> None:
        live = follower.live
        was_last = live.part(follower)
        # A kept one may still be followed in another process: the beat asks for that, and ends it.
        if was_last and _ends_with_its_followers(live) and live.opening is None:
            self._driver.end(live, ReplyState.ABANDONED, Abandoned())


def _ends_with_its_followers(live: FollowedReply) -> TypeGuard[LiveReply]:
    return isinstance(live, LiveReply) and live.on_disconnect is OnDisconnect.CANCEL


def _is_deserted(live: LiveReply) -> bool:
    return live.is_stored and _ends_with_its_followers(live) and not live.is_followed


def _stay(_: Follower) -> None:
    """A follower that was never counted need not be counted out."""
