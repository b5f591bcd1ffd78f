"""Removing a conversation, or all that a visitor has, in steps that hold nobody up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import count

from sqlalchemy import Connection, bindparam, delete, false, func, null, select, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.erasing import note_deletion
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import THIS
from chatapp.adapters.sql.searching import index_of
from chatapp.adapters.sql.tables import asked, conversations, messages, visitors
from chatapp.domain.errors import NotFound

MESSAGES_A_STEP = 25
CHARACTERS_A_STEP = 30_000
CONVERSATIONS_A_STEP = 50
STEPS_UNTIL_TIDY = 50
MERGES = 20
A_BREATH_SECONDS = 0.001

SOME_OF_VISITOR = (
    select(messages.c.position, messages.c.id, func.length(messages.c.text).label("characters"))
    .where(messages.c.visitor_id == bindparam("visitor"))
    .limit(MESSAGES_A_STEP)
)
SOME = Prepared(SOME_OF_VISITOR.where(messages.c.conversation_id == bindparam("conversation")))
SOME_OF_ALL = Prepared(SOME_OF_VISITOR)
DELETE_MESSAGE = Prepared(delete(messages).where(messages.c.position == bindparam("at")))
FORGET_ASKED = Prepared(
    delete(asked).where(asked.c.visitor_id == bindparam("visitor"), asked.c.reply_id == bindparam("reply"))
)
DELETE = Prepared(delete(conversations).where(*THIS))
# From the first step on it is empty to see: if the process dies in the midst, whoever deletes it again goes on.
EMPTY = Prepared(update(conversations).where(*THIS).values(leaf_id=null(), title=""))
SOME_CONVERSATIONS = Prepared(
    select(conversations.c.id).where(conversations.c.visitor_id == bindparam("visitor")).limit(CONVERSATIONS_A_STEP)
)
PRESENT = Prepared(select(visitors.c.id).where(visitors.c.id == bindparam("visitor"), visitors.c.removed == false()))


def require_present(connection: Connection, visitor_id: str) -> None:
    """Look, in the transaction that is to keep something for a visitor, whether they are there.

    Raises:
        NotFound: they are not, or are just being removed: the removal would have to catch up with what is new.
    """
    if PRESENT.first(connection, {"visitor": visitor_id}) is None:
        raise NotFound("There is no such visitor.")


def delete_conversation(database: Database, visitor_id: str, conversation_id: str) -> bool:
    """Remove a conversation with all that belongs to it; return False if there is none.

    The newest part may be gone before the oldest; the conversation itself goes last.
    """
    key = {"visitor": visitor_id, "conversation": conversation_id}
    with database.writing() as connection:
        if not EMPTY.run(connection, key):
            return False
    was_there = False
    for _ in _steps(database):
        with database.writing() as connection:
            if _delete_some(connection, SOME, key):
                continue
            was_there = DELETE.run(connection, key) > 0
            if was_there:
                note_deletion(connection)
            break
    return was_there


def delete_everything(database: Database, visitor_id: str) -> None:
    """Remove all conversations of a visitor with all that belongs to them."""
    key = {"visitor": visitor_id}
    for _ in _steps(database):
        with database.writing() as connection:
            if not (_delete_some(connection, SOME_OF_ALL, key) or _delete_conversations(connection, key)):
                return


def _steps(database: Database) -> Iterator[None]:
    """Begin step after step, with a breath between them: others want to write too."""
    index = index_of(database)
    for step in count(1):
        yield
        time.sleep(A_BREATH_SECONDS)
        if step % STEPS_UNTIL_TIDY == 0:
            # Each leaves a part of the index. Where there are very many, FTS5 would merge them in the midst of a step.
            for _ in range(MERGES):
                if not index.tidy():
                    break
                time.sleep(A_BREATH_SECONDS)


def _delete_conversations(connection: Connection, key: Mapping[str, str]) -> bool:
    """Delete conversations; return True if there may be more."""
    rows = SOME_CONVERSATIONS.all(connection, key)
    if rows:
        DELETE.run_many(connection, [{**key, "conversation": row.id} for row in rows])
        note_deletion(connection)
    return len(rows) > 0


def _delete_some(connection: Connection, some: Prepared, key: Mapping[str, str]) -> bool:
    """Delete messages, as many as one step may; return True if there may be more."""
    rows = some.all(connection, key)
    count = characters = 0
    for row in rows:
        characters += row.characters
        if count and characters > CHARACTERS_A_STEP:
            break
        count += 1
    # In this order: FTS5 would make a part of its own for each that is older than the one before.
    gone = sorted(rows[:count], key=lambda row: row.position)
    FORGET_ASKED.run_many(connection, [{"visitor": key["visitor"], "reply": row.id} for row in gone])
    DELETE_MESSAGE.run_many(connection, [{"at": row.position} for row in gone])
    if gone:
        note_deletion(connection)
    return len(gone) < len(rows) or len(rows) == MESSAGES_A_STEP
