"""A reply while it is made: a buffer that one writer fills and many followers read.

A follower that waits leaves a locked lock, its bell, with the reply; whoever has news releases it. That is four
times cheaper per token than a condition variable, whose every wait makes a lock and a timer of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Event
from chatapp.domain.kept import Opening
from chatapp.domain.ledger import Reservation
from chatapp.domain.ports import ModelStream, Task
from chatapp.domain.reply import OnDisconnect, Reply, ReplyRecord, ReplyState

log = logging.getLogger(__name__)


class FollowedReply:
    """A reply as its followers see it: in the process that makes it, or as a copy of what has been stored.

    ``record`` is what was known of it when it began; ``outcome`` appears when it has ended and is settled.
    Every change goes through a lock: a reply that was stopped cannot grow by the token that came at the same moment.
    """

    def __init__(self, reply: Reply, record: ReplyRecord, at: float) -> None:
        self.reply = reply
        self.record = record
        self.heard_at = at
        self.nudged_at = at
        self.outcome: ReplyRecord | None = None
        self.waiting: list[threading.Lock] = []
        self._followers: set[Follower] = set()
        self._lock = threading.Lock()

    @property
    def is_followed(self) -> bool:
        """Tell whether anybody follows."""
        return bool(self._followers)

    def join(self, follower: Follower, most: int) -> bool:
        """Add a follower; return False if there are ``most`` already."""
        with self._lock:
            if len(self._followers) >= most:
                return False
            self._followers.add(follower)
            return True

    def part(self, follower: Follower) -> bool:
        """Take a follower out; return True if it was the last one."""
        with self._lock:
            if follower not in self._followers:
                return False
            self._followers.remove(follower)
            return not self._followers

    def apply(self, event: Event, heard_at: float) -> bool:
        """Take in what the model says, at ``heard_at`` seconds; return True if that ended the reply."""
        with self._lock:
            ended = self.reply.apply(event)
        self.heard_at = heard_at
        self.wake()
        return ended

    def settle(self, outcome: ReplyRecord) -> None:
        """Tell everybody how it ended. From now on nothing changes any more."""
        self.outcome = outcome
        self.wake()

    def wake(self) -> None:
        """Ring every waiting follower's bell."""
        while self.waiting:
            try:
                bell = self.waiting.pop()
            except IndexError:  # another thread has rung it
                return
            bell.release()


class LiveReply(FollowedReply):
    """One reply in the process that makes it.

    ``reservation`` is what it may cost. ``opening`` is what the storage knows of it, None for one that is not kept;
    ``is_stored`` tells that it does know.
    """

    def __init__(
        self,
        reply: Reply,
        request: ChatRequest,
        reservation: Reservation,
        *,
        opening: Opening | None,
        on_disconnect: OnDisconnect,
        opened_at: float,
        request_id: str | None = None,
    ) -> None:
        super().__init__(reply, _record(reply, request, opening, request_id), opened_at)
        self.request = request
        self.reservation = reservation
        self.opening = opening
        self.on_disconnect = on_disconnect
        self.opened_at = opened_at
        self.spoke_at: float | None = None
        self.saved_characters = 0
        self.is_stored = False
        self.task: Task | None = None
        self._stream: ModelStream | None = None

    def attach(self, stream: ModelStream) -> None:
        """Take the model's stream; stop it at once if the reply has ended meanwhile."""
        with self._lock:
            self._stream = stream
            ended = self.reply.state.is_final
        if ended:
            _stop(stream)

    def apply(self, event: Event, heard_at: float) -> bool:
        """Take in what the model says, at ``heard_at`` seconds; return True if that ended the reply."""
        with self._lock:
            ended = self.reply.apply(event)
        self.heard_at = heard_at
        if self.spoke_at is None and self.reply.characters:
            self.spoke_at = heard_at
        self.wake()
        return ended

    def end(self, state: ReplyState, *, error: ChatError | None = None, finish_reason: str | None = None) -> bool:
        """End the reply and the provider's work for it; return False if it had ended already."""
        with self._lock:
            ended = self.reply.end(state, error=error, finish_reason=finish_reason)
            stream = self._stream
        if ended and stream is not None:
            _stop(stream)
        return ended

    def stop_model(self) -> None:
        """End the provider's work for the reply."""
        if self._stream is not None:
            _stop(self._stream)


