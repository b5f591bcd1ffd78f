"""Making one reply: its driver pulls it from the model, and whoever ends it has it settled."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from chatapp.domain import reply_line
from chatapp.domain.accounting import Bill, TokenAccountant
from chatapp.domain.errors import ChatError, InternalError
from chatapp.domain.events import Finished
from chatapp.domain.keeping import Keeper
from chatapp.domain.live import LiveReply
from chatapp.domain.open_replies import OpenReplies, busy
from chatapp.domain.ports import ChatModel, Clock, Runner
from chatapp.domain.reply import ReplyRecord, ReplyState

log = logging.getLogger(__name__)


class Driver:
    """Drives replies, each by a task of its own, and ends them: once each, whoever wants it first."""

    def __init__(
        self,
        model: ChatModel,
        accountant: TokenAccountant,
        keeper: Keeper,
        runner: Runner,
        clock: Clock,
        open_replies: OpenReplies,
    ) -> None:
        self._model = model
        self._accountant = accountant
        self._keeper = keeper
        self._runner = runner
        self._clock = clock
        self._open_replies = open_replies

    def begin(self, live: LiveReply) -> None:
        """Begin to make a reply.

        Raises:
            AtCapacity: there are no more tasks to be had; the reply has failed.
        """
        try:
            live.task = self._runner.start(f"reply-{live.reply.id}", partial(self._drive, live))
        except RuntimeError as error:
            refusal = busy()
            self.end(live, ReplyState.FAILED, refusal)
            raise refusal from error

    def end(
        self, live: LiveReply, state: ReplyState, error: ChatError | None = None, finish_reason: str | None = None
    ) -> None:
        """End a reply, if that has not happened yet, store how, and tell its followers."""
        if live.end(state, error=error, finish_reason=finish_reason):
            self._settle(live)

    def end_together(self, lives: Iterable[LiveReply], state: ReplyState, error: ChatError) -> None:
        """End replies: no provider's bill goes on while the storage takes the ends of others."""
        ended = [live for live in lives if live.end(state, error=error)]
        for live in ended:
            self._settle(live)

    def outcome(self, live: LiveReply) -> ReplyRecord:
        """Return how an ended reply has ended, with its bill."""
        reply = live.reply
        bill = self._bill(live)
        return replace(
            live.record,
            state=reply.state,
            text=reply.text,
            finish_reason=reply.finish_reason,
            usage=bill.usage if bill else None,
            cost=bill.cost if bill else None,
            error=reply.error,
        )

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
            self.end(live, ReplyState.FAILED, error)

    def _settle(self, live: LiveReply) -> None:
        """Store how a reply ended, and tell its followers. Called once, by whoever ended it."""
        outcome = self._keeper.finish(live, self.outcome(live))
        self._open_replies.remove(live)
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
