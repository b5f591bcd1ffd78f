"""One exchange with a provider: what was asked, and what came back when.

A cassette is the same in memory and in its file. It holds the prompt and the answer, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

from chatapp.fake.server import wire

FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers that tell where a body ends: they are made anew, from the pieces."""
LONGEST_MILLISECONDS = 86_400_000

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_MILLISECONDS)]
"""Since the request had been sent."""
OneLine = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*\Z")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")]
Ended = Literal["whole", "cut", "reset"]
"""Whole; closed in an orderly way before it was whole; or torn down."""


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of a cassette have in common: they know no other words than their own."""


class Raw(_Words, frozen=True, kw_only=True):
    """Bytes that are no text, or not by themselves: a read may have ended inside a character."""

    base64: bytes


Data = str | Raw
"""A piece of a body; text wherever it can be."""


class Request(_Words, frozen=True, kw_only=True):
    """What was asked. ``path`` is what follows ``/v1``, without a query; ``body`` is as ``as_body`` returns it."""

    method: str
    path: str
    content_type: str | None = None
    body: Any = None


class Response(_Words, frozen=True, kw_only=True):
    """What was answered. ``status`` is None where the connection broke before the answer had begun.

    The names of ``headers`` become lower-case. ``pieces`` are the reads that the body came in, each with its time.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=999)] | None
    headers: dict[Name, OneLine]
    head_milliseconds: Milliseconds
    pieces: list[tuple[Milliseconds, Data]]
    ended: Ended
    ended_milliseconds: Milliseconds

    def __post_init__(self) -> None:
        """Refuse an end without a beginning, a body where there can be none, and text that is none."""
        msgspec.structs.force_setattr(self, "headers", {name.lower(): said for name, said in self.headers.items()})
        if named := FRAMING & self.headers.keys():
            raise ValueError(f"the “headers” must not have {' and '.join(sorted(named))}")
        if self.status in wire.WITHOUT_BODY and self.pieces:
            raise ValueError(f"with the “status” {self.status} there are no “pieces”")
        if self.status is None and (self.pieces or self.ended == "whole"):
            raise ValueError("without a “status” there are no “pieces”, and it “ended” by “cut” or “reset”")
        for _ in self.reads():
            pass

    def reads(self) -> Iterator[tuple[float, bytes]]:
        """Yield the pieces as bytes, each with its time in milliseconds.

        Raises:
            ValueError: a text has half a character, which has no bytes.
        """
        for milliseconds, data in self.pieces:
            yield milliseconds, data.base64 if isinstance(data, Raw) else data.encode()


class Cassette(_Words, frozen=True, kw_only=True):
    """A request and its answer."""

    request: Request
    response: Response

    def __post_init__(self) -> None:
        """Refuse a body where there can be none."""
        if self.request.method == "HEAD" and self.response.pieces:
            raise ValueError("with the “method” HEAD there are no “pieces”")


def as_data(data: bytes) -> Data:
    """Return bytes as text, if they are UTF-8 from the first to the last."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Raw(base64=data)


def as_body(body: bytes) -> Any:
    """Return a request's body as a file shows it: parsed if it is JSON, else as text, or as ``{"base64": …}``.

    No body at all is None.
    """
    if not body:
        return None
    data = as_data(body)
    if isinstance(data, Raw):
        return msgspec.to_builtins(data)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data
