"""A ``ReplyService`` with everything around it deterministic, for the tests of each part of a reply's life."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.memory import (
    MemoryConversationStore,
    MemoryDatabase,
    MemoryLedger,
    MemoryReplyStore,
    MemoryVisitorStore,
)
from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.budgets import Budgets
from chatapp.domain.driving import Driver
from chatapp.domain.entities import ChatRequest, Conversation, Role
from chatapp.domain.errors import StorageUnavailable
from chatapp.domain.events import Event
from chatapp.domain.keeping import Keeper
from chatapp.domain.kept import Asked, KeptMessage, Opening, Piece
from chatapp.domain.ledger import Reservation, Settled, Settlement
from chatapp.domain.live import Follower
from chatapp.domain.mirrors import Mirrors
from chatapp.domain.open_replies import OpenReplies
from chatapp.domain.ports import ChatModel, Runner
from chatapp.domain.replies import ReplyService
from chatapp.domain.reply import OnDisconnect, ReplyRecord
from chatapp.domain.stores import ReplyStore
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Rule, Script
from chatapp.fake.call import Call
from tests.samples import CARD, CATALOG, PLENTY, SPENDER, question
from tests.unit.deterministic import NOON, FakeClock, InlineRunner

ALICE = "alice"


@dataclass(slots=True)
class Stage:
    """The service and what it stands on. Replies are called r1, r2, …"""

    rules: Sequence[Rule] = ()
    runner: Runner = field(default_factory=InlineRunner)
    store: ReplyStore | None = None
    limits: ReplyLimits = field(default_factory=ReplyLimits)
    other_model: ChatModel | None = None
    accountant: TokenAccountant = field(default_factory=lambda: TokenAccountant(TokenEstimator(), CATALOG))
    clock: FakeClock = field(default_factory=FakeClock)
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    budgets: Budgets = PLENTY
    ledger: MemoryLedger | None = None
    owner: str = "p1"
    fake: FakeChatModel = field(init=False)
    keeper: Keeper = field(init=False)
    mirrors: Mirrors = field(init=False)
    replies: ReplyService = field(init=False)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Put the service together."""
        self.fake = FakeChatModel(Script(rules=self.rules))
        if isinstance(self.store, RecordingStore):
            self.database = self.store.database
        ledger = self.ledger = self.ledger or MemoryLedger(self.database, self.budgets)
        store = self.store = self.store or MemoryReplyStore(self.database, ledger)
        self.keeper = Keeper(store, ledger, self.accountant, self.budgets, self.clock, self.owner)
        self.mirrors = Mirrors(store, self.clock, self.limits)
        open_replies = OpenReplies(self.limits.open_replies)
        self.replies = ReplyService(
            open_replies=open_replies,
            driver=Driver(
                model=self.other_model or self.fake,
                accountant=self.accountant,
                keeper=self.keeper,
                runner=self.runner,
                clock=self.clock,
                open_replies=open_replies,
            ),
            store=store,
            keeper=self.keeper,
            mirrors=self.mirrors,
            clock=self.clock,
            new_id=lambda: f"r{next(self.ids)}",
            limits=self.limits,
        )

    def opening(self, asked: tuple[str, str] | None = None) -> Opening:
        """Return what is kept of Alice's next question, each in a conversation of its own."""
        number = next(self.ids)
        visitors, conversations = MemoryVisitorStore(self.database), MemoryConversationStore(self.database)
        if visitors.seen_at(ALICE) is None:
            visitors.add(ALICE, NOON)
        conversations.create(ALICE, Conversation(f"c{number}", NOON, NOON))
        return Opening(
            ALICE,
            f"c{number}",
            f"r{number}",
            None,
            CARD.id,
            NOON,
            question=KeptMessage(f"q{number}", f"c{number}", None, Role.USER, "Hi", NOON),
            asked=Asked(*asked, f"r{number}") if asked else None,
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
        opening = self.opening() if kept else None
        return self.replies.open(request or question(), SPENDER, on_disconnect=on_disconnect, opening=opening)

    def find(self, reply_id: str) -> ReplyRecord:
        """Return a reply of Alice's."""
        return self.replies.find(ALICE, reply_id)

    def outcome(self, request: ChatRequest | None = None, *, kept: bool = True) -> ReplyRecord:
        """Open a reply, and return how it ended."""
        outcome = self.open(request, kept=kept).live.outcome
        assert outcome is not None, "the reply still runs"
        return outcome


class RecordingStore(MemoryReplyStore):
    """A store that remembers what it was told, and fails at as many checkpoints and ends as it should."""

    def __init__(self, failures: int = 0, failing_ends: int = 0) -> None:
        self.database = MemoryDatabase()
        super().__init__(self.database, MemoryLedger(self.database, PLENTY))
        self.opened: list[Opening] = []
        self.appended: list[dict[str, str]] = []
        self.finished: list[ReplyRecord] = []
        self._failures = failures
        self._failing_ends = failing_ends

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        """Remember it."""
        self.opened.append(opening)
        return super().open(opening, owner, reservation)

    def checkpoint(self, owner: str, pieces: Mapping[str, Piece]) -> Mapping[str, bool]:
        """Fail, or remember it."""
        if self._failures:
            self._failures -= 1
            raise StorageUnavailable
        if pieces:
            self.appended.append({name: piece.text for name, piece in pieces.items()})
        return super().checkpoint(owner, pieces)

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        """Fail, or remember it."""
        if self._failing_ends:
            self._failing_ends -= 1
            raise StorageUnavailable
        self.finished.append(record)
        return super().finish(record, owner, settlement)


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