def _record(reply: Reply, request: ChatRequest, opening: Opening | None, request_id: str | None) -> ReplyRecord:
    return ReplyRecord(
        reply.id,
        request.model.id,
        conversation_id=opening.conversation_id if opening else None,
        user_message_id=opening.user_message_id if opening else None,
        request_id=request_id,
        left_out=opening.left_out if opening else None,
    )


def _stop(stream: ModelStream) -> None:
    try:
        stream.stop()
    except Exception:  # the reply ends all the same, and so do those that end together with it
        log.exception("A model's answer could not be stopped")


class Follower:
    """One reader of a reply, from an offset in characters on. It belongs to one thread; ``leave`` to all."""

    def __init__(self, live: FollowedReply, offset: int, on_leave: Callable[[Follower], None]) -> None:
        self.live = live
        self.offset = offset
        self.outcome: ReplyRecord | None = None
        self.left = False
        self._on_leave = on_leave
        self._nudged_at = live.nudged_at
        self._bell = threading.Lock()
        self._bell.acquire()

    def read(self) -> str:
        """Wait for more text and return all there is.

        Returns "" when the wait brought none: ``outcome`` then tells how the reply ended, ``left`` that this
        follower is to stop, and if neither is set it is time to give the reader a sign of life.
        """
        self._nudged_at = self.live.nudged_at
        while not self._is_due():  # a bell may ring late, when its text was taken, or early, before an end is settled
            self._wait(self._is_due)
        return self._take()

    def wait_until_begun(self, timeout_seconds: float) -> None:
        """Wait until the provider has answered, the reply has ended or the time is up."""
        deadline = monotonic() + timeout_seconds
        while not self._has_begun() and (left := deadline - monotonic()) > 0:
            self._wait(self._has_begun, left)

    def wait_for_outcome(self) -> ReplyRecord | None:
        """Wait for the end and return it; ``None`` if this follower was sent away before."""
        while self.outcome is None and not self.left:
            self.read()
        return self.outcome

    def wait_until_settled(self, timeout_seconds: float) -> ReplyRecord | None:
        """Wait for the end without reading, and return it; ``None`` if it has not come in that time."""
        deadline = monotonic() + timeout_seconds
        while self.live.outcome is None and (left := deadline - monotonic()) > 0:
            self._wait(self._is_settled, left)
        return self.live.outcome

    def leave(self) -> None:
        """Stop following. Idempotent."""
        self.left = True
        self.live.wake()
        self._on_leave(self)

    def _take(self) -> str:
        outcome = self.live.outcome  # before the text: once there is an outcome, the text cannot grow
        text = self.live.reply.text_since(self.offset)
        if text:
            self.offset += len(text)
        else:
            self.outcome = outcome
        return text

    def has_news(self) -> bool:
        """Tell whether ``read`` would return at once."""
        live = self.live
        return live.reply.characters > self.offset or live.outcome is not None or self.left

    def _is_due(self) -> bool:
        # Twice for every token, so in one step where has_news() would make two of it.
        live = self.live
        return (
            live.reply.characters > self.offset
            or live.outcome is not None
            or self.left
            or live.nudged_at != self._nudged_at
        )

    def _has_begun(self) -> bool:
        return self.live.reply.started or self.live.outcome is not None or self.left

    def _is_settled(self) -> bool:
        return self.live.outcome is not None

    def _wait(self, is_due: Callable[[], bool], timeout_seconds: float = -1) -> None:
        waiting = self.live.waiting
        waiting.append(self._bell)
        if is_due():  # it came between the look and the queue
            self.live.wake()
        if not self._bell.acquire(timeout=timeout_seconds):
            try:
                waiting.remove(self._bell)
            except ValueError:  # it is being rung at this moment
                self._bell.acquire()
