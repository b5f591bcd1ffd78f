"""Making one reply: its driver pulls it from the model, and whoever ends it has it settled."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from chatapp.domain import reply_line
from chatapp.domain.accounting import TokenAccountant, reserved_bill
from chatapp.domain.errors import ChatError, InternalError
from chatapp.domain.events import Finished
from chatapp.domain.keeping import Keeper
from chatapp.domain.ledger import Bill, Settlement
from chatapp.domain.live import LiveReply
from chatapp.domain.open_replies import OpenReplies, busy
from chatapp.domain.ports import ChatModel, Clock, Runner
from chatapp.domain.reply import ReplyRecord, ReplyState, provider_request_id

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

    def settle(self, live: LiveReply) -> ReplyRecord:
        """Store how an ended reply has ended and what it cost, and return what counts."""
        reply, reservation = live.reply, live.reservation
        bill = self._bill(live)
        is_billed = bill.charged_nano_usd > 0 or bill.cost.nano_usd is None
        outcome = replace(
            live.record,
            state=reply.state,
            text=reply.text,
            finish_reason=reply.finish_reason,
            usage=bill.usage if is_billed else None,
            cost=bill.cost if is_billed else None,
            error=reply.error,
        )
        settlement = Settlement(
            reservation, reply.state, bill, self._clock.now(), reply.answered_by, provider_request_id(reply)
        )
        return self._keeper.finish(live, outcome, settlement)

    def _settle(self, live: LiveReply) -> None:
        """Store how a reply ended, and tell its followers. Called once, by whoever ended it."""
        outcome = self.settle(live)
        self._open_replies.remove(live)
        live.settle(outcome)
        reply_line.write(live, outcome, self._clock.monotonic())

    def _bill(self, live: LiveReply) -> Bill:
        try:
            silent_seconds = max(0.0, self._clock.monotonic() - live.heard_at)
            return self._accountant.bill(live.reservation, live.request, live.reply, silent_seconds)
        except Exception:  # a reply that was never settled would keep its readers waiting for ever
            log.exception("What reply %s cost could not be told", live.reply.id)
            return reserved_bill(live.reservation)
