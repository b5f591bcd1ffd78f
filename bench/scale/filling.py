"""A large database, the same at every run: one visitor with half of it, and two hundred others with the rest."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from chatapp.adapters.system import new_id
from chatapp.bootstrap import build_container, prepare_storage
from chatapp.domain.entities import Conversation, Role
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.settings import Settings

CONVERSATIONS = 20_000
MESSAGES = 200_000
LONG = 10_000
OTHERS = 200
VOCABULARY = 30_000
SHORTEST_WORDS, LONGEST_WORDS = 10, 400
CONVERSATIONS_AT_ONCE = 100
WRITE_BACK_EVERY = 20
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
SPREAD_SECONDS = 350 * 86_400

RARE = "quetzalcoatl"
"""In one message alone."""

FOREIGN = "zeitgeist"
"""In every third message of the others, and in three of the visitor's."""

ASKED = (
    "INSERT INTO asked (visitor_id, client_id, digest, reply_id) SELECT visitor_id, lower(hex(randomblob(16))),"
    " lower(hex(randomblob(16))), id FROM messages WHERE role = 'assistant'"
)
"""Every answer was asked for under an id of the page's own."""

SYLLABLES = ["".join(pair) for pair in product("bcdfghjklmnprstvwxyz", "aeiou")]


@dataclass(frozen=True, slots=True)
class Filled:
    """What there is to ask for: as whom, and the conversation of 10,000 messages."""

    token: str
    long_id: str


def word(rank: int) -> str:
    """Return the word that is the ``rank``-th most frequent; the frequent ones are short, as in languages."""
    rest, syllable = divmod(rank, len(SYLLABLES))
    return (word(rest - 1) if rest else "") + SYLLABLES[syllable]


class Filler:
    """Fills the database of a data folder; a word's frequency falls with its rank (Zipf's law)."""

    def __init__(self, settings: Settings) -> None:
        prepare_storage(settings)
        container = build_container(settings)
        self._visitors, self._archive = container.visitors(), container.archive()
        self._indexing, self._database = container.indexing(), container.database()
        self._random = random.Random(1)
        self._words = [word(rank) for rank in range(VOCABULARY)]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))

    def fill(self) -> Filled:
        """Fill it, and index everything."""
        owner = self._visitors.welcome()
        long = self._conversation(LONG, [])
        self._archive.add(owner, [long, self._conversation(2, [RARE]), self._conversation(3, [FOREIGN])])
        self._give(owner, CONVERSATIONS - 3, MESSAGES - LONG, [])
        for _ in range(OTHERS):
            self._give(self._visitors.welcome(), CONVERSATIONS // OTHERS, MESSAGES // OTHERS, ["", "", FOREIGN])
            self._database.write_back()
        for step in itertools.count():
            if step % WRITE_BACK_EVERY == 0:
                self._database.write_back()
            if not self._indexing.index():
                break
        with self._database.writing() as connection:
            connection.exec_driver_sql(ASKED)
        self._database.write_back()
        self._database.close()
        return Filled(self._visitors.token_of(owner), long.conversation_id)

    def _give(self, visitor_id: str, conversations: int, messages: int, extra: list[str]) -> None:
        lengths = _lengths(conversations, messages)
        while some := list(itertools.islice(lengths, CONVERSATIONS_AT_ONCE)):
            self._archive.add(visitor_id, [self._conversation(length, extra) for length in some])

    def _conversation(self, length: int, extra: list[str]) -> Batch:
        """Return a conversation of one branch; ``extra`` words are added to its messages in turn."""
        made_at = BEGIN + timedelta(seconds=self._random.randrange(SPREAD_SECONDS))
        ids = [new_id() for _ in range(length + 1)]
        messages = [
            KeptMessage(
                ids[place + 1],
                ids[0],
                ids[place] if place else None,
                Role.ASSISTANT if place % 2 else Role.USER,
                f"{self._text()} {extra[place % len(extra)] if extra else ''}",
                made_at + timedelta(seconds=20 * place),
            )
            for place in range(length)
        ]
        title = " ".join(messages[0].text.split()[:6])
        conversation = Conversation(ids[0], made_at, messages[-1].created_at, title, leaf_id=ids[-1])
        return Batch(ids[0], conversation, tuple(messages))

    def _text(self) -> str:
        """Return a text; short ones are as frequent as long ones are long."""
        count = round(SHORTEST_WORDS * (LONGEST_WORDS / SHORTEST_WORDS) ** self._random.random())
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))


def _lengths(conversations: int, messages: int) -> Iterator[int]:
    """Yield how many messages each conversation has, so that there are ``messages`` together."""
    for left in range(conversations, 0, -1):
        length = messages // left
        messages -= length
        yield length
