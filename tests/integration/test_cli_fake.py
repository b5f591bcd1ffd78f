"""``chatapp fake`` as people type it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from tests.integration.terminal import chatapp, environment

HELLO = '[[rules]]\nreply = "Hello there."\n'


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command until the block ends; give the process, and the address that it printed."""
    command = [sys.executable, "-m", "chatapp", "fake", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().removeprefix("OPENAI_BASE_URL=")
        finally:
            process.terminate()


def ask(url: str) -> str | None:
    with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
    return answer.choices[0].message.content


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_by_a_script_until_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "script.toml").write_text(HELLO)

    with running(tmp_path, "--script", "script.toml") as (process, url):
        assert ask(url) == "Hello there."
        process.send_signal(number)
        assert process.wait(5) == 0


def test_it_records_another_server_and_replays_it(tmp_path: Path) -> None:
    (tmp_path / "script.toml").write_text(HELLO)

    with (
        running(tmp_path, "--script", "script.toml") as (_, upstream),
        running(tmp_path, "--record", "cassettes", "--upstream", upstream) as (_, recorder),
    ):
        assert ask(recorder) == "Hello there."
    with running(tmp_path, "--replay", "cassettes", "--at-once") as (_, player):
        assert ask(player) == "Hello there."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--record", "x"], "--record and --upstream belong together."),
        (["--upstream", "http://127.0.0.1:9/v1"], "--record and --upstream belong together."),
        (["--at-once"], "--at-once belongs to --replay."),
        (["--script", "x.toml", "--replay", "x"], "Please choose one of --script, --record and --replay."),
        (["--script", "x.toml"], "The script x.toml cannot be read: "),
        (["--replay", "x"], "The folder of cassettes x cannot be read: No such file or directory."),
        (["--record", "x", "--upstream", "nonsense"], "The upstream must be like https://api.openai.com/v1,"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    ended = chatapp(tmp_path, "fake", *arguments)

    assert ended.exit_code != 0
    assert f"Error: {sentence}" in ended.output
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = chatapp(tmp_path, "fake", "--port", str(port))

    assert ended.exit_code == 1
    assert ended.output == (
        f"Error: Port {port} cannot be used: Address already in use. Choose another one with --port.\n"
    )
