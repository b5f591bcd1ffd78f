"""Everything that a visitor has, read and written in flat memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_, update

from chatapp.adapters.sql.conversations import CREATE, FIND
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.deleting import require_present
from chatapp.adapters.sql.failures import Clash
from chatapp.adapters.sql.openings import ADD_MESSAGES
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import THIS, WITHOUT_SYSTEM, conversation_of, conversation_row, message_of, message_row
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import Conflict
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.stores import CHARACTERS_A_PAGE

ROWS_AT_ONCE = 100
LONG_AGO = -(1 << 62)
IDS: BindParameter[str] = bindparam("ids", expanding=True)

CONVERSATIONS = Prepared(
    select(*WITHOUT_SYSTEM, conversations.c.system.is_not(None).label("has_system"))
    .where(
        conversations.c.visitor_id == bindparam("visitor"),
        tuple_(conversations.c.created_at, conversations.c.id) > tuple_(bindparam("made_at"), bindparam("after")),
    )
    .order_by(conversations.c.created_at, conversations.c.id)
    .limit(ROWS_AT_ONCE)
)
POSITIONS = Prepared(
    select(messages.c.position)
    .where(
        messages.c.visitor_id == bindparam("visitor"),
        messages.c.conversation_id == bindparam("conversation"),
    )
    .order_by(messages.c.position)
)
THESE = messages.c.position.in_(bindparam("positions", expanding=True))
AT_POSITIONS = select(messages).where(THESE).order_by(messages.c.position)
LENGTHS = (
    select(messages.c.position, func.length(messages.c.text).label("characters"))
    .where(THESE)
    .order_by(messages.c.position)
)
KNOWN_CONVERSATIONS = select(conversations.c.id, conversations.c.leaf_id).where(
    conversations.c.visitor_id == bindparam("visitor"), conversations.c.id.in_(IDS)
)
KNOWN_MESSAGES = select(messages.c.id, messages.c.conversation_id).where(
    messages.c.visitor_id == bindparam("visitor"), messages.c.id.in_(IDS)
)
NEWEST = update(conversations).where(*THIS).values(newest=bindparam("newest_position"))
LEAF = update(conversations).where(*THIS).values(leaf_id=bindparam("leaf"))


class SqlArchive:
    """The ``Archive`` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def conversations(self, visitor_id: str) -> Iterator[Conversation]:
        """Yield all conversations, oldest first."""
        after = {"made_at": LONG_AGO, "after": ""}
        while True:
            with self._database.reading() as connection:
                rows = CONVERSATIONS.all(connection, {"visitor": visitor_id, **after})
            for row in rows:
                yield conversation_of(self._whole(visitor_id, row) if row.has_system else row)
            if len(rows) < ROWS_AT_ONCE:
                break
            after = {"made_at": rows[-1].created_at, "after": rows[-1].id}

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        """Yield all messages in the order in which they were made."""
        key = {"visitor": visitor_id, "conversation": conversation_id}
        with self._database.reading() as connection:
            positions = [row.position for row in POSITIONS.all(connection, key)]
        place = 0
        while place < len(positions):
            some = positions[place : place + ROWS_AT_ONCE]
            with self._database.reading() as connection:
                del some[_fitting(connection, some) :]
                rows = connection.execute(AT_POSITIONS, {"positions": some}).all()
            yield from map(message_of, rows)
            place += len(some)

    def _whole(self, visitor_id: str, listed: Any) -> Any:
        """Return the row of a conversation with its instructions, or as it was listed if it is gone since."""
        with self._database.reading() as connection:
            return FIND.first(connection, {"visitor": visitor_id, "conversation": listed.id}) or listed

    def known_conversations(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str | None]:
        """Return which of these conversations this visitor has, each with its leaf."""
        with self._database.reading() as connection:
            rows = connection.execute(KNOWN_CONVERSATIONS, {"visitor": visitor_id, "ids": list(ids)})
            return {row.id: row.leaf_id for row in rows}

    def known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Return which of these messages this visitor has, each with the id of its conversation."""
        with self._database.reading() as connection:
            rows = connection.execute(KNOWN_MESSAGES, {"visitor": visitor_id, "ids": list(ids)})
            return {row.id: row.conversation_id for row in rows}

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        """Keep whole conversations, or more messages of ones that are there, all in one go."""

        def keep(connection: Connection) -> None:
            require_present(connection, visitor_id)
            for part in batch:
                self._add(connection, visitor_id, part)

        try:
            self._database.write(keep)
        except Clash:
            raise Conflict("Something else is being kept under the same ids. Please try again.") from None

    def _add(self, connection: Connection, visitor_id: str, part: Batch) -> None:
        key = {"visitor": visitor_id, "conversation": part.conversation_id}
        if part.conversation is not None:
            position = self._next(part.conversation.created_at, 0)
            CREATE.run(connection, conversation_row(visitor_id, part.conversation, position))
        row = FIND.first(connection, key)
        if row is None:
            raise Clash
        newest = row.newest
        rows: list[dict[str, Any]] = []
        for message in part.messages:
            newest = self._next(message.created_at, newest)
            rows.append(message_row(visitor_id, message, newest))
        if rows:
            ADD_MESSAGES.run_many(connection, rows)
            connection.execute(NEWEST, key | {"newest_position": newest})
        if part.leaf_id is not None:
            connection.execute(LEAF, key | {"leaf": part.leaf_id})

    def _next(self, moment: datetime, above: int) -> int:
        return self._database.positions.next(moment, above)


def _fitting(connection: Connection, positions: Sequence[int]) -> int:
    """Return how many of these messages may be read at once: one, or more that are not too long together."""
    characters = 0
    with connection.execute(LENGTHS, {"positions": positions}) as found:
        for row in found:  # SQLite looks at no more of them than are asked for
            characters += row.characters
            place = positions.index(row.position)
            if characters > CHARACTERS_A_PAGE and place > 0:
                return place
    return len(positions)
