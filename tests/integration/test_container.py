"""The container: parts made once, replaced at will, and with the fake in use nothing that could reach a provider."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
from dependency_injector import providers

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.adapters.sql.preparing import prepare
from chatapp.bootstrap import build_app, build_container
from chatapp.container import Container
from chatapp.fake import Rule, Script
from chatapp.settings import Provider, Settings
from tests.samples import SPENDER, question
from tests.upstream import ScriptedUpstream

KEY = "sk-canary-4f1c9a"
PARTS = [
    "clock",
    "runner",
    "tokenizer",
    "reply_store",
    "chat_model",
    "catalog",
    "accountant",
    "composer",
    "replies",
]
EVERY_ROUTE = dedent("""
    import socket, sys

    connected = []
    sys.addaudithook(lambda event, args: connected.append(args) if event == "socket.connect" else None)

    from chatapp.bootstrap import LIFE, build_app
    from chatapp.settings import Settings

    app = build_app(Settings.from_env())
    app.extensions[LIFE].start()
    client = app.test_client()
    asked = {"message": "Hi", "messages": [{"role": "user", "content": "One"}]}
    statuses = [client.get(path).status_code for path in ("/api", "/health", "/models", "/api/openapi.json", "/no")]
    statuses += [client.post(path, json=asked).status_code for path in ("/chat", "/chat/stream")]
    text = client.post("/chat/stream", json=asked).text
    app.extensions[LIFE].stop()

    print(statuses, "fake model" in client.post("/chat", json=asked).json["response"], '"done":true' in text)
    print(connected, sorted({"openai", "httpx2", "urllib3.connection"} & set(sys.modules) - {"urllib3.connection"}))
""")


def fake_container(**settings: object) -> Container:
    return build_container(Settings(llm=Provider.FAKE, fake_word_seconds=0.0, **settings))  # type: ignore[arg-type]


def keeping_container(folder: Path, **settings: object) -> Container:
    """Return a container whose database is there."""
    container = fake_container(data_dir=folder, **settings)
    prepare(container.settings().database_address)
    return container


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_made_once_even_for_many_threads(part: str) -> None:
    container = fake_container()

    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: getattr(container, part)(), range(10)))

    assert all(each is made[0] for each in made)


@pytest.mark.parametrize("part", PARTS)
def test_two_containers_share_no_part(part: str) -> None:
    assert getattr(fake_container(), part)() is not getattr(fake_container(), part)()


def test_two_applications_in_one_process_answer_each_for_itself(tmp_path: Path) -> None:
    answers = []
    for name in ("one", "two"):
        container = keeping_container(tmp_path / name, system_prompt=name)
        fake = FakeChatModel(Script(rules=[Rule(reply=f"I am {name}.")]))
        container.chat_model.override(providers.Object(fake))
        answers.append((name, build_app(container.settings(), container).test_client()))

    for name, client in reversed(answers):
        assert client.post("/chat", json={"message": "Who?"}).get_json()["response"] == f"I am {name}."


def test_a_part_that_is_replaced_is_used_by_all_others(tmp_path: Path) -> None:
    container, fake = keeping_container(tmp_path), FakeChatModel(Script(rules=[Rule(reply="replaced")]))
    container.chat_model.override(providers.Object(fake))

    outcome = container.replies().open(question(), SPENDER).wait_for_outcome()

    assert outcome is not None
    assert outcome.text == "replaced"
    assert len(fake.calls) == 1


def test_the_settings_reach_the_parts() -> None:
    container = fake_container(open_replies=7, max_answer_characters=8, reply_seconds=9.0)

    limits = container.limits()

    assert (limits.open_replies, limits.answer_characters, limits.total_seconds) == (7, 8, 9.0)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (Settings(), FakeChatModel),
        (Settings(api_key=KEY), OpenAIChatModel),
        (Settings(api_key=KEY, llm=Provider.OPENAI), OpenAIChatModel),
        (Settings(api_key=KEY, llm=Provider.FAKE), FakeChatModel),
    ],
)
def test_the_settings_decide_who_answers(settings: Settings, kind: type) -> None:
    assert type(build_container(settings).chat_model()) is kind


@pytest.mark.parametrize("part", ["openai_chat_model", "model_directory"])
@pytest.mark.parametrize("key", [None, KEY])
def test_with_the_fake_in_use_nothing_that_reaches_a_provider_is_made(part: str, key: str | None) -> None:
    container = fake_container(api_key=key)

    with pytest.raises(RuntimeError, match="no connection to a provider"):
        getattr(container, part)()


@pytest.mark.parametrize(
    ("settings", "apply"),
    [
        (Settings(api_key=KEY), True),
        (Settings(api_key=KEY, base_url="http://localhost:1/v1"), False),
        (Settings(api_key=KEY, llm=Provider.FAKE), False),
    ],
)
def test_shutdown_dates_apply_to_openai_itself_alone(settings: Settings, apply: bool) -> None:
    listed = build_container(settings).catalog().listed()

    assert any(model.status != "active" for model in listed) is apply


def test_with_the_fake_in_use_no_provider_can_be_reached(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    environ = os.environ | {
        "CHATAPP_LLM": "fake",
        "CHATAPP_FAKE_WORD_SECONDS": "0",
        "OPENAI_API_KEY_CYB_SEC": KEY,
        "OPENAI_BASE_URL": upstream.url,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", EVERY_ROUTE],
        env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert ran.stdout.splitlines() == ["[200, 200, 200, 200, 404, 200, 200] True True", "[] []"], ran.stderr
    assert upstream.connections == 0
    assert KEY not in ran.stdout + ran.stderr
