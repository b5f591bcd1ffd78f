"""Everything that a visitor has, read and written in flat memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, tuple_, update

from chatapp.adapters.sql.conversations import CREATE, FIND
from chatapp.adapters.sql.database import Clash, Database
from chatapp.adapters.sql.deleting import require_present
from chatapp.adapters.sql.openings import ADD_MESSAGES
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import conversation_of, conversation_row, message_of, message_row
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import Conflict
from chatapp.domain.kept import Batch, KeptMessage

ROWS_AT_ONCE = 100
LONG_AGO = -(1 << 62)
IDS: BindParameter[str] = bindparam("ids", expanding=True)

CONVERSATIONS = Prepared(
    select(conversations)
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
AT_POSITIONS = (
    select(messages)
    .where(messages.c.position.in_(bindparam("positions", expanding=True)))
    .order_by(messages.c.position)
)
KNOWN_CONVERSATIONS = select(conversations.c.id, conversations.c.leaf_id).where(
    conversations.c.visitor_id == bindparam("visitor"), conversations.c.id.in_(IDS)
)
KNOWN_MESSAGES = select(messages.c.id, messages.c.conversation_id).where(
    messages.c.visitor_id == bindparam("visitor"), messages.c.id.in_(IDS)
)
NEWEST = (
    update(conversations)
    .where(conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation"))
    .values(newest=bindparam("newest_position"))
)
LEAF = (
    update(conversations)
    .where(conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation"))
    .values(leaf_id=bindparam("leaf"))
)


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
            yield from map(conversation_of, rows)
            if len(rows) < ROWS_AT_ONCE:
                break
            after = {"made_at": rows[-1].created_at, "after": rows[-1].id}

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        """Yield all messages in the order in which they were made."""
        key = {"visitor": visitor_id, "conversation": conversation_id}
        with self._database.reading() as connection:
            positions = [row.position for row in POSITIONS.all(connection, key)]
        for place in range(0, len(positions), ROWS_AT_ONCE):
            some = {"positions": positions[place : place + ROWS_AT_ONCE]}
            with self._database.reading() as connection:
                rows = connection.execute(AT_POSITIONS, some).all()
            yield from map(message_of, rows)

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
