"""The log's lines: one object or one sentence each, and nothing in them that people wrote."""

import json
import logging
import sys
from typing import Any

import pytest

from chatapp.adapters.log_lines import JsonLines, OwnVoices, TextLines

SECRET = "my diary"


def record(message: str = "reply", level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    known = {"name": "chatapp", "msg": message, "levelno": level, "levelname": logging.getLevelName(level)}
    made = logging.makeLogRecord(known | extra)
    made.created, made.msecs = 1_795_351_923.25, 250.0
    return made


def failed(error: Exception, cause: Exception | None = None) -> logging.LogRecord:
    try:
        raise error from cause
    except type(error):
        return record("A beat failed", logging.ERROR, exc_info=sys.exc_info())


def test_a_line_for_programs_is_one_object() -> None:
    line = JsonLines().format(record(fields={"state": "complete", "cost_nano_usd": 13_500, "code": None}))

    assert json.loads(line) == {
        "time": "2026-11-22T12:52:03.250Z",
        "level": "info",
        "event": "reply",
        "state": "complete",
        "cost_nano_usd": 13_500,
        "code": None,
    }


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()])
def test_control_characters_are_escaped(lines: logging.Formatter) -> None:
    hostile = "a\nb\r\x1b[2J\x9b\x00\u202e\u2028"

    line = lines.format(record(hostile, fields={"path": hostile}))

    assert line.isprintable()


def test_a_line_to_read_leaves_out_what_is_not_there() -> None:
    line = TextLines().format(record(fields={"state": "failed", "code": None, "cause": "ReadTimeout"}))

    assert line.endswith(" INFO    reply state=failed cause=ReadTimeout")


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()])
def test_an_exceptions_words_are_not_shown(lines: logging.Formatter) -> None:
    line = lines.format(failed(ValueError(SECRET), KeyError(SECRET)))

    assert SECRET not in line
    assert "ValueError from KeyError" in line
    assert f"{__file__}:" in line


def test_what_the_machine_says_is_shown() -> None:
    line = JsonLines().format(failed(PermissionError(13, "Permission denied", "/var/chat")))

    assert json.loads(line)["error"] == "PermissionError ([Errno 13] Permission denied: '/var/chat')"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (record("Booting worker with pid: %s", name="gunicorn.error", args=(7,)), "Booting worker with pid: 7"),
        (record("Invalid request from ip=192.0.2.1: my diary", name="gunicorn.error"), "Invalid request"),
        (record("unparsed data: %r", name="urllib3.connection", args=(SECRET,)), "unparsed data: %r"),
    ],
)
def test_others_sentences_stand_without_what_callers_and_providers_wrote(line: logging.LogRecord, event: str) -> None:
    assert json.loads(JsonLines().format(line))["event"] == event


@pytest.mark.parametrize(
    ("name", "level", "heard"),
    [
        ("chatapp.domain.replies", logging.INFO, True),
        ("gunicorn.error", logging.INFO, True),
        ("openai._base_client", logging.DEBUG, False),
        ("httpx2", logging.INFO, False),
        ("urllib3.connectionpool", logging.WARNING, True),
    ],
)
def test_others_are_heard_only_when_they_warn(name: str, level: int, heard: bool) -> None:
    assert OwnVoices().filter(record(level=level, name=name)) is heard
