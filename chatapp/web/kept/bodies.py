"""What is sent to the routes of kept conversations, checked strictly."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, post_load, validates_schema

from chatapp.domain.conversation import Ask
from chatapp.domain.kept import Changes
from chatapp.domain.reply import OnDisconnect
from chatapp.web.chat_body import BodyLimits
from chatapp.web.fields import CLIENT_ID, CURSOR, Body, Choice, Flag, Id, Limit, Query, Text, Word

TITLE_CHARACTERS = 200
MODEL_CHARACTERS = 200
QUERY_CHARACTERS = 200
"""A server reads no address of more than some 4,000 bytes, and one character may take twelve."""
SECRET_CHARACTERS = 200
CURSOR_REASON = "This is not a place in this list. Please take “next” of the last page."
CLIENT_ID_REASON = "This must be 1 to 64 letters, digits and signs of “-_.:”."

EITHER = "Please give either “message” or “answer_to”."
NO_PARENT = "Another answer stands where the others do: please leave this out."


class Nothing(Body):
    """An object without fields: ``{}``."""


class TakeOver(Body):
    """The secret that brings a visitor along."""

    secret = Text(max_characters=SECRET_CHARACTERS, required=True)


class ListQuery(Query):
    """Which conversations to list."""

    q = Text(
        max_characters=QUERY_CHARACTERS,
        load_default=None,
        metadata={"description": "Words, and phrases between double quotes, that are all in one message or title."},
    )
    cursor = Word(CURSOR, CURSOR_REASON, load_default=None, metadata={"description": "“next” of the page before."})
    limit = Limit(most=100, usual=30)


class BranchQuery(Query):
    """Which messages of a branch to show."""

    before = Id(load_default=None, metadata={"description": "“before” of the page that came after."})
    limit = Limit(most=200, usual=50)


class ExportQuery(Query):
    """What kind of file to make."""

    format = Choice("markdown", "jsonl", load_default="markdown")


def new_conversation(limits: BodyLimits) -> Schema:
    """Return the schema of a new conversation; it loads the arguments of ``ConversationService.create``."""

    class NewConversation(Body):
        title = Text(max_characters=TITLE_CHARACTERS, metadata={"description": "Else its first message names it."})
        model = Text(max_characters=MODEL_CHARACTERS, allow_none=True, metadata={"description": "Who answers in it."})
        system = Text(
            max_characters=limits.message_characters, allow_none=True, metadata={"description": "Its instructions."}
        )

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
            return {"title": data.get("title", ""), "model_id": data.get("model"), "system": data.get("system")}

    return NewConversation()


def changes(limits: BodyLimits) -> Schema:
    """Return the schema of what is to be changed about a conversation; it loads ``Changes``."""

    class ConversationChanges(Body):
        title = Text(max_characters=TITLE_CHARACTERS)
        pinned = Flag()
        model = Text(max_characters=MODEL_CHARACTERS, allow_none=True, metadata={"description": "null: the default."})
        system = Text(
            max_characters=limits.message_characters, allow_none=True, metadata={"description": "null: none."}
        )
        leaf_id = Id(metadata={"description": "Show the branch of this message, up to its newest end."})

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> Changes:
            names = {"model": "model_id", "system": "system"}
            return Changes(
                title=data.get("title"),
                pinned=data.get("pinned"),
                leaf_id=data.get("leaf_id"),
                model_id=data.get("model"),
                system=data.get("system"),
                clear=frozenset(own for name, own in names.items() if name in data and data[name] is None),
            )

    return ConversationChanges()


def ask(limits: BodyLimits) -> Schema:
    """Return the schema of a question in a conversation; it loads an ``Ask``."""

    class KeptQuestion(Body):
        message = Text(
            max_characters=limits.message_characters,
            metadata={"description": "A new message. Either this or “answer_to” is required."},
        )
        parent_id = Id(
            allow_none=True,
            metadata={
                "description": "What the new message stands under: else the end of the branch shown; null: none."
            },
        )
        answer_to = Id(metadata={"description": "A message of a person that is to get another answer."})
        model = Text(max_characters=MODEL_CHARACTERS, metadata={"description": "Who answers this time."})
        client_id = Word(
            CLIENT_ID,
            CLIENT_ID_REASON,
            metadata={"description": "Your own name for this question: asked again, it is answered and paid once."},
        )
        on_disconnect = Choice(
            *OnDisconnect,
            metadata={"description": "What becomes of the reply when its last reader has gone; else it goes on."},
        )

        @validates_schema
        def require_one(self, data: dict[str, Any], **_: Any) -> None:
            if ("message" in data) == ("answer_to" in data):
                raise ValidationError(EITHER, "answer_to" if "message" in data else "message")
            if "answer_to" in data and "parent_id" in data:
                raise ValidationError(NO_PARENT, "parent_id")

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> Ask:
            return Ask(
                message=data.get("message"),
                answer_to=data.get("answer_to"),
                parent_id=data.get("parent_id"),
                under_leaf="parent_id" not in data,
                model_id=data.get("model"),
                client_id=data.get("client_id"),
                on_disconnect=OnDisconnect(data.get("on_disconnect", OnDisconnect.CONTINUE)),
            )

    return KeptQuestion()
