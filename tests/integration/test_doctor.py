"""``chatapp doctor``: what it finds, what it advises, and that it never costs anything."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.preparing import prepare
from chatapp.domain.ledger import Spender
from chatapp.settings.database_url import sqlite_url
from tests.integration.site import CANARY
from tests.integration.terminal import chatapp
from tests.samples import PLENTY, reservation
from tests.server import free_port, serving
from tests.upstream import Reset, ScriptedUpstream, Step
from tests.upstream.wire import answer, error, models

DATES = {
    "gpt-4o": "2027-01-14",
    "gpt-4o-mini": "2027-01-14",
    "gpt-4.1": "2027-01-14",
    "gpt-4.1-mini": "2027-01-14",
    "gpt-4.1-nano": "2026-10-23",
    "gpt-3.5-turbo": "2026-10-23",
    "gpt-6-luna": None,
}


def doctor(tmp_path: Path, **settings: str) -> Result:
    return chatapp(tmp_path, "doctor", **({"CHATAPP_PORT": "0"} | settings))


def of_provider(tmp_path: Path, upstream: ScriptedUpstream, **settings: str) -> Result:
    return doctor(tmp_path, OPENAI_API_KEY_CYB_SEC=CANARY, OPENAI_BASE_URL=upstream.url, **settings)


def of_openai(tmp_path: Path, **settings: str) -> Result:
    """Run it with a key for OpenAI itself, from behind a proxy that is not there: nothing leaves this machine."""
    proxy = f"http://127.0.0.1:{free_port()}"
    return doctor(tmp_path, OPENAI_API_KEY_CYB_SEC=CANARY, HTTPS_PROXY=proxy, NO_PROXY="", **settings)


def test_a_demo_is_nothing_wrong(tmp_path: Path) -> None:
    shown = doctor(tmp_path)

    assert (shown.exit_code, "WRONG" in shown.output) == (0, False)
    assert "There is no OpenAI key: the fake model answers, as a demo.\n" in shown.output
    assert "Set OPENAI_API_KEY_CYB_SEC" in shown.output


def test_a_demo_asks_no_provider(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    doctor(tmp_path, OPENAI_BASE_URL=upstream.url)
    doctor(tmp_path, OPENAI_BASE_URL=upstream.url, OPENAI_API_KEY_CYB_SEC=CANARY, CHATAPP_LLM="fake")

    assert upstream.connections == 0


def test_a_key_that_works_is_good(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models(DATES))

    shown = of_provider(tmp_path, upstream)

    assert shown.exit_code == 0
    assert "ok     The provider accepts the key and serves 7 models.\n" in shown.output
    assert "gpt-" not in shown.output


def test_only_the_list_of_models_is_asked_for(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    of_provider(tmp_path, upstream)

    assert [(asked.method, asked.path) for asked in upstream.requests] == [("GET", "/v1/models")]
    assert upstream.requests[0].headers["Authorization"] == f"Bearer {CANARY}"


def test_a_wrong_key_is_wrong(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*error(401, "invalid_api_key", f"Incorrect API key provided: {CANARY}"))

    shown = of_provider(tmp_path, upstream)

    assert shown.exit_code == 1
    assert "WRONG  The provider does not accept the key.\n       Check OPENAI_API_KEY_CYB_SEC" in shown.output
    assert CANARY not in shown.output


@pytest.mark.parametrize(
    "steps",
    [
        error(500, None),
        error(404, None),
        error(429, "rate_limit_exceeded"),
        [Reset()],
        answer(b"<html>"),
        answer(b"{}"),
    ],
    ids=["500", "404", "429", "reset", "a page", "no list"],
)
def test_a_provider_that_fails_is_wrong(tmp_path: Path, upstream: ScriptedUpstream, steps: list[Step]) -> None:
    upstream.script(*steps)

    shown = of_provider(tmp_path, upstream)

    assert (shown.exit_code, shown.exception.__class__) == (1, SystemExit)
    assert "Check the network, a proxy, and OPENAI_BASE_URL." in shown.output


def test_a_provider_that_is_down_is_wrong(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"

    shown = doctor(tmp_path, OPENAI_API_KEY_CYB_SEC=CANARY, OPENAI_BASE_URL=nobody)

    assert shown.exit_code == 1
    assert "WRONG  The model provider cannot be reached at the moment." in shown.output


@pytest.mark.parametrize("key", [f"{CANARY}\nX: y", f"{CANARY}é", f"{CANARY}\x7f"], ids=ascii)
def test_a_key_that_cannot_be_one_is_wrong_and_not_shown(tmp_path: Path, upstream: ScriptedUpstream, key: str) -> None:
    shown = doctor(tmp_path, OPENAI_API_KEY_CYB_SEC=key, OPENAI_BASE_URL=upstream.url)

    assert (shown.exit_code, upstream.connections) == (1, 0)
    assert "OPENAI_API_KEY_CYB_SEC holds something that no key has" in shown.output
    assert CANARY not in shown.output + repr(shown.exception)


def test_other_dates_than_the_catalogues_are_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models(DATES | {"gpt-4o": "2026-12-24"}))

    shown = of_provider(tmp_path, upstream)

    assert shown.exit_code == 0
    assert "note   The provider says that gpt-4o ends on 2026-12-24, the catalogue 2027-01-14.\n" in shown.output


def test_models_that_are_not_served_are_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models({name: day for name, day in DATES.items() if not name.startswith("gpt-4.1")}))

    shown = of_provider(tmp_path, upstream)

    assert shown.exit_code == 0
    assert "note   The provider does not serve gpt-4.1, gpt-4.1-mini, gpt-4.1-nano: " in shown.output


def test_a_default_that_is_not_served_is_wrong(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    upstream.script(*models({name: day for name, day in DATES.items() if name != "gpt-4o-mini"}))

    shown = of_provider(tmp_path, upstream)

    assert shown.exit_code == 1
    assert "WRONG  The provider does not serve the default model gpt-4o-mini:" in shown.output
    assert shown.output.count("does not serve") == 1


def test_a_default_past_its_date_is_noted(tmp_path: Path) -> None:
    shown = of_openai(tmp_path, CHATAPP_DEFAULT_MODEL="gpt-3.5-turbo").output

    assert "gpt-4.1-nano (use gpt-6-luna), gpt-3.5-turbo (use gpt-6-luna)" in shown
    assert "note   The default model gpt-3.5-turbo is retired; gpt-6-luna answers in its place.\n" in shown
    assert "Set CHATAPP_DEFAULT_MODEL=gpt-6-luna.\n" in shown


def test_a_model_that_is_gone_without_heir_is_noted(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    gone = "context_tokens = 1000\nmax_output_tokens = 100\nshutdown_date = 2026-01-01\n"
    catalog.write_text(f'as_of = 2026-11-22\n[models."mine"]\n{gone}')

    assert "mine. Nobody can choose them any more.\n" in of_openai(tmp_path, CHATAPP_CATALOG=str(catalog)).output


def test_a_taken_port_is_wrong(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = doctor(tmp_path, CHATAPP_PORT=str(port))

    assert shown.exit_code == 1
    assert f"WRONG  Port {port} on 127.0.0.1 cannot be used" in shown.output


def test_a_port_taken_by_the_server_itself_is_good(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        shown = doctor(tmp_path, CHATAPP_PORT=str(running.port))

    assert shown.exit_code == 0
    assert f"ok     The server is running at {running.url}.\n" in shown.output


def test_a_port_taken_by_another_web_server_is_wrong(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    port = upstream.url.removesuffix("/v1").rpartition(":")[2]

    assert doctor(tmp_path, CHATAPP_PORT=port).exit_code == 1


def test_a_free_port_is_good(tmp_path: Path) -> None:
    port = free_port()

    assert f"ok     Port {port} on 127.0.0.1 is free." in doctor(tmp_path, CHATAPP_PORT=str(port)).output


def test_a_server_open_to_the_world_is_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    shown = of_provider(tmp_path, upstream, CHATAPP_HOST="0.0.0.0", CHATAPP_DAILY_BUDGET_USD="1000")

    assert shown.exit_code == 0
    assert "whoever reaches it can chat for $1,000.00 a day, which you pay.\n" in shown.output
    assert "Set CHATAPP_DAILY_BUDGET_USD to what you would not mind losing in a day.\n" in shown.output
    assert "note   Every web site may call the API" in shown.output


def test_a_tight_budget_is_not_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    shown = of_provider(tmp_path, upstream, CHATAPP_HOST="0.0.0.0")

    assert "BUDGET" not in shown.output


def test_a_budget_that_one_visitor_can_use_up_is_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    shown = of_provider(tmp_path, upstream, CHATAPP_HOST="0.0.0.0", CHATAPP_VISITOR_DAILY_BUDGET_USD="5")

    assert "note   One visitor can use up what everybody may spend in a day, $5.00.\n" in shown.output


@pytest.mark.parametrize(("addresses", "is_noted"), [(1, True), (2, False)])
def test_visitors_who_all_come_from_one_address_are_noted(tmp_path: Path, addresses: int, is_noted: bool) -> None:
    url = sqlite_url(tmp_path / "data" / "chatapp.db")
    prepare(url)
    ledger, now = SqlLedger(Database(url), PLENTY, "openai"), datetime.now(UTC)
    for number in range(5):
        spender = Spender(f"address-{number % addresses}", f"visitor-{number}")
        ledger.reserve(reservation(f"r{number}", now, spender), "p1")

    shown = doctor(tmp_path).output

    assert ("note   5 visitors of one day came from the same address" in shown) is is_noted


def test_a_demo_open_to_the_world_costs_nothing(tmp_path: Path) -> None:
    assert "you pay" not in doctor(tmp_path, CHATAPP_HOST="0.0.0.0").output


def test_named_sites_are_not_noted(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    shown = of_provider(tmp_path, upstream, CHATAPP_ALLOWED_ORIGINS="https://shop.example")

    assert "Every web site" not in shown.output


@pytest.mark.parametrize("settings", [{"CHATAPP_CATALOG": "/nothing.toml"}, {"CHATAPP_DEFAULT_MODEL": "gpt-9"}])
def test_a_catalogue_that_cannot_be_used_is_wrong(tmp_path: Path, settings: dict[str, str]) -> None:
    shown = doctor(tmp_path, **settings)

    assert shown.exit_code == 1
    assert "Mend CHATAPP_CATALOG or CHATAPP_DEFAULT_MODEL." in shown.output


def test_wrong_settings_are_told_in_one_sentence(tmp_path: Path) -> None:
    shown = doctor(tmp_path, CHATAPP_PORT="x")

    assert (shown.exit_code, shown.output.count("\n")) == (1, 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_for_everybody_without_a_password_is_noted(
    tmp_path: Path, upstream: ScriptedUpstream, host: str
) -> None:
    shown = of_provider(tmp_path, upstream, CHATAPP_HOST=host).output

    assert "note   Everybody who reaches this machine can come in: there is no password.\n" in shown
    assert "Set CHATAPP_PASSWORD, and pages and API ask for it once.\n" in shown


@pytest.mark.parametrize("settings", [{"CHATAPP_HOST": "0.0.0.0", "CHATAPP_PASSWORD": CANARY}, {}], ids=["set", "here"])
def test_a_password_is_asked_for_where_it_is_missing_alone(
    tmp_path: Path, upstream: ScriptedUpstream, settings: dict[str, str]
) -> None:
    shown = of_provider(tmp_path, upstream, **settings).output

    assert "no password" not in shown
    assert "you pay" not in shown
    assert CANARY not in shown
