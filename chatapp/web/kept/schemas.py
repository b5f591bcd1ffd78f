"""What the answers about kept conversations look like; the API's description is made from it."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatapp.domain.reply import ReplyState
from chatapp.web.schemas import ROLES, AllowanceSchema, CostSchema, Detail, UsageSchema

STATES = [state.value for state in ReplyState]


class KeptError(Schema):
    """Why a reply ended as it did."""

    error = fields.String(required=True, metadata={"description": "One plain sentence."})
    code = fields.String(required=True)
    request_id = fields.String(required=True, allow_none=True, metadata={"description": "The request that asked."})
    retry_after_seconds = fields.Integer()


class KeptAnswer(Schema):
    """What a message and a reply have in common."""

    model = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    finish_reason = fields.String(required=True, allow_none=True)
    error = fields.Nested(KeptError, required=True, allow_none=True)
    text = fields.String(required=True)
    usage = fields.Nested(UsageSchema, required=True, allow_none=True)
    cost = fields.Nested(CostSchema, required=True, allow_none=True)
    left_out = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many of the oldest messages did not fit into the model; null: nobody knows."},
    )


class KeptReply(KeptAnswer):
    """A reply, with its text so far."""

    id = fields.String(required=True)
    conversation_id = fields.String(required=True)
    message_id = fields.String(required=True)
    user_message_id = fields.String(required=True, allow_none=True)
    allowance = fields.Nested(AllowanceSchema)


class KeptMessageSchema(KeptAnswer):
    """A message of a branch."""

    id = fields.String(required=True)
    parent_id = fields.String(required=True, allow_none=True)
    reply_id = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, validate=validate.OneOf(sorted(ROLES)))
    created_at = fields.DateTime(required=True)
    siblings = fields.List(fields.String(), required=True)


class ConversationEntry(Schema):
    """A conversation in a list."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    pinned = fields.Boolean(required=True)
    model = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class FoundConversation(ConversationEntry):
    """The same, with a piece of what was searched for."""

    snippet = fields.String()


class ConversationList(Schema):
    """A page of conversations."""

    conversations = fields.List(fields.Nested(FoundConversation), required=True)
    next_cursor = fields.String(data_key="next", required=True, allow_none=True)


class ConversationSchema(ConversationEntry):
    """A conversation without its messages."""

    system = fields.String(required=True, allow_none=True)
    leaf_id = fields.String(required=True, allow_none=True, metadata={"description": "The end of the branch shown."})


class ConversationWithMessages(ConversationSchema):
    """A conversation with the newest messages of the branch shown, oldest first."""

    messages = fields.List(fields.Nested(KeptMessageSchema), required=True)
    before = fields.String(required=True, allow_none=True)


class VisitorToken(Schema):
    """Who has it is this visitor."""

    token = fields.String(required=True)


class Handoff(Schema):
    """What brings a visitor to another device, once."""

    secret = fields.String(required=True)
    expires_in_seconds = fields.Integer(required=True)


class Done(Schema):
    """It is done, and there is nothing more to say: an empty object."""


class ImportedSchema(Schema):
    """What became of a file."""

    conversations = fields.Integer(required=True)
    messages = fields.Integer(required=True)
    known = fields.Integer(required=True)
    left_out = fields.List(fields.Nested(Detail), required=True)
