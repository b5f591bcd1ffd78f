"""What answers look like; the API's description is made from it."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from chatapp.domain.entities import Role

ROLES = {role.value: role for role in Role}


class MessageSchema(Schema):
    """One turn of the conversation."""

    role = fields.String(required=True, validate=validate.OneOf(sorted(ROLES)))
    content = fields.String(required=True)


class Detail(Schema):
    """One thing that is wrong with a request."""

    path = fields.String(required=True)
    reason = fields.String(required=True)


class ErrorSchema(Schema):
    """What every error looks like."""

    class Meta:
        """Names the schema in the API's description."""

        title = "Error"

    error = fields.String(required=True, metadata={"description": "One plain sentence."})
    code = fields.String(required=True)
    request_id = fields.String(required=True)
    details = fields.List(fields.Nested(Detail))
    text_so_far = fields.String(
        data_key="partial", metadata={"description": "The text so far of an answer that broke off."}
    )


class PromptDetails(Schema):
    """Parts of the prompt's tokens."""

    cached_tokens = fields.Integer()
    cache_write_tokens = fields.Integer()


class CompletionDetails(Schema):
    """Parts of the answer's tokens."""

    reasoning_tokens = fields.Integer()


class UsageSchema(Schema):
    """Tokens of one answer."""

    prompt_tokens = fields.Integer(required=True)
    completion_tokens = fields.Integer(required=True)
    total_tokens = fields.Integer(required=True)
    prompt_tokens_details = fields.Nested(PromptDetails)
    completion_tokens_details = fields.Nested(CompletionDetails)


class CostSchema(Schema):
    """What an answer cost."""

    usd = fields.String(required=True, allow_none=True, metadata={"description": "Decimal digits; null: unknown."})
    source = fields.String(required=True, validate=validate.OneOf(["provider", "estimated", "unknown"]))
    price_as_of = fields.Date(required=True, allow_none=True)


class AllowanceSchema(Schema):
    """Most of a day's budget is used up: there only where it is."""

    of = fields.String(required=True, validate=validate.OneOf(["visitor", "everybody"]))
    used_percent = fields.Integer(required=True, allow_none=True, metadata={"description": "null: everybody's."})
    returns_at = fields.DateTime(required=True, metadata={"description": "When it comes back: midnight UTC."})


class ChatAnswer(Schema):
    """A whole answer."""

    response = fields.String(required=True)
    model = fields.String(required=True)
    conversation = fields.List(fields.Nested(MessageSchema), required=True)
    usage = fields.Nested(UsageSchema, required=True)
    finish_reason = fields.String(required=True, allow_none=True, metadata={"description": "null: it was stopped."})
    cost = fields.Nested(CostSchema, required=True)
    allowance = fields.Nested(AllowanceSchema)


class LongPromptSchema(Schema):
    """Dearer rates for long prompts."""

    above_tokens = fields.Integer(required=True)
    input_factor = fields.String(required=True)
    output_factor = fields.String(required=True)


class PriceSchema(Schema):
    """US dollars per million tokens, as decimal digits."""

    input_usd_per_million = fields.String(required=True)
    cached_input_usd_per_million = fields.String(required=True, allow_none=True)
    output_usd_per_million = fields.String(required=True)
    cache_write_usd_per_million = fields.String()
    long_prompt = fields.Nested(LongPromptSchema)
    as_of = fields.Date(required=True)


class ModelSchema(Schema):
    """One model."""

    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["active", "deprecated", "retired"]))
    shutdown_date = fields.Date(required=True, allow_none=True)
    replacement = fields.String(required=True, allow_none=True)
    context_tokens = fields.Integer(required=True)
    max_output_tokens = fields.Integer(required=True)
    price = fields.Nested(PriceSchema, required=True, allow_none=True)


class Models(Schema):
    """The models that can be asked."""

    models = fields.List(fields.String(), required=True)
    default = fields.String(required=True)
    details = fields.List(fields.Nested(ModelSchema), required=True)


class Health(Schema):
    """The server is there."""

    status = fields.String(required=True, validate=validate.Equal("healthy"))
    service = fields.String(required=True)
    provider = fields.String(required=True, validate=validate.OneOf(["OpenAI", "Fake"]))


class Admission(Schema):
    """Whether a site may use the chat."""

    allowed = fields.Boolean(required=True)
    setting = fields.String(required=True, metadata={"description": "Where the owner names the sites that may."})


class Alive(Schema):
    """This process answers."""

    status = fields.String(required=True, validate=validate.Equal("live"))


class Ready(Schema):
    """This process takes new questions."""

    status = fields.String(required=True, validate=validate.Equal("ready"))


class About(Schema):
    """What this API is."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    description = fields.String(required=True)
    endpoints = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    documentation = fields.String(required=True)
