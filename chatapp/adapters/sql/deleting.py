"""Removing a conversation, in steps that hold nobody up."""

from __future__ import annotations

import time

from sqlalchemy import bindparam, delete, select

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.tables import asked, conversations, messages

MESSAGES_A_STEP = 200
A_BREATH_SECONDS = 0.001

SOME_MESSAGES = (
    select(messages.c.position)
    .where(
        messages.c.visitor_id == bindparam("visitor"),
        messages.c.conversation_id == bindparam("conversation"),
    )
    .limit(MESSAGES_A_STEP)
)
DELETE_SOME = delete(messages).where(messages.c.position.in_(SOME_MESSAGES))
FORGET_ASKED = delete(asked).where(
    asked.c.visitor_id == bindparam("visitor"),
    asked.c.reply_id.in_(
        select(messages.c.id).where(
            messages.c.visitor_id == bindparam("visitor"), messages.c.conversation_id == bindparam("conversation")
        )
    ),
)
DELETE = delete(conversations).where(
    conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation")
)


def delete_conversation(database: Database, visitor_id: str, conversation_id: str) -> bool:
    """Remove a conversation with all that belongs to it; return False if there is none.

    The newest part may be gone before the oldest; the conversation itself goes last.
    """
    key = {"visitor": visitor_id, "conversation": conversation_id}
    with database.writing() as connection:
        connection.execute(FORGET_ASKED, key)
    while True:
        with database.writing() as connection:
            if connection.execute(DELETE_SOME, key).rowcount < MESSAGES_A_STEP:
                return connection.execute(DELETE, key).rowcount > 0
        time.sleep(A_BREATH_SECONDS)  # others want to write too
