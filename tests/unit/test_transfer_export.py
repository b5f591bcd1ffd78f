"""Conversations as JSON Lines."""

import json
from dataclasses import replace

import pytest

from chatapp.domain.entities import Cost, Source
from chatapp.domain.errors import ProviderRateLimited
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer import export_jsonl
from tests.unit.archives import ME, NOON, answered, archive_of, asked, file_of, talk

RUNNING = answered("a2", "q", "half", state=ReplyState.RUNNING)


def test_a_file_has_one_line_for_each_thing_in_a_fixed_order() -> None:
    archive = archive_of(talk(asked("q"), answered("a", "q"), pinned=True, system="Be brief."))

    assert file_of(archive).decode().splitlines() == [
        '{"type":"header","format":"chatapp-conversations","version":1}',
        '{"type":"conversation","id":"c1","title":"Bread","pinned":true,"system":"Be brief.",'
        '"created_at":"2026-11-28T12:00:00.000Z","updated_at":"2026-11-28T12:00:00.000Z"}',
        '{"type":"message","id":"q","conversation_id":"c1","role":"user","text":"How?",'
        '"created_at":"2026-11-28T12:00:00.000Z","state":"complete"}',
        '{"type":"message","id":"a","conversation_id":"c1","parent_id":"q","role":"assistant","text":"So.",'
        '"created_at":"2026-11-28T12:00:00.000Z","model":"gpt-4o-mini","state":"complete","finish_reason":"stop",'
        '"usage":{"prompt_tokens":10,"completion_tokens":20,"reasoning_tokens":3},'
        '"cost":{"nano_usd":13500,"source":"provider","price_as_of":"2026-11-22"},"request_id":"req-1","left_out":2}',
        '{"type":"end","conversation_id":"c1","leaf_id":"a"}',
        '{"type":"complete","conversations":1}',
    ]


def test_an_error_is_told_with_its_code_and_sentence() -> None:
    error = ProviderRateLimited("Slow down.", retry_after_seconds=7)
    archive = archive_of(talk(asked("q"), answered("a", "q", state=ReplyState.FAILED, error=error)))

    told = json.loads(file_of(archive).splitlines()[3])["error"]

    assert told == {"code": "provider_rate_limited", "error": "Slow down.", "retry_after_seconds": 7}


def test_what_nobody_knows_is_missing_and_never_zero() -> None:
    archive = archive_of(talk(asked("q"), answered("a", "q", cost=Cost(None, Source.UNKNOWN), usage=None)))

    told = json.loads(file_of(archive).splitlines()[3])

    assert told["cost"] == {"source": "unknown"}
    assert "usage" not in told


def test_times_are_cut_off_behind_their_milliseconds() -> None:
    archive = archive_of(talk(replace(asked("q"), created_at=NOON.replace(microsecond=1999))))

    assert b'"created_at":"2026-11-28T12:00:00.001Z"' in file_of(archive).splitlines()[2]


@pytest.mark.parametrize(("leaf_id", "told"), [("a2", "q"), ("a", "a")])
def test_a_reply_that_still_runs_is_left_out(leaf_id: str, told: str) -> None:
    archive = archive_of(talk(asked("q"), answered("a", "q"), RUNNING, leaf_id=leaf_id))

    lines = [json.loads(line) for line in file_of(archive).splitlines()]

    assert [line["id"] for line in lines if line["type"] == "message"] == ["q", "a"]
    assert lines[-2]["leaf_id"] == told


def test_one_conversation_can_be_exported_alone() -> None:
    other = talk(replace(asked("other"), conversation_id="c2"))
    assert other.conversation is not None
    other = replace(other, conversation_id="c2", conversation=replace(other.conversation, id="c2"))
    archive = archive_of(talk(asked("q")), other)

    [_, second] = archive.conversations(ME)
    told = b"".join(export_jsonl(archive, ME, [second]))

    assert b'"other"' in told
    assert b'"q"' not in told
