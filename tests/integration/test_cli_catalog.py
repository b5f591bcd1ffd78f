"""``chatapp catalog check``: what differs from the provider's list, and which prices are old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from tests.integration.site import CANARY
from tests.integration.terminal import chatapp
from tests.integration.test_doctor import DATES
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import error, models

TODAY = datetime.now(UTC).date()


def check(folder: Path, upstream: ScriptedUpstream, **settings: str) -> Result:
    with_provider = {"OPENAI_API_KEY_CYB_SEC": CANARY, "OPENAI_BASE_URL": upstream.url}
    return chatapp(folder, "catalog", "check", **(with_provider | settings))


def catalog_of(folder: Path, days: int) -> str:
    """Return a file with the built-in models as they are, but for their prices, looked up so many days ago."""
    file = folder / "models.toml"
    fields = 'context_tokens = 5\nmax_output_tokens = 1\nprice = { input = "1", output = "1" }\n'
    ended = {name: day for name, day in DATES.items() if day}
    tables = [f'[models."{name}"]\n{fields}shutdown_date = {day}\n' for name, day in ended.items()]
    file.write_text(f"as_of = {TODAY - timedelta(days=days)}\n[models.gpt-6-luna]\n{fields}" + "".join(tables))
    return str(file)


def test_a_catalogue_that_agrees_is_fine(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models(DATES))

    shown = check(tmp_path, upstream, CHATAPP_CATALOG=catalog_of(tmp_path, days=90))

    assert shown.exit_code == 0
    assert shown.output == "The provider serves 7 models; the catalogue has 7.\nok     Nothing is wrong.\n"
    assert [(asked.method, asked.path) for asked in upstream.requests] == [("GET", "/v1/models")]


def test_what_differs_is_told(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    changed = {name: day for name, day in DATES.items() if name != "gpt-4.1"}
    upstream.script(*models(changed | {"gpt-4o": "2027-02-01", "gpt-7": None, "embed-3": None}))

    shown = check(tmp_path, upstream, CHATAPP_CATALOG=catalog_of(tmp_path, days=0))

    assert shown.exit_code == 1
    assert "The provider serves 8 models; the catalogue has 7.\nnew    embed-3, gpt-7\n" in shown.output
    assert "WRONG  gpt-4.1: the provider does not serve it.\n" in shown.output
    assert "WRONG  gpt-4o: it ends on 2027-02-01, says the provider; the catalogue says 2027-01-14.\n" in shown.output
    assert shown.output.endswith("Correct it in a file of your own, named by CHATAPP_CATALOG.\n")


def test_a_price_older_than_90_days_is_told(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models(DATES))

    shown = check(tmp_path, upstream, CHATAPP_CATALOG=catalog_of(tmp_path, days=91))

    assert shown.exit_code == 1
    assert f"WRONG  gpt-4o: its price is of {TODAY - timedelta(days=91)}, 91 days ago.\n" in shown.output
    assert shown.output.count("91 days ago") == 7


def test_with_the_fake_there_is_nobody_to_compare_with(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    shown = check(tmp_path, upstream, CHATAPP_LLM="fake", CHATAPP_CATALOG=catalog_of(tmp_path, days=0))

    assert shown.exit_code == 0
    assert "note   The fake model answers: there is no provider to compare with.\n" in shown.output
    assert upstream.connections == 0


def test_a_provider_that_refuses_is_no_agreement(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*error(401, "Incorrect API key provided"))

    shown = check(tmp_path, upstream)

    assert shown.exit_code == 1
    assert shown.output.startswith("Error: ")
    assert "Nothing is wrong" not in shown.output


@pytest.mark.parametrize("command", ["check"])
def test_a_catalogue_that_cannot_be_read_is_named(tmp_path: Path, upstream: ScriptedUpstream, command: str) -> None:
    shown = chatapp(tmp_path, "catalog", command, CHATAPP_CATALOG="/nothing.toml")

    assert (shown.exit_code, "The catalogue /nothing.toml cannot be read" in shown.output) == (1, True)
