"""Conversations and their trees of messages."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, insert, literal, select, tuple_, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.deleting import delete_conversation, require_present
from chatapp.adapters.sql.failures import Clash
from chatapp.adapters.sql.pieces import saved_texts
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import (
    CONVERSATION_COLUMNS,
    THIS,
    WITHOUT_SYSTEM,
    conversation_of,
    conversation_row,
    message_of,
)
from chatapp.adapters.sql.searching import Searching
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.entities import Conversation, Message, Role
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Changes, Found, KeptMessage
from chatapp.domain.moments import milliseconds
from chatapp.domain.reply import ReplyState
from chatapp.domain.search import Query
from chatapp.domain.stores import CHARACTERS_A_PAGE

FIND = Prepared(select(conversations).where(*THIS))
PLACE = tuple_(conversations.c.pinned, conversations.c.updated_at, conversations.c.id)
LISTED = (
    select(*WITHOUT_SYSTEM)
    .where(conversations.c.visitor_id == bindparam("visitor"))
    .order_by(conversations.c.pinned.desc(), conversations.c.updated_at.desc(), conversations.c.id.desc())
    .limit(bindparam("most"))
)
LISTED_AFTER = LISTED.where(tuple_(bindparam("pinned"), bindparam("updated_at"), bindparam("after")) > PLACE)
CREATE = Prepared(insert(conversations).values({name: bindparam(name) for name in CONVERSATION_COLUMNS}))
MESSAGE = Prepared(
    select(messages).where(messages.c.visitor_id == bindparam("visitor"), messages.c.id == bindparam("message"))
)
CHILDREN = (
    select(messages.c.parent_id, messages.c.id)
    .where(
        messages.c.visitor_id == bindparam("visitor"),
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.parent_id.in_(bindparam("parents", expanding=True)),
    )
    .order_by(messages.c.position)
)
ROOTS = (
    select(messages.c.parent_id, messages.c.id)
    .where(
        messages.c.visitor_id == bindparam("visitor"),
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.parent_id.is_(None),
    )
    .order_by(messages.c.position)
)


def _upward() -> Any:
    """Return the ids on the way from a leaf to its root, with how far they are from the leaf.

    The way ends after so many messages, or with the one that makes it so many characters long.
    """
    length = func.length(messages.c.text)
    way = (
        select(messages.c.id, messages.c.parent_id, literal(1).label("distance"), length.label("characters"))
        .where(messages.c.visitor_id == bindparam("visitor"), messages.c.id == bindparam("leaf"))
        .cte("way", recursive=True)
    )
    above = select(messages.c.id, messages.c.parent_id, way.c.distance + 1, way.c.characters + length).where(
        messages.c.visitor_id == bindparam("visitor"),
        messages.c.id == way.c.parent_id,
        way.c.distance < bindparam("most"),
        way.c.characters < bindparam("characters"),
    )
    return way.union_all(above)


WAY = _upward()
ON_THE_WAY = (
    messages.join(WAY, (messages.c.id == WAY.c.id) & (messages.c.visitor_id == bindparam("visitor"))),
    WAY.c.distance.desc(),
)
BRANCH = select(messages).select_from(ON_THE_WAY[0]).order_by(ON_THE_WAY[1])
HISTORY = Prepared(
    select(messages.c.position, messages.c.parent_id, messages.c.role, messages.c.state, messages.c.text)
    .select_from(ON_THE_WAY[0])
    .order_by(ON_THE_WAY[1])
)
MESSAGES_AT_ONCE = 500
A_BREATH_SECONDS = 0.001


def _downward() -> Any:
    """Return the ids on the way from a message to its newest child, that one's newest child and so on."""
    way = select(bindparam("message", type_=String).label("id"), literal(0).label("distance")).cte(
        "down", recursive=True
    )
    newest_child = (
        select(messages.c.id)
        .where(
            messages.c.visitor_id == bindparam("visitor"),
            messages.c.conversation_id == bindparam("conversation"),
            messages.c.parent_id == way.c.id,
        )
        .order_by(messages.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    below = select(newest_child, way.c.distance + 1).where(way.c.id.is_not(None), way.c.distance < bindparam("most"))
    return way.union_all(below)


DOWN = _downward()
END = Prepared(
    select(DOWN.c.id, DOWN.c.distance).where(DOWN.c.id.is_not(None)).order_by(DOWN.c.distance.desc()).limit(1)
)


class SqlConversationStore:
    """The ``ConversationStore`` in a database."""

    def __init__(self, database: Database, searching: Searching) -> None:
        self._database = database
        self._searching = searching

    def create(self, visitor_id: str, conversation: Conversation) -> None:
        """Keep a new, empty conversation."""

        def keep(connection: Connection) -> None:
            require_present(connection, visitor_id)
            position = self._database.positions.next(conversation.created_at)
            CREATE.run(connection, conversation_row(visitor_id, conversation, position))

        try:
            self._database.write(keep)
        except Clash:
            raise NotFound("There is no such visitor.") from None

    def find(self, visitor_id: str, conversation_id: str) -> Conversation | None:
        """Return the conversation."""
        row = self._database.first(FIND, _key(visitor_id, conversation_id))
        return None if row is None else conversation_of(row)

    def listed(self, visitor_id: str, after: Conversation | None, limit: int) -> Sequence[Conversation]:
        """Return conversations, pinned ones first, then newest first; those behind ``after``, or from the beginning."""
        values: dict[str, Any] = {"visitor": visitor_id, "most": limit}
        statement = LISTED
        if after is not None:
            statement = LISTED_AFTER
            values |= {"pinned": after.pinned, "updated_at": milliseconds(after.updated_at), "after": after.id}
        with self._database.reading() as connection:
            return [conversation_of(row) for row in connection.execute(statement, values)]

    def search(self, visitor_id: str, query: Query, below: int | None, limit: int) -> Sequence[Found]:
        """Return conversations with a message or title that matches, each once at its newest match, newest first."""
        return self._searching.find(visitor_id, query, below, limit)

    def change(self, visitor_id: str, conversation_id: str, changes: Changes) -> Conversation | None:
        """Change what is to be changed, and return how it is now."""
        key = _key(visitor_id, conversation_id)
        with self._database.writing() as connection:
            if changes.leaf_id is not None:
                _require_inside(connection, key, changes.leaf_id)
            if values := _changed(changes):
                connection.execute(update(conversations).where(*THIS).values(**values), key)
            row = FIND.first(connection, key)
            return None if row is None else conversation_of(row)

    def delete(self, visitor_id: str, conversation_id: str) -> bool:
        """Remove a conversation with all that belongs to it; return False if there is none."""
        return delete_conversation(self._database, visitor_id, conversation_id)

    def message(self, visitor_id: str, message_id: str) -> KeptMessage | None:
        """Return one message, without its siblings."""
        with self._database.reading() as connection:
            row = MESSAGE.first(connection, {"visitor": visitor_id, "message": message_id})
            return None if row is None else message_of(row, _running_texts(connection, [row]).get(row.position))

    def branch(
        self, visitor_id: str, leaf_id: str, limit: int, characters: int = CHARACTERS_A_PAGE
    ) -> Sequence[KeptMessage]:
        """Return at most ``limit`` messages that lead to ``leaf_id``, that one last; with their siblings."""
        with self._database.reading() as connection:
            values = {"visitor": visitor_id, "leaf": leaf_id, "most": limit, "characters": characters}
            rows = connection.execute(BRANCH, values).all()
            if not rows:
                return ()
            key = _key(visitor_id, rows[0].conversation_id)
            siblings = _siblings(connection, key, [row.parent_id for row in rows])
            texts = _running_texts(connection, rows)
        return [message_of(row, texts.get(row.position), tuple(siblings[row.parent_id])) for row in rows]

    def history(self, visitor_id: str, leaf_id: str) -> Sequence[Message]:
        """Return all messages that lead to ``leaf_id``, that one last, as a model is told them."""
        parts: list[Sequence[Message]] = []
        above: str | None = leaf_id
        while above is not None:
            with self._database.reading() as connection:
                part = {"leaf": above, "most": MESSAGES_AT_ONCE, "characters": CHARACTERS_A_PAGE}
                rows = HISTORY.all(connection, {"visitor": visitor_id, **part})
                texts = _running_texts(connection, rows)
            parts.append([Message(Role(row.role), texts.get(row.position, row.text)) for row in rows])
            above = rows[0].parent_id if rows else None
            if above is not None:
                time.sleep(A_BREATH_SECONDS)
        return [message for part in reversed(parts) for message in part]

    def newest_leaf(self, visitor_id: str, message_id: str) -> str:
        """Return the end of the branch below a message: its newest child's newest child and so on, or itself."""
        with self._database.reading() as connection:
            row = MESSAGE.first(connection, {"visitor": visitor_id, "message": message_id})
            if row is None:
                return message_id
        key = _key(visitor_id, row.conversation_id) | {"most": MESSAGES_AT_ONCE}
        leaf = message_id
        while True:
            with self._database.reading() as connection:
                end = END.first(connection, key | {"message": leaf})
            leaf = str(end.id)
            if end.distance < MESSAGES_AT_ONCE:
                return leaf
            time.sleep(A_BREATH_SECONDS)


def _key(visitor_id: str, conversation_id: str) -> dict[str, Any]:
    return {"visitor": visitor_id, "conversation": conversation_id}


def _require_inside(connection: Connection, key: dict[str, Any], leaf_id: str) -> None:
    row = MESSAGE.first(connection, {"visitor": key["visitor"], "message": leaf_id})
    if row is None or row.conversation_id != key["conversation"]:
        raise NotFound("There is no such message in this conversation.")


def _changed(changes: Changes) -> dict[str, Any]:
    given = {
        "title": changes.title,
        "pinned": changes.pinned,
        "leaf_id": changes.leaf_id,
        "model_id": changes.model_id,
        "system": changes.system,
    }
    values = {name: value for name, value in given.items() if value is not None} | dict.fromkeys(changes.clear)
    return values | ({"indexed": False} if "title" in values else {})


def _running_texts(connection: Connection, rows: Iterable[Any]) -> Mapping[int, str]:
    running = [row.position for row in rows if row.state == ReplyState.RUNNING.value]
    return saved_texts(connection, running)


def _siblings(
    connection: Connection, key: dict[str, Any], parents: Sequence[str | None]
) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = defaultdict(list)
    for parent_id, child_id in connection.execute(CHILDREN, key | {"parents": [each for each in parents if each]}):
        found[parent_id].append(child_id)
    if None in parents:
        found[None] = [child_id for _, child_id in connection.execute(ROOTS, key)]
    return found
