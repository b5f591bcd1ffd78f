"""The seven routes, in exactly the shapes that callers may rely on: every key, every type, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatapp import __version__
from chatapp.domain.entities import Message, Role
from chatapp.fake import Rule
from chatapp.settings import Provider
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.samples import once

HELLO = once("Hello there.")
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
COST = {"usd": "0.00000135", "source": "provider", "price_as_of": "2026-11-22"}
KEPT = {
    "GET /api/conversations",
    "POST /api/conversations",
    "GET /api/conversations/{id}",
    "PATCH /api/conversations/{id}",
    "DELETE /api/conversations/{id}",
    "POST /api/conversations/{id}/replies",
    "GET /api/conversations/{id}/export",
    "GET /api/replies/{id}",
    "GET /api/replies/{id}/events",
    "POST /api/replies/{id}/stop",
    "GET /api/export",
    "POST /api/import",
    "POST /api/visitors",
    "POST /api/login",
    "GET /api/widget",
    "DELETE /api/me",
    "POST /api/me/handoffs",
    "POST /api/handoffs",
}
HISTORY = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "One."}]


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([HELLO, HELLO])


@pytest.mark.parametrize("path", ["/", "/chat", "/widget"])
def test_the_pages_are_html_of_this_server(app: AppUnderTest, path: str) -> None:
    answer = app.get(path)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "kind"), [("/nothing", "text/html; charset=utf-8"), ("/api/nothing", "application/json")]
)
def test_who_opens_an_address_that_is_none_gets_a_page_that_says_so(app: AppUnderTest, path: str, kind: str) -> None:
    answer = app.get(path, **{"Sec-Fetch-Dest": "document"})

    assert (answer.status, answer.headers["Content-Type"]) == (404, kind)


@pytest.mark.parametrize("owners", [None, "Be kind."])
def test_the_chat_page_offers_instructions_where_the_owner_has_set_none(owners: str | None) -> None:
    page = app_with(system_prompt=owners).get("/chat").text

    assert ('title="Instructions">' in page) == (owners is None)
    assert ('title="Instructions" hidden>' in page) == (owners is not None)
    assert "Be kind." not in page


def test_a_server_that_shuts_down_is_live_but_not_ready(app: AppUnderTest) -> None:
    before = app.get("/health/live").json, app.get("/health/ready").json

    app.replies.refuse_new()

    assert before == ({"status": "live"}, {"status": "ready"})
    assert app.get("/health/live").status == app.get("/health").status == 200
    assert (app.get("/health/ready").status, app.get("/health/ready").code) == (503, "shutting_down")


def test_the_api_lists_its_routes(app: AppUnderTest) -> None:
    about = app.get("/api").json

    routes = {"GET /", "GET /chat", "GET /api", "GET /health", "GET /models", "POST /chat", "POST /chat/stream"}
    routes |= {"GET /health/live", "GET /health/ready", "GET /widget", "GET /widget.js"} | KEPT
    assert set(about.pop("endpoints")) == routes
    assert about.pop("description").endswith(".")
    assert about == {"name": "chatapp", "version": __version__, "documentation": "/api/docs"}


@pytest.mark.parametrize(("llm", "name"), [(Provider.FAKE, "Fake"), (Provider.OPENAI, "OpenAI")])
def test_health_says_who_answers(llm: Provider, name: str) -> None:
    app = app_with(llm=llm, api_key="sk-test")

    answer = app.get("/health")

    assert answer.json == {"status": "healthy", "service": "OpenAI Chat API", "provider": name}
    assert answer.headers["X-Chatapp-Provider"] == name


def test_models_lists_all_of_them_and_the_default(app: AppUnderTest) -> None:
    listed = app.get("/models").json

    assert set(listed) == {"models", "default", "details"}
    assert listed["default"] == "gpt-4o-mini"
    assert listed["models"] == [model["id"] for model in listed["details"]]
    assert {"gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-3.5-turbo"} < set(listed["models"])


def test_a_model_is_listed_with_dates_windows_and_price(app: AppUnderTest) -> None:
    details = {model["id"]: model for model in app.get("/models").json["details"]}

    assert details["gpt-4o-mini"] == {
        "id": "gpt-4o-mini",
        "status": "active",
        "shutdown_date": "2027-01-14",
        "replacement": "gpt-6-luna",
        "context_tokens": 128_000,
        "max_output_tokens": 16_384,
        "price": {
            "input_usd_per_million": "0.15",
            "cached_input_usd_per_million": "0.075",
            "output_usd_per_million": "0.60",
            "as_of": "2026-11-22",
        },
    }
    assert details["gpt-6-luna"]["price"] == {
        "input_usd_per_million": "0.10",
        "cached_input_usd_per_million": "0.01",
        "output_usd_per_million": "0.50",
        "cache_write_usd_per_million": "0.125",
        "long_prompt": {"above_tokens": 272_000, "input_factor": "2", "output_factor": "1.5"},
        "as_of": "2026-11-22",
    }


def test_dates_count_only_where_openai_itself_answers() -> None:
    def statuses(**settings: Any) -> set[str]:
        return {model["status"] for model in app_with(**settings).get("/models").json["details"]}

    assert statuses(api_key="sk-test") == {"active", "deprecated", "retired"}
    assert statuses(api_key="sk-test", base_url="http://127.0.0.1:9/v1") == statuses() == {"active"}


def test_chat_answers_in_one_piece(app: AppUnderTest) -> None:
    answer = app.ask("Hi")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == {
        "response": "Hello there.",
        "model": "gpt-4o-mini",
        "conversation": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there."}],
        "usage": USAGE,
        "finish_reason": "stop",
        "cost": COST,
    }


def test_chat_stream_answers_in_events(app: AppUnderTest) -> None:
    *pieces, last = app.stream("Hi")

    assert [set(piece) for piece in pieces] == [{"content"}] * len(pieces)
    assert "".join(piece["content"] for piece in pieces) == "Hello there."
    assert last == {"done": True, "model": "gpt-4o-mini", "usage": USAGE, "finish_reason": "stop", "cost": COST}


def test_a_stream_is_neither_cached_nor_held_back(app: AppUnderTest) -> None:
    headers = app.streamed().headers

    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache, no-transform"
    assert headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in headers


def test_the_conversation_can_be_sent_back_as_history(app: AppUnderTest) -> None:
    conversation = app.ask("Two?", messages=HISTORY).json["conversation"]

    assert conversation == [
        *HISTORY,
        {"role": "user", "content": "Two?"},
        {"role": "assistant", "content": "Hello there."},
    ]
    assert app.ask("Three?", messages=conversation).status == 200
    assert len(app.calls[1].messages) == 5


def test_an_empty_answer_is_good_as_history_too() -> None:
    app = app_with([once()])
    conversation = app.ask().json["conversation"]

    assert conversation[-1] == {"role": "assistant", "content": ""}
    assert app.ask(messages=conversation).status == 200


def test_the_owners_prompt_comes_first_and_stays_inside() -> None:
    app = app_with([HELLO], system_prompt="Be kind.")

    answer = app.ask("Hi", messages=HISTORY)

    assert app.requests[0].messages[0] == Message(Role.SYSTEM, "Be kind.")
    assert "Be kind." not in answer.text


def test_a_callers_instructions_are_asked_but_not_answered(app: AppUnderTest) -> None:
    answer = app.ask("Hi", system="Be brief.")

    assert app.requests[0].messages[0] == Message(Role.SYSTEM, "Be brief.")
    assert [message["role"] for message in answer.json["conversation"]] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ({"system": "x"}, "system"),
        ({"messages": [*HISTORY, {"role": "system", "content": "x"}]}, "messages.2.role"),
    ],
    ids=["field", "role"],
)
def test_a_callers_instructions_are_refused_beside_the_owners(field: dict[str, Any], path: str) -> None:
    app = app_with([HELLO], system_prompt="Be kind.")

    answer = app.ask("Hi", **field)

    assert (answer.status, answer.code) == (400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == [path]
    assert app.calls == []


def test_temperature_is_passed_on_only_when_given(app: AppUnderTest) -> None:
    app.ask()
    app.ask(temperature=0.5)

    assert [request.temperature for request in app.requests] == [None, 0.5]


@pytest.mark.parametrize(("wanted", "asked"), [(1, 1), (49, 49), (50, 50), (51, 50), (10**30, 50)])
def test_a_cap_above_the_owners_is_lowered_in_silence(wanted: int, asked: int) -> None:
    app = app_with([HELLO], max_output_tokens=50)

    assert app.ask(max_tokens=wanted).status == 200
    assert app.requests[0].max_output_tokens == asked


def test_the_owners_cap_is_always_sent(app: AppUnderTest) -> None:
    app.ask()

    assert app.requests[0].max_output_tokens == 4096


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        pytest.param(once("Hello there."), "provider", id="stop"),
        pytest.param(once("Hello there.", usage=False), "estimated", id="no usage"),
        pytest.param(once("Hello there.", finish="length"), "provider", id="length"),
        pytest.param(Rule(refusal="I will not."), "provider", id="refusal"),
    ],
)
def test_both_doors_report_the_same_usage_and_cost(rule: Rule, source: str) -> None:
    app = app_with([rule, rule])
    whole, last = app.ask("Hi", messages=HISTORY).json, app.stream("Hi", messages=HISTORY)[-1]

    shared = ("model", "usage", "finish_reason", "cost")
    assert {name: whole[name] for name in shared} == {name: last[name] for name in shared}
    assert whole["cost"]["source"] == source


def test_a_model_without_a_price_costs_unknown(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text('as_of = 2026-11-22\n[models."mine"]\ncontext_tokens = 1000\nmax_output_tokens = 100\n')

    answer = app_with(catalog=catalog).ask(model="mine")

    assert answer.json["cost"] == {"usd": None, "source": "unknown", "price_as_of": None}


def test_cookies_and_authorization_are_neither_read_nor_set(app: AppUnderTest) -> None:
    answer = app.post("/chat", Authorization="Bearer sk-somebody", Cookie="session=x")

    assert (answer.status, answer.headers.getlist("Set-Cookie")) == (200, [])


def test_what_was_said_is_not_kept(app: AppUnderTest) -> None:
    app.ask()
    app.stream()

    assert (app.database.messages, app.database.seen_at) == ({}, {})


def test_apps_in_one_process_do_not_mix() -> None:
    one = app_with([once("one")], contact_phone="+1 111")
    two = app_with([once("two")], contact_phone="+2 222", llm=Provider.OPENAI, api_key="sk-x", max_messages=0)

    assert (one.ask().json["response"], two.ask().json["response"]) == ("one", "two")
    assert (len(one.calls), len(two.calls)) == (1, 1)
    assert (one.ask(messages=HISTORY).status, two.ask(messages=HISTORY).status) == (200, 400)
    assert ["+1 111" in app.get("/").text for app in (one, two)] == [True, False]
