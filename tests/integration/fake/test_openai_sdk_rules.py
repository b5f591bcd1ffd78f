"""What the fixture is told in Python is looked at before it answers anybody."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from chatapp.fake import Gate, Tokens, When
from chatapp.fake.script_file import BadScript
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import ask


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reply": 5}, "reply: it must be a text or a list"),
        ({"reply": "x", "fault": "cut"}, "fault: it must be a table"),
        ({"reply": "x", "when": "hi"}, "when: it must be a table"),
        ({"reply": "x", "colour": "red"}, "“colour” is not known here"),
        ({"reply": "x", "times": 0}, "“times” counts from 1"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_python_too(
    fake_llm: FakeLLM, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadScript) as refusal:
        fake_llm.rule(**fields)

    assert str(refusal.value) == f"The rule cannot be used: {reason}."


def test_a_rule_is_told_later_what_its_placeholders_stand_for(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.rule(template="Hi {name}").when(pattern="I am (?P<name>.+)")
    gate = Gate()
    gate.open()
    fake_llm.reply(["Who", gate], when=When(message="Hi"), usage=Tokens(prompt_tokens=7))

    assert ask(client, "I am Ada").choices[0].message.content == "Hi Ada"
    assert ask(client).choices[0].message.content == "Who"


def test_what_a_rule_is_for_is_looked_at_as_well(fake_llm: FakeLLM) -> None:
    with pytest.raises(ValueError, match="there are only"):
        fake_llm.rule(template="Hi {name}").when("x")
    with pytest.raises(BadScript, match="message: it must be a text"):
        fake_llm.reply("x").when(5)  # type: ignore[arg-type]
