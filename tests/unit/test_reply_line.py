"""The line that the log gets for every reply."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from chatapp.adapters.fake_chat import Cut, Fail, Finish, Say, Step
from chatapp.domain.errors import ProviderAuth, ProviderFailed, ProviderProtocol
from tests.samples import question
from tests.unit.deterministic import Meanwhile
from tests.unit.making_replies import Stage


def line_of(caplog: pytest.LogCaptureFixture, *script: Step, stage: Stage | None = None) -> Any:
    """Return the line of a reply that the model answers like that: its one record."""
    caplog.set_level(logging.INFO, "chatapp")
    stage = stage or Stage()
    stage.script.append(script)
    stage.replies.open(question(), request_id="request-1")
    (record,) = (record for record in caplog.records if record.message == "reply")
    return record


def test_a_reply_is_told_by_numbers(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    wait = Meanwhile(lambda: stage.clock.advance(1.5))

    fields = line_of(caplog, wait, Say("Hello "), wait, Say("there"), stage=stage).fields

    assert fields == {
        "request_id": "request-1",
        "reply_id": "r1",
        "model": "gpt-4o-mini",
        "state": "complete",
        "finish_reason": "stop",
        "code": None,
        "cause": None,
        "characters": 11,
        "prompt_tokens": fields["prompt_tokens"],
        "completion_tokens": 2,
        "cost_nano_usd": fields["prompt_tokens"] * 150 + 2 * 600,
        "cost_source": "provider",
        "first_token_ms": 1500,
        "duration_ms": 3000,
        "provider_request_id": "req_fake",
    }


@pytest.mark.parametrize(
    ("script", "level", "told"),
    [
        ([Say("x"), Finish("length")], "INFO", {"state": "truncated", "finish_reason": "length"}),
        ([Say("x"), Cut()], "WARNING", {"state": "failed", "code": "provider_failed", "cost_source": "estimated"}),
        ([Fail(ProviderAuth("No."))], "ERROR", {"code": "provider_auth", "cost_nano_usd": None}),
        ([Say("x"), Fail(ProviderProtocol("What?"))], "ERROR", {"code": "provider_protocol", "characters": 1}),
        ([], "INFO", {"state": "complete", "characters": 0, "first_token_ms": None}),
    ],
)
def test_the_level_says_whom_it_concerns(
    caplog: pytest.LogCaptureFixture, script: Sequence[Step], level: str, told: dict[str, Any]
) -> None:
    line = line_of(caplog, *script)

    assert (line.levelname, told.items() <= line.fields.items()) == (level, True)


def test_the_kind_of_what_went_wrong_first_is_told(caplog: pytest.LogCaptureFixture) -> None:
    broken, refused = ProviderFailed("It broke."), OSError("my diary")
    refused.__cause__ = ConnectionResetError("my diary")
    broken.__cause__ = refused

    line = line_of(caplog, Fail(broken))

    assert line.fields["cause"] == "ConnectionResetError"


def test_the_providers_own_id_is_told_and_cut(caplog: pytest.LogCaptureFixture) -> None:
    refusal = ProviderAuth("No.")
    refusal.provider_request_id = "r" * 5000

    assert line_of(caplog, Fail(refusal)).fields["provider_request_id"] == "r" * 100
