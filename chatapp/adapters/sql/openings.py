"""The beginning of a kept reply: its question, the empty answer and the new leaf, all in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, case, false, insert, select, update

from chatapp.adapters.sql.database import Positions
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import MESSAGE_COLUMNS, message_row
from chatapp.adapters.sql.tables import asked, conversations, messages, visitors
from chatapp.domain.entities import Role
from chatapp.domain.errors import Conflict, Detail, NotFound
from chatapp.domain.kept import Asked, Opening
from chatapp.domain.moments import milliseconds
from chatapp.domain.reply import ReplyState

FIND_ASKED = Prepared(
    select(asked).where(asked.c.visitor_id == bindparam("visitor"), asked.c.client_id == bindparam("client"))
)
ADD_ASKED = Prepared(insert(asked).values({column.name: bindparam(column.name) for column in asked.c}))
PLACE = (
    select(conversations.c.newest, messages.c.id, messages.c.state)
    .select_from(
        # Whoever is being removed gets nothing new, which the removal would have to catch up with.
        conversations.join(
            visitors, (visitors.c.id == conversations.c.visitor_id) & (visitors.c.removed == false())
        ).outerjoin(
            messages,
            (messages.c.visitor_id == conversations.c.visitor_id)
            & (messages.c.conversation_id == conversations.c.id)
            & (messages.c.id == bindparam("parent")),
        )
    )
    .where(conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation"))
)
FIND_PLACE = Prepared(PLACE)
LOCK_PLACE = Prepared(PLACE.with_for_update(of=conversations))
ADD_MESSAGES = Prepared(insert(messages).values({name: bindparam(name) for name in MESSAGE_COLUMNS}))
MOVE_ON = Prepared(
    update(conversations)
    .where(conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation"))
    .values(
        leaf_id=bindparam("leaf"),
        updated_at=bindparam("at"),
        newest=bindparam("newest_position"),
        # Not to be indexed: its words are those of the first message.
        title=case((conversations.c.title == "", bindparam("name")), else_=conversations.c.title),
    )
)


def find_asked(connection: Connection, visitor_id: str, client_id: str) -> Asked | None:
    """Return what a visitor asked under a client id before."""
    row = FIND_ASKED.first(connection, {"visitor": visitor_id, "client": client_id})
    return None if row is None else Asked(row.client_id, row.digest, row.reply_id)


def keep_opening(connection: Connection, positions: Positions, opening: Opening, owner: str) -> Asked | None:
    """Keep a reply that begins, made by the process ``owner``; or return what was asked before, and keep nothing.

    Raises:
        NotFound, Conflict: it cannot begin there.
    """
    if opening.asked and (before := find_asked(connection, opening.visitor_id, opening.asked.client_id)):
        return before
    key = {"visitor": opening.visitor_id, "conversation": opening.conversation_id}
    find = FIND_PLACE if connection.dialect.name == "sqlite" else LOCK_PLACE
    position = _newest_of(find.first(connection, key | {"parent": opening.parent_id}), opening)
    rows = []
    if opening.question is not None:
        position = positions.next(opening.created_at, above=position)
        rows.append(message_row(opening.visitor_id, opening.question, position))
    position = positions.next(opening.created_at, above=position)
    rows.append(_reply_row(opening, owner, position))
    ADD_MESSAGES.run_many(connection, rows)
    moved = {"leaf": opening.reply_id, "at": milliseconds(opening.created_at), "newest_position": position}
    MOVE_ON.run(connection, key | moved | {"name": opening.title})
    if opening.asked:
        ADD_ASKED.run(connection, _asked_row(opening.visitor_id, opening.asked))
    return None


def _newest_of(place: Any, opening: Opening) -> int:
    """Return the position of the newest message of the conversation, if the reply may begin there."""
    if place is None:
        raise NotFound("There is no such conversation.")
    if (opening.parent_id is not None or opening.question is None) and place.id is None:
        raise NotFound("There is no such message in this conversation.")
    if place.state == ReplyState.RUNNING.value:
        raise Conflict(
            "The answer above is still being written. Wait for its end, or stop it.",
            details=(Detail("parent_id", f"The reply {place.id} is still running."),),
        )
    newest: int = place.newest
    return newest


def _reply_row(opening: Opening, owner: str, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "visitor_id": opening.visitor_id,
        "conversation_id": opening.conversation_id,
        "id": opening.reply_id,
        "parent_id": opening.user_message_id,
        "role": Role.ASSISTANT.value,
        "text": "",
        "created_at": milliseconds(opening.created_at),
        "model_id": opening.model_id,
        "request_id": opening.request_id,
        "left_out": opening.left_out,
        "owner": owner,
        "state": ReplyState.RUNNING.value,
        "finish_reason": None,
        "usage": None,
        "cost": None,
        "error": None,
    }


def _asked_row(visitor_id: str, asked: Asked) -> dict[str, str]:
    return {
        "visitor_id": visitor_id,
        "client_id": asked.client_id,
        "digest": asked.digest,
        "reply_id": asked.reply_id,
    }
