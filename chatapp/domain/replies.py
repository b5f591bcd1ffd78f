"""The life of a reply: admit, open, drive, follow, stop, finish. One mechanism for every door."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from chatapp.domain import reply_line
from chatapp.domain.accounting import Bill, TokenAccountant
from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import (
    Abandoned,
    AtCapacity,
    ChatError,
    InternalError,
    Interrupted,
    NotFound,
    ShuttingDown,
)
from chatapp.domain.events import Finished
from chatapp.domain.live import Follower, LiveReply
from chatapp.domain.ports import ChatModel, Clock, ReplyStore, Runner
from chatapp.domain.reply import OnDisconnect, Reply, ReplyRecord, ReplyState
from chatapp.domain.upkeep import ReplyLimits, checkpoint, nudge, overdue

log = logging.getLogger(__name__)


class ReplyService:
    """Makes replies, each driven by a task of its own that outlives the request.

    ``beat`` must be called a few times a second; it looks after time-outs, signs of life and checkpoints.
    """

    def __init__(
        self,
        model: ChatModel,
        accountant: TokenAccountant,
        store: ReplyStore,
        runner: Runner,
        clock: Clock,
        new_id: Callable[[], str],
        limits: ReplyLimits,
    ) -> None:
        self._model = model
        self._accountant = accountant
        self._store = store
        self._runner = runner
        self._clock = clock
        self._new_id = new_id
        self._limits = limits
        self._live: dict[str, LiveReply] = {}
        self._door = threading.Lock()
        self._shutting_down = False

    @property
    def open_replies(self) -> int:
        """Return how many replies this process is making."""
        return len(self._live)

    @property
    def is_shutting_down(self) -> bool:
        """Tell whether nothing new is begun any more."""
        return self._shutting_down

    def open(
        self,
        request: ChatRequest,
        *,
        on_disconnect: OnDisconnect = OnDisconnect.CONTINUE,
        kept: bool = True,
        request_id: str | None = None,
    ) -> Follower:
        """Admit and begin a reply, and return its first follower. Text of one that is not ``kept`` is never stored.

        ``request_id`` names the request that asked for it, in the log.

        Raises:
            AtCapacity: as many replies are open as this process can carry.
            ShuttingDown: nothing new is begun any more.
        """
        reply = Reply(self._new_id(), self._limits.answer_characters)
        live = LiveReply(
            reply,
            request,
            kept=kept,
            on_disconnect=on_disconnect,
            opened_at=self._clock.monotonic(),
            request_id=request_id,
        )
        self._admit(live)
        follower = self._follow(live, 0)
        try:
            if kept:
                self._store.open(ReplyRecord(reply.id, request.model.id))
        except Exception:
            self._live.pop(reply.id, None)
            raise
        self._begin(live)
        return follower

    def follow(self, reply_id: str, offset: int = 0) -> Follower:
        """Return one more follower of a reply that this process is making.

        Raises:
            NotFound: it makes no such reply, or not any more.
            AtCapacity: the reply has as many followers as it may have.
        """
        live = self._live.get(reply_id)
        if live is None:
            raise NotFound("There is no such running reply.")
        return self._follow(live, offset)

    def find(self, reply_id: str) -> ReplyRecord:
        """Return a kept reply as it is stored.

        Raises:
            NotFound: there is no such reply.
        """
        record = self._store.find(reply_id)
        if record is None:
            raise NotFound("There is no such reply.")
        return record

    def stop(self, reply_id: str) -> None:
        """End a reply that this process is making, and the provider's bill for it; the text so far stays.

        Stopping one that has ended changes nothing.
        """
        live = self._live.get(reply_id)
        if live is not None:
            self._end(live, ReplyState.STOPPED)

    def beat(self) -> None:
        """Look after all open replies: time-outs, dead drivers, signs of life, checkpoints."""
        now = self._clock.monotonic()
        for live in list(self._live.values()):
            if ending := overdue(live, self._limits, now):
                self._end(live, *ending)
            else:
                nudge(live, self._limits, now)
        checkpoint(list(self._live.values()), self._store)

    def refuse_new(self) -> None:
        """Begin no more replies: the server is shutting down."""
        with self._door:
            self._shutting_down = True

    def interrupt_all(self) -> None:
        """End every open reply, telling its followers that the server shut down."""
        for live in list(self._live.values()):
            error = Interrupted("The server was restarted before the answer was finished. Please try again.")
            self._end(live, ReplyState.INTERRUPTED, error)

    def _admit(self, live: LiveReply) -> None:
        with self._door:  # to look and to enter are one
            if self._shutting_down:
                raise ShuttingDown("The server is restarting. Please try again in a moment.", retry_after_seconds=5)
            if len(self._live) >= self._limits.open_replies:
                raise _busy()
            self._live[live.reply.id] = live

    def _begin(self, live: LiveReply) -> None:
        try:
            live.task = self._runner.start(f"reply-{live.reply.id}", partial(self._drive, live))
        except RuntimeError as error:
            busy = _busy()
            self._end(live, ReplyState.FAILED, busy)
            raise busy from error

    def _follow(self, live: LiveReply, offset: int) -> Follower:
        follower = Follower(live, offset, self._left)
        if not live.join(follower, self._limits.followers):
            raise AtCapacity("Too many readers follow this answer already.", retry_after_seconds=5)
        return follower

    def _left(self, follower: Follower) -> None:
        live = follower.live
        if live.part(follower) and live.on_disconnect is OnDisconnect.CANCEL:
            self._end(live, ReplyState.ABANDONED, Abandoned())

    def _drive(self, live: LiveReply) -> None:
        """Pull the model's answer into the buffer. Ends in exactly one finish, whatever is raised."""
        error: ChatError = InternalError()
        try:
            stream = self._model.open(live.request)
            live.attach(stream)
            # The loop goes on after the end: what the model still does then keeps its connection usable.
            for event in stream:
                if live.apply(event, self._clock.monotonic()):
                    if not isinstance(event, Finished):
                        live.stop_model()
                    self._settle(live)
        except ChatError as raised:
            error = raised
        except Exception as raised:
            error.__cause__ = raised
            if not live.reply.state.is_final:  # after the end it is only the echo of our own stop
                log.exception("The driver of reply %s failed", live.reply.id)
        finally:
            self._end(live, ReplyState.FAILED, error)

    def _end(
        self,
        live: LiveReply,
        state: ReplyState,
        error: ChatError | None = None,
        finish_reason: str | None = None,
    ) -> None:
        if live.end(state, error=error, finish_reason=finish_reason):
            self._settle(live)

    def _settle(self, live: LiveReply) -> None:
        """Store how a reply ended, and tell its followers. Called once, by whoever ended it."""
        reply = live.reply
        bill = self._bill(live)
        outcome = ReplyRecord(
            reply.id,
            live.request.model.id,
            reply.state,
            reply.text,
            reply.finish_reason,
            bill.usage if bill else None,
            bill.cost if bill else None,
            reply.error,
        )
        try:
            if live.kept:
                self._store.finish(outcome)
        except Exception:  # its readers, and the other replies that are ended with it, must not suffer for it
            log.exception("The end of reply %s could not be stored", reply.id)
        finally:
            self._live.pop(reply.id, None)
            live.settle(outcome)
            reply_line.write(live, outcome, self._clock.monotonic())

    def _bill(self, live: LiveReply) -> Bill | None:
        """Return what the reply cost; None where nothing was asked of the provider, or nobody knows."""
        reply = live.reply
        if reply.state is ReplyState.FAILED and not reply.started:
            return None
        try:
            return self._accountant.bill(live.request, reply.text, reply.usage)
        except Exception:  # a reply that was never settled would keep its readers waiting for ever
            log.exception("What reply %s cost could not be told", reply.id)
            return None


def _busy() -> AtCapacity:
    return AtCapacity("The server is busy with other answers. Please try again soon.", retry_after_seconds=5)
