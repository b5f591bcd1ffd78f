"""The docs cannot lie: settings, routes, error codes and commands stand in them as they are."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chatapp.cli import COMMANDS
from chatapp.settings import Settings, settings_table
from chatapp.web.errors import HTTP_ERRORS, STATUS_BY_CODE
from chatapp.web.info import ENDPOINTS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
API = (ROOT / "docs" / "api.md").read_text("utf-8")
ALL = {
    path.name: path.read_text("utf-8") for path in (ROOT / "README.md", ROOT / "SECURITY.md", *ROOT.glob("docs/*.md"))
}
ERRORS = {**STATUS_BY_CODE, **{code: status for status, (code, _) in HTTP_ERRORS.items()}}
OF_THE_SDKS = {"OPENAI_API_KEY"}
OF_THE_PROGRAM = re.compile(r"\b(?:CHATAPP|OPENAI)_[A-Z_]*[A-Z]\b")


def test_the_readme_has_the_table_of_settings() -> None:
    (table,) = re.findall(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)

    assert table == settings_table()


@pytest.mark.parametrize("name", ALL)
def test_no_page_names_a_setting_that_is_none(name: str) -> None:
    known = {setting.metadata["name"] for setting in fields(Settings)} | OF_THE_SDKS

    assert set(OF_THE_PROGRAM.findall(ALL[name])) <= known


@pytest.mark.parametrize("route", ENDPOINTS)
def test_the_readme_lists_every_route(route: str) -> None:
    assert f"| `{route}` |" in README


@pytest.mark.parametrize(("code", "status"), ERRORS.items(), ids=ERRORS)
def test_the_docs_list_every_error_with_its_status(code: str, status: int) -> None:
    assert f"| {status} | `{code}` | " in API


def test_the_docs_list_no_error_that_is_none() -> None:
    listed = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", API, re.MULTILINE)

    assert {code: int(status) for status, code in listed} == ERRORS


def test_the_docs_tell_the_bounds_of_a_request() -> None:
    settings = Settings()

    for bound in (settings.max_message_characters, settings.max_messages, settings.max_body_bytes):
        assert f"{bound:,}" in API


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command: str) -> None:
    assert f"chatapp {command}" in README
