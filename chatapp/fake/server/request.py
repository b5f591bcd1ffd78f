"""A request for a completion, checked as the provider checks it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from chatapp.fake.asked import Asked

ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})
PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
MISSING = re.compile(r"Object missing required field `(.*)`")
WRONG_KIND = re.compile(r"Expected `(.*)`, got `(.*)`")
OUT_OF_BOUNDS = re.compile(r"Expected `(.*)` ([<>]=) ([\d.]+)")
KINDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
"""What msgspec's kinds of values are called in JSON."""
LONGEST_QUOTE = 100


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
        raise _in_plain_words(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("We could not parse the JSON body of your request.") from error
    for number, said in enumerate(wanted.messages):
        role = said.get("role")
        if not isinstance(role, str) or role not in ROLES:
            there = f"Invalid value: {json.dumps(role, ensure_ascii=False)[:LONGEST_QUOTE]}"
            raise BadRequest(f"{there}. Supported values are: {', '.join(sorted(ROLES))}.", f"messages[{number}].role")
        if not isinstance(said.get("content"), str | list | None):
            raise BadRequest("Invalid type: expected text or a list of parts.", f"messages[{number}].content")
    if (wanted.n or 1) > 1:
        raise BadRequest("The fake gives one answer at a time: n must be 1.", "n")
    if wanted.stream_options is not None and not wanted.stream:
        raise BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    with_usage = bool(wanted.stream_options and wanted.stream_options.include_usage)
    cap = wanted.max_completion_tokens if wanted.max_tokens is None else wanted.max_tokens
    return CompletionRequest(Asked(wanted.model, wanted.messages, cap), bool(wanted.stream), with_usage)


def _in_plain_words(reason: str) -> BadRequest:
    """Return what msgspec says as the provider would say it."""
    place = PLACE.search(reason)
    words, param = PLACE.sub("", reason), place[1] if place and place[1] else None
    if missing := MISSING.fullmatch(words):
        name = f"{param}.{missing[1]}" if param else missing[1]
        return BadRequest(f"Missing required parameter: '{name}'.", name)
    there = f"'{param}'" if param else "the body"
    if wrong := WRONG_KIND.fullmatch(words):
        wanted = " or ".join(KINDS.get(kind, kind) for kind in wrong[1].split(" | ") if kind != "null")
        return BadRequest(
            f"Invalid type for {there}: expected {wanted}, but got {KINDS.get(wrong[2], wrong[2])} instead.", param
        )
    if bounds := OUT_OF_BOUNDS.fullmatch(words):
        side = "at least" if bounds[2] == ">=" else "at most"
        return BadRequest(f"Invalid value for {there}: it must be {side} {bounds[3].removesuffix('.0')}.", param)
    if "of length" in words:  # the only bound of a length is that there must be something
        return BadRequest(f"Invalid value for {there}: it must not be empty.", param)
    return BadRequest(f"Invalid value for {there}.", param)
