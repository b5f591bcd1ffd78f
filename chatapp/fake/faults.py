"""What can go wrong with an answer of the fake: a part of its language."""

from __future__ import annotations

import json
from typing import Any

from chatapp.fake.words import Words, is_whole, require_seconds

NOT_MODIFIED = 304
"""No error: nothing may follow its head."""


class Error(Words, frozen=True, kw_only=True, tag_field="kind", tag="error"):
    """The provider answers with an HTTP status and an error object in place of an answer.

    With ``after_characters`` the answer begins, and the error comes as an event in its middle. ``body`` takes the
    place of the error object. ``retry_after_seconds`` is sent as ``Retry-After``, and in milliseconds too.
    ``should_retry`` is sent as ``x-should-retry``, which the provider's own SDKs obey.
    """

    status: int = 500
    code: str | None = None
    type: str | None = None
    message: str = "The fake model was told to fail."
    body: str | dict[str, Any] | None = None
    retry_after_seconds: float | None = None
    should_retry: bool | None = None
    after_characters: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no error."""
        super().__post_init__()
        if not 300 <= self.status <= 599 or self.status == NOT_MODIFIED:
            raise ValueError("“status” must be from 300 to 599, but not 304")
        if isinstance(self.body, dict) and not _is_json(self.body):
            raise ValueError("“body” must be what JSON can say: no dates, no “nan”, no “inf”")
        require_seconds("retry_after_seconds", self.retry_after_seconds)
        _require_place(self.after_characters)

    @property
    def report(self) -> dict[str, Any]:
        """Return the JSON object that is sent where no text is sent in its place."""
        if isinstance(self.body, dict):
            return self.body
        kind = self.type or ("server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": None, "code": self.code}}

    @property
    def understood(self) -> Any:
        """Return what the provider's SDKs find in an answer that is this error: its error object, or something else."""
        found: Any = self.report
        if isinstance(self.body, str):
            try:
                found = json.loads(self.body)  # they try it, whatever the content type says
            except (ValueError, RecursionError):
                return self.body
        return found.get("error", found) if isinstance(found, dict) else found


class _Break(Words, frozen=True, kw_only=True, tag_field="kind"):
    """A fault in the middle of an answer; without ``after_characters`` it comes after all its text.

    In a rule that has no text at all, a reset, a cut and a stall come in place of an answer, before its head.
    """

    after_characters: int | None = None

    def __post_init__(self) -> None:
        """Refuse a place before the beginning."""
        super().__post_init__()
        _require_place(self.after_characters)


class Reset(_Break, frozen=True, kw_only=True, tag="reset"):
    """The connection is torn down (RST)."""


class Cut(_Break, frozen=True, kw_only=True, tag="cut"):
    """The answer just ends, in an orderly way and without a finish reason."""


class Stall(_Break, frozen=True, kw_only=True, tag="stall"):
    """Nothing more is said, and the connection stays open until the caller leaves."""


class Malformed(_Break, frozen=True, kw_only=True, tag="malformed"):
    """A chunk comes that is no JSON."""


class WrongType(Words, frozen=True, kw_only=True, tag_field="kind", tag="wrong_type"):
    """A page comes in place of an answer, as from a proxy in between."""

    content_type: str = "text/html"
    body: str = "<html><body>Please log in.</body></html>"

    def __post_init__(self) -> None:
        """Refuse what is no type, and the right one."""
        super().__post_init__()
        kind = self.content_type
        if not (kind.strip() and kind.isascii() and kind.isprintable()):
            raise ValueError("“content_type” must be one line of ASCII text")
        if kind.strip().lower().startswith("text/event-stream"):
            raise ValueError("“content_type” must be a wrong one: “text/event-stream” is right")


class SlowHead(Words, frozen=True, kw_only=True, tag_field="kind", tag="slow_head"):
    """Not even the head of the answer comes before so many seconds are over."""

    seconds: float

    def __post_init__(self) -> None:
        """Refuse times that never were."""
        require_seconds("seconds", self.seconds)


class Endless(Words, frozen=True, kw_only=True, tag_field="kind", tag="endless"):
    """The reply is said again and again, without end, whatever cap the caller has set."""


Fault = Error | Reset | Cut | Stall | Malformed | WrongType | SlowHead | Endless
"""What goes wrong with an answer."""


def _is_json(value: object) -> bool:
    try:
        return is_whole(json.dumps(value, allow_nan=False, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return False


def _require_place(after_characters: int | None) -> None:
    if after_characters is not None and after_characters < 0:
        raise ValueError("“after_characters” counts from 0")
