"""The line that the log gets for every reply."""

import logging
from typing import Any

import pytest

from chatapp.domain.errors import ProviderAuth, ProviderFailed
from chatapp.fake import Cut, Error, Malformed, Rule
from tests.samples import SPENDER, once, question
from tests.unit.deterministic import Meanwhile
from tests.unit.making_replies import BrokenModel, Stage


def line_of(caplog: pytest.LogCaptureFixture, stage: Stage) -> Any:
    """Return the line of a reply: its one record."""
    caplog.set_level(logging.INFO, "chatapp")
    stage.replies.open(question(), SPENDER, request_id="request-1")
    (record,) = (record for record in caplog.records if record.message == "reply")
    return record


def test_a_reply_is_told_by_numbers(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    wait = Meanwhile(lambda: stage.clock.advance(1.5))

    stage.fake.add(once(wait, "Hello ", wait, "there"))

    fields = line_of(caplog, stage).fields

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
        "provider_request_id": "req_fake_1",
    }


@pytest.mark.parametrize(
    ("rule", "level", "told"),
    [
        (once("x", finish="length"), "INFO", {"state": "truncated", "finish_reason": "length"}),
        (once("x", fault=Cut()), "WARNING", {"state": "failed", "code": "provider_failed", "cost_source": "estimated"}),
        (once(fault=Error(status=401)), "ERROR", {"code": "provider_auth", "cost_nano_usd": None}),
        (once("x", fault=Malformed()), "ERROR", {"code": "provider_protocol", "characters": 1}),
        (once(), "INFO", {"state": "complete", "characters": 0, "first_token_ms": None}),
    ],
)
def test_the_level_says_whom_it_concerns(
    caplog: pytest.LogCaptureFixture, rule: Rule, level: str, told: dict[str, Any]
) -> None:
    line = line_of(caplog, Stage([rule]))

    assert (line.levelname, told.items() <= line.fields.items()) == (level, True)


def test_the_kind_of_what_went_wrong_first_is_told(caplog: pytest.LogCaptureFixture) -> None:
    broken, refused = ProviderFailed("It broke."), OSError("my diary")
    refused.__cause__ = ConnectionResetError("my diary")
    broken.__cause__ = refused

    line = line_of(caplog, Stage(other_model=BrokenModel(error=broken)))

    assert line.fields["cause"] == "ConnectionResetError"


def test_the_providers_own_id_is_told_and_cut(caplog: pytest.LogCaptureFixture) -> None:
    refusal = ProviderAuth("No.")
    refusal.provider_request_id = "r" * 5000

    line = line_of(caplog, Stage(other_model=BrokenModel(error=refusal)))

    assert line.fields["provider_request_id"] == "r" * 100
