"""A ``ReplyService`` with everything around it deterministic, for the tests of each part of a reply's life."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.memory_store import MemoryReplyStore
from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.entities import ChatRequest
from chatapp.domain.events import Event
from chatapp.domain.live import Follower
from chatapp.domain.ports import ChatModel, ReplyStore, Runner
from chatapp.domain.replies import ReplyService
from chatapp.domain.reply import OnDisconnect, ReplyRecord
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Rule, Script
from chatapp.fake.call import Call
from tests.samples import question
from tests.unit.deterministic import FakeClock, InlineRunner


@dataclass(slots=True)
class Stage:
    """The service and what it stands on. Replies are called r1, r2, …"""

    rules: Sequence[Rule] = ()
    runner: Runner = field(default_factory=InlineRunner)
    store: ReplyStore = field(default_factory=MemoryReplyStore)
    limits: ReplyLimits = field(default_factory=ReplyLimits)
    other_model: ChatModel | None = None
    accountant: TokenAccountant = field(default_factory=lambda: TokenAccountant(TokenEstimator()))
    clock: FakeClock = field(default_factory=FakeClock)
    fake: FakeChatModel = field(init=False)
    replies: ReplyService = field(init=False)

    def __post_init__(self) -> None:
        """Put the service together."""
        self.fake = FakeChatModel(Script(rules=self.rules))
        ids = itertools.count(1)
        self.replies = ReplyService(
            model=self.other_model or self.fake,
            accountant=self.accountant,
            store=self.store,
            runner=self.runner,
            clock=self.clock,
            new_id=lambda: f"r{next(ids)}",
            limits=self.limits,
        )

    @property
    def call(self) -> Call:
        """Return the last call of the model."""
        return self.fake.calls[-1]

    def open(
        self,
        request: ChatRequest | None = None,
        *,
        on_disconnect: OnDisconnect = OnDisconnect.CONTINUE,
        kept: bool = True,
    ) -> Follower:
        """Open a reply to the ordinary question."""
        return self.replies.open(request or question(), on_disconnect=on_disconnect, kept=kept)

    def outcome(self, request: ChatRequest | None = None, *, kept: bool = True) -> ReplyRecord:
        """Open a reply, and return how it ended."""
        outcome = self.open(request, kept=kept).live.outcome
        assert outcome is not None, "the reply still runs"
        return outcome


class RecordingStore(MemoryReplyStore):
    """A store that remembers what it was told, and fails at as many checkpoints as it should."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.opened: list[ReplyRecord] = []
        self.appended: list[dict[str, str]] = []
        self.finished: list[ReplyRecord] = []
        self._failures = failures

    def open(self, record: ReplyRecord) -> None:
        """Remember it."""
        self.opened.append(record)
        super().open(record)

    def append(self, pieces: Mapping[str, str]) -> None:
        """Fail, or remember it."""
        if self._failures:
            self._failures -= 1
            raise OSError("The disk is full.")
        self.appended.append(dict(pieces))
        super().append(pieces)

    def finish(self, record: ReplyRecord) -> bool:
        """Remember it."""
        self.finished.append(record)
        return super().finish(record)


class BrokenModel:
    """A ``ChatModel`` with a bug, or an error of its own: at once, or after its first events."""

    def __init__(self, *events: Event, error: Exception | None = None) -> None:
        self._events = events
        self._error = error or ZeroDivisionError()

    def open(self, request: ChatRequest) -> BrokenModel:
        """Fail here already, if there are no events."""
        if not self._events:
            raise self._error
        return self

    def __iter__(self) -> Iterator[Event]:
        """Yield the events, and fail."""
        yield from self._events
        raise self._error

    def stop(self) -> None:
        """Nothing to stop."""
