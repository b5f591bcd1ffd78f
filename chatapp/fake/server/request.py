"""A request for a completion, checked as the provider checks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from chatapp.fake.asked import Asked

ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})
PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


class BadRequest(ValueError):
    """The provider would not take such a request; ``param`` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Body(msgspec.Struct):
    """What the fake looks at; every other field of the API is taken and makes no difference."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    messages: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=128)] | None = None


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What is asked, and in which form the answer is wanted."""

    asked: Asked
    streamed: bool
    with_usage: bool


_decode = msgspec.json.Decoder(_Body).decode


def parse(body: bytes) -> CompletionRequest:
    """Return what ``POST /v1/chat/completions`` asks for.

    Raises:
        BadRequest: the provider would refuse it.
    """
    try:
        wanted = _decode(body)
    except msgspec.ValidationError as error:
        place = PLACE.search(str(error))
        missing = re.search(r"required field `(\w+)`", str(error))
        raise BadRequest(str(error), missing[1] if missing else place[1] if place else None) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("We could not parse the JSON body of your request.") from error
    for number, said in enumerate(wanted.messages):
        if said.get("role") not in ROLES:
            raise BadRequest(f"Invalid value: {said.get('role')!r}.", f"messages[{number}].role")
        if not isinstance(said.get("content"), str | list | None):
            raise BadRequest("Invalid type: expected text or a list of parts.", f"messages[{number}].content")
    if (wanted.n or 1) > 1:
        raise BadRequest("The fake gives one answer at a time: n must be 1.", "n")
    if wanted.stream_options is not None and not wanted.stream:
        raise BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    with_usage = bool(wanted.stream_options and wanted.stream_options.include_usage)
    cap = wanted.max_completion_tokens if wanted.max_tokens is None else wanted.max_tokens
    return CompletionRequest(Asked(wanted.model, wanted.messages, cap), bool(wanted.stream), with_usage)
