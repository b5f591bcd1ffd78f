"""The log's lines: JSON for programs, words for a terminal. Neither ever shows what an exception says.

An exception's words may hold a piece of somebody's message, of a broken chunk, of a password in an address. Its kind
and its place in the code are enough to mend it. Only what the machine itself says (files, addresses, modules) is kept.

This file is read before gevent has patched the standard library, so it imports nothing that could be patched.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

HARMLESS = (ImportError, OSError)
"""Exceptions that tell of the machine, and not of what people wrote."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time in UTC, level, event, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; everything but ASCII is escaped in it, control characters above all."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "event": _event(record),
            **_fields(record),
        }
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """One line to read: time of day, level, event, and the event's own fields as far as there are any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what would not print stands escaped in it."""
        fields = {name: value for name, value in _fields(record).items() if value is not None}
        trace = "".join(f"\n    {_printable(place)}" for place in fields.pop("trace", ()))
        words = [time.strftime("%H:%M:%S", time.localtime(record.created)), f"{record.levelname:7}"]
        words += [_event(record), *(f"{name}={value}" for name, value in fields.items())]
        return _printable(" ".join(words)) + trace


class OwnVoices(logging.Filter):
    """Lets through what we and gunicorn say, and warnings of others: ``OPENAI_LOG=debug`` shows whole conversations."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is to be written."""
        return record.levelno >= logging.WARNING or _speaker(record) in ("chatapp", "gunicorn")


def logging_config(lines: type[logging.Formatter]) -> dict[str, Any]:
    """Return the configuration, for ``logging.config.dictConfig``, that writes everybody's lines to stderr."""
    # Nobody reads which thread a line is from, and asking makes an object for every thread that ever wrote one.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": lines}},
        "filters": {"own voices": {"()": OwnVoices}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "lines",
                "filters": ["own voices"],
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {"chatapp": {"level": "INFO"}, "gunicorn.error": {"level": "INFO", "propagate": True}},
    }


def _speaker(record: logging.LogRecord) -> str:
    return record.name.partition(".")[0]


def _event(record: logging.LogRecord) -> str:
    """Return what happened. Of others' lines only the sentence stays, without the values that they put into it."""
    if _speaker(record) == "chatapp":
        return record.getMessage()
    if _speaker(record) == "gunicorn" and not record.exc_info:
        return record.getMessage().partition(" from ip=")[0]  # the caller's address and bytes come behind that
    return str(record.msg)


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    raised = record.exc_info[1] if record.exc_info else None
    if raised is not None:
        fields = fields | {"error": " from ".join(_kinds(raised)), "trace": _trace(raised)}
    return fields


def _kinds(raised: BaseException | None) -> Iterator[str]:
    while raised is not None:
        kind = type(raised).__name__
        yield f"{kind} ({raised})" if isinstance(raised, HARMLESS) else kind
        raised = raised.__cause__ if raised.__cause__ is not raised else None


def _trace(raised: BaseException) -> list[str]:
    frames = traceback.extract_tb(raised.__traceback__)
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
