"""A ``ConversationService`` with everything around it deterministic, and two visitors: Alice and Bob."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from chatapp.adapters.memory import MemoryArchive, MemoryConversationStore, MemoryVisitorStore
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer
from chatapp.domain.conversation import Ask, ConversationService
from chatapp.domain.entities import Conversation, Role
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.live import Follower
from chatapp.domain.stores import ConversationStore, ReplyStore
from tests.samples import CARD, card
from tests.unit.deterministic import NOON
from tests.unit.making_replies import ALICE, Stage

BOB = "bob"
CARDS = (
    CARD,
    card("gpt-4o"),
    card("gpt-old", shutdown_date=NOON.date()),
    card("gpt-small", context_tokens=10),
    card("gpt-narrow", context_tokens=235, max_output_tokens=50),
)


@dataclass(slots=True)
class Talk:
    """Conversations over a stage of replies. Ids count up: ``i01``, ``i02``, …; each question comes a second later."""

    stage: Stage = field(default_factory=Stage)
    system_prompt: str | None = None
    store: ConversationStore | None = None
    conversations: ConversationService = field(init=False)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Put the service together, and welcome the visitors."""
        stage = self.stage
        catalog = ModelCatalog(CARDS, CARD.id, lambda: NOON.date(), dates_apply=True)
        self.conversations = ConversationService(
            self.store or MemoryConversationStore(stage.database),
            self.reply_store,
            stage.replies,
            catalog,
            Composer(catalog, stage.accountant, system_prompt=self.system_prompt, max_output_tokens=1000),
            stage.clock,
            lambda: f"i{next(self.ids):02}",
        )
        for visitor_id in (ALICE, BOB):
            MemoryVisitorStore(stage.database).add(visitor_id, NOON)

    @property
    def reply_store(self) -> ReplyStore:
        """Return where replies are kept."""
        assert self.stage.store is not None
        return self.stage.store

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Return what the model was told last, in roles and texts."""
        return [(said["role"], said["content"]) for said in self.stage.call.messages]

    def begin(self, visitor_id: str = ALICE, **fields: Any) -> Conversation:
        """Return a new conversation."""
        self.stage.clock.advance(1)
        return self.conversations.create(visitor_id, **fields)

    def say(self, within: Conversation, message: str | None = "Hi", visitor_id: str = ALICE, **fields: Any) -> Follower:
        """Ask something in a conversation."""
        self.stage.clock.advance(1)
        return self.conversations.ask(
            visitor_id, within.id, Ask(message, **fields), address="here", request_id="request-1"
        )

    def again(self, within: Conversation, answer_to: str, **fields: Any) -> Follower:
        """Ask for another answer to a message."""
        return self.say(within, None, answer_to=answer_to, **fields)

    def now(self, conversation: Conversation, visitor_id: str = ALICE) -> Conversation:
        """Return a conversation as it is now."""
        return self.conversations.get(visitor_id, conversation.id)

    def shown(self, conversation: Conversation, visitor_id: str = ALICE) -> list[KeptMessage]:
        """Return the messages of the branch that a conversation shows now."""
        branch = self.conversations.branch(visitor_id, self.now(conversation, visitor_id), None, 100)
        return list(branch.messages)

    def texts(self, conversation: Conversation) -> list[str]:
        """Return what the branch says that a conversation shows now."""
        return [message.text for message in self.shown(conversation)]

    def bring_in(self, *said: tuple[Role, str]) -> Conversation:
        """Return a conversation that was imported with these messages, one under the other."""
        made = Conversation(f"i{next(self.ids):02}", NOON, NOON, title="Imported")
        messages: list[KeptMessage] = []
        for role, text in said:
            parent_id = messages[-1].id if messages else None
            messages.append(KeptMessage(f"i{next(self.ids):02}", made.id, parent_id, role, text, NOON))
        MemoryArchive(self.stage.database).add(ALICE, [Batch(made.id, made, tuple(messages), messages[-1].id)])
        return self.now(made)
