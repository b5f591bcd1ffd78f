"""The page about the fake cannot lie: every word of the language stands in it, with examples that mean the same."""

from __future__ import annotations

import re
import tomllib
from typing import Any, get_args

import msgspec
import pytest

from chatapp import fake
from chatapp.fake import Chaos, Error, Rule, Script, Tokens, When
from chatapp.fake.call import Call
from chatapp.fake.cassettes.secrets import KEPT_FAMILY, KEPT_OF_ANSWER
from chatapp.fake.faults import Fault
from chatapp.fake.model import MOST_CALLS
from chatapp.fake.server.loopback import MOST_EXCHANGES
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.examples import PAGE

STRUCTS: tuple[type[msgspec.Struct], ...] = (Script, Rule, When, Tokens, Error, Chaos)
FAULTS: tuple[type[msgspec.Struct], ...] = get_args(Fault)
WORDS = {name: getattr(fake, name) for name in fake.__all__}
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| `(.+)` \| `(.+)` \|$", re.MULTILINE)
SAYS_SOMETHING = ("reply", "template", "refusal", "fault")


def rows(heading: str) -> dict[str, tuple[str, str]]:
    """Return the examples in the table below a heading, in TOML and in Python, by what they are for."""
    (section,) = re.findall(rf"^### {re.escape(heading)}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    return {name: (toml, python) for name, _, toml, python in ROW.findall(section)}


def said_in_both(kind: type[msgspec.Struct], toml: str, python: str) -> tuple[Any, Any]:
    """Return what the two examples mean; a rule that says nothing yet gets a reply."""
    if kind is Rule and not toml.startswith(SAYS_SOMETHING):
        toml, python = f'reply = "Hello."\n{toml}', f'reply="Hello.", {python}'
    return msgspec.convert(tomllib.loads(toml), kind), eval(f"{kind.__name__}({python})", dict(WORDS))


@pytest.mark.parametrize("kind", STRUCTS)
def test_every_field_has_an_example_that_means_the_same(kind: type[msgspec.Struct]) -> None:
    table = rows(f"`{kind.__name__}`")

    assert list(table) == list(kind.__struct_fields__)
    for name, (toml, python) in table.items():
        in_toml, in_python = said_in_both(kind, toml, python)
        assert in_toml == in_python, name
        assert getattr(in_toml, name) != _default(kind, name), name


def test_every_fault_has_an_example_that_means_the_same() -> None:
    table = rows("Faults")

    assert list(table) == [kind.__struct_config__.tag for kind in FAULTS]
    for name, (toml, python) in table.items():
        in_toml, in_python = said_in_both(Rule, toml, python)
        assert in_toml == in_python
        assert in_toml.fault.__struct_config__.tag == name


@pytest.mark.parametrize("kind", FAULTS)
def test_every_field_of_a_fault_is_named(kind: type[msgspec.Struct]) -> None:
    assert all(f"`{field}`" in PAGE for field in kind.__struct_fields__)


@pytest.mark.parametrize("member", [name for name in vars(FakeLLM) if not name.startswith("_")])
def test_the_page_tells_all_that_the_fixture_can_do(member: str) -> None:
    assert f"`fake_llm.{member}" in PAGE


@pytest.mark.parametrize("member", [name for name, value in vars(Call).items() if isinstance(value, property)])
def test_the_page_tells_all_that_a_call_knows(member: str) -> None:
    (table,) = re.findall(r"^\| of a call \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)

    assert f"`{member}`" in table


def test_the_page_tells_what_a_cassette_keeps() -> None:
    assert all(f"`{name}`" in PAGE for name in [*KEPT_OF_ANSWER, KEPT_FAMILY])


def test_the_page_tells_how_much_is_remembered() -> None:
    assert f"`calls` keeps the newest {MOST_CALLS:,}" in PAGE
    assert f"newest {MOST_EXCHANGES:,} HTTP requests" in PAGE


def _default(kind: type[msgspec.Struct], name: str) -> Any:
    return next(field.default for field in msgspec.structs.fields(kind) if field.name == name)
