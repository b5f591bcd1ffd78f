"""The examples of the README, taken from the page and run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.app_under_test import events_in
from tests.integration.terminal import environment, python
from tests.server import RunningServer, serving

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
HERE = "http://127.0.0.1:5000"
CURL = re.findall(r"^```sh\n(curl .*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, CHATAPP_LLM="fake", CHATAPP_FAKE_WORD_SECONDS="0") as running:
        yield running


def test_there_are_examples() -> None:
    assert len(CURL) >= 5
    assert len(PYTHON) >= 2


@pytest.mark.parametrize("command", CURL, ids=lambda command: re.sub(r"\s+", " ", command)[:70])
def test_a_curl_example_does_what_it_shows(server: RunningServer, tmp_path: Path, command: str) -> None:
    assert HERE in command
    here = command.replace(HERE, server.url).replace("curl ", "curl --fail-with-body --silent --show-error ", 1)

    shown = subprocess.run(
        ["sh", "-c", here], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=10
    )

    assert (shown.returncode, shown.stderr) == (0, "")
    if "/chat/stream" in command:
        assert events_in(shown.stdout)[-1]["done"]
    else:
        assert "error" not in json.loads(shown.stdout)


@pytest.mark.parametrize("example", PYTHON, ids=lambda text: text.splitlines()[0])
def test_a_python_example_runs(server: RunningServer, tmp_path: Path, example: str) -> None:
    ended = python(tmp_path, "-W", "error", "-c", example.replace(HERE, server.url))

    assert (ended.returncode, ended.stderr) == (0, "")
