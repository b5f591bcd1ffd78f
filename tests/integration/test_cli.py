"""The commands as people type them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from chatapp import __version__
from tests.integration.site import Site, running_site
from tests.integration.terminal import chatapp, environment, python
from tests.server import free_port
from tests.upstream import Gate, Reset
from tests.upstream.wire import error, sse

ON_WINDOWS = "import sys; from chatapp.cli import main; sys.platform = 'win32'; main(['serve'])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def ask(site: Site, *options: str) -> Result:
    return chatapp(site.server.log_file.parent, "ask", "Hi", "--url", site.server.url, *options)


def test_version_is_the_packages(tmp_path: Path) -> None:
    assert python(tmp_path, "-m", "chatapp", "--version").stdout == f"chatapp, version {__version__}\n"


def test_help_lists_the_commands(tmp_path: Path) -> None:
    shown = chatapp(tmp_path, "--help").output

    assert [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines()] == [
        "ask",
        "catalog",
        "db",
        "doctor",
        "fake",
        "serve",
        "usage",
    ]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CHATAPP_PORT": "x"}, "CHATAPP_PORT is “x”, but it must be a whole number from 0 to 65,535."),
        ({"CHATAPP_LLM": "openai"}, "CHATAPP_LLM is “openai”, but OPENAI_API_KEY_CYB_SEC is not set."),
        ({"CHATAPP_DEFAULT_MODEL": "gpt-9"}, "The default model “gpt-9” is not in the catalogue."),
        ({"CHATAPP_CATALOG": "/nothing.toml"}, "The catalogue /nothing.toml cannot be read"),
        ({"OPENAI_BASE_URL": "nonsense"}, "OPENAI_BASE_URL is “nonsense”, but it must be an address like https://"),
        ({"CHATAPP_FAKE_SCRIPT": "/nothing.toml"}, "The script /nothing.toml cannot be read"),
        (
            {"CHATAPP_FAKE_SCRIPT": "x.toml", "OPENAI_API_KEY_CYB_SEC": "sk-test"},
            "CHATAPP_FAKE_SCRIPT is set, but OpenAI would answer. Set CHATAPP_LLM to “fake” too.",
        ),
    ],
    ids=["port", "key", "model", "catalogue", "provider", "script", "script and key"],
)
def test_serve_refuses_wrong_settings_in_one_sentence(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    ended = python(tmp_path, "-m", "chatapp", "serve", **settings)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"Error: {sentence}")
    assert ended.stderr.count("\n") == 1


def test_serve_refuses_a_taken_port_in_one_sentence(site: Site, tmp_path: Path) -> None:
    ended = python(tmp_path, "-m", "chatapp", "serve", "--port", str(site.server.port))

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith(f"Error: Port {site.server.port} on 127.0.0.1 cannot be used")


def test_gunicorn_alone_refuses_wrong_settings_in_one_sentence(tmp_path: Path) -> None:
    ended = python(
        tmp_path, "-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app", CHATAPP_PORT="x"
    )

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith("Error: CHATAPP_PORT is “x”")


def test_serve_says_that_it_does_not_run_on_windows(tmp_path: Path) -> None:
    ended = python(tmp_path, "-c", ON_WINDOWS)

    assert ended.returncode == 1
    assert ended.stderr == "Error: The server runs on Linux and macOS; on Windows, please use WSL.\n"


@pytest.mark.parametrize("option", [("--port", "65536"), ("--port", "-1"), ("--workers", "0"), ("--host",)])
def test_serve_refuses_options_out_of_bounds(tmp_path: Path, option: tuple[str, ...]) -> None:
    refused = chatapp(tmp_path, "serve", *option)

    assert refused.exit_code == 2
    assert option[0] in refused.output


def test_ask_shows_each_word_as_it_comes(site: Site, tmp_path: Path) -> None:
    gate = Gate()
    site.script(*sse(["one ", gate, "two"]))
    command = [sys.executable, "-m", "chatapp", "ask", "Hi", "--url", site.server.url]

    buffered = environment(PYTHONUNBUFFERED="")
    with subprocess.Popen(command, cwd=tmp_path, env=buffered, stdout=subprocess.PIPE) as asking:
        assert asking.stdout
        assert asking.stdout.read(4) == b"one "
        gate.open()
        assert asking.stdout.read() == b"two\n"

    assert asking.returncode == 0


def test_ask_passes_on_what_it_is_told(site: Site) -> None:
    asked = site.script(*sse(["Hello"]))

    answered = ask(site, "--model", "gpt-4o", "--system", "Be brief.")

    assert (answered.exit_code, answered.output) == (0, "Hello\n")
    assert asked().json["model"] == "gpt-4o"
    assert [message["content"] for message in asked().json["messages"]] == ["Be brief.", "Hi"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_ask_finds_the_server_of_its_settings(site: Site, tmp_path: Path, host: str) -> None:
    answered = chatapp(tmp_path, "ask", "Hi", CHATAPP_HOST=host, CHATAPP_PORT=str(site.server.port))

    assert answered.output == "Hello world\n"


def test_ask_tells_a_refusal_in_one_sentence(site: Site) -> None:
    refused = ask(site, "--model", "gpt-9")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: There is no model “gpt-9” here. GET /models lists the ones there are.\n"


def test_ask_tells_that_the_provider_failed(site: Site) -> None:
    site.script(*error(401, "invalid_api_key"))

    refused = ask(site)

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: The model provider did not accept this server's key.")


def test_ask_keeps_the_text_of_an_answer_that_breaks_off(site: Site) -> None:
    site.script(*sse(["half a th", Reset()]))

    broken = ask(site)

    assert (broken.exit_code, broken.stdout) == (1, "half a th\n")
    assert broken.stderr == "Error: The connection to the model broke. Please try again.\n"


def test_ask_tells_that_no_server_is_there(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    alone = chatapp(tmp_path, "ask", "Hi", "--url", url)

    assert (alone.exit_code, alone.stderr) == (1, f"Error: {url} cannot be reached.\n")
