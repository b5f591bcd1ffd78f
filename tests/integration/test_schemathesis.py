"""The API holds what its description promises, whatever Schemathesis thinks of asking it.

That runs as a process of its own: within this one it would change how Hypothesis works, for all other tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.integration.terminal import environment
from tests.server import RunningServer, serving

EXAMPLES, SOAK_EXAMPLES = 10, 500
SECONDS, SOAK_SECONDS = 300, 1800
DOORS = ["/chat", "/chat/stream"]
OPTIONS = [
    *("--seed=1", "--generation-deterministic", "--no-color", "--continue-on-failure"),
    # That a text must not be blank, unless the model said it, has no words in a description.
    "--exclude-checks=positive_data_acceptance",
    # It would end the one who asks.
    "--exclude-path=/api/me",
]
BOUNDS = {"CHATAPP_MAX_MESSAGE_CHARACTERS": "1000", "CHATAPP_MAX_MESSAGES": "20"}
"""Values at a bound, and just over it, are among the questions."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("server"), CHATAPP_FAKE_WORD_SECONDS="0", **BOUNDS) as running:
        yield running


@pytest.fixture(scope="module")
def run(server: RunningServer, soak: bool) -> subprocess.CompletedProcess[str]:
    """What Schemathesis found when it asked that server."""
    folder = server.log_file.parent
    with urlopen(f"{server.url}/api/openapi.json") as answer:
        (folder / "openapi.json").write_text(json.dumps(sharpened(json.load(answer))))
    command = [sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", f"--url={server.url}", *OPTIONS]
    command.append(f"--header=Authorization: Bearer {new_visitor(server)}")
    return subprocess.run(
        [*command, f"--max-examples={SOAK_EXAMPLES if soak else EXAMPLES}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SOAK_SECONDS if soak else SECONDS,
        check=False,
    )


def new_visitor(server: RunningServer) -> str:
    """Return the token of somebody whose conversations are asked for."""
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{server.url}/api/visitors", b"{}", headers)) as answer:
        token: str = json.load(answer)["token"]
        return token


def sharpened(description: dict[str, Any]) -> dict[str, Any]:
    """Return the description with what the server's owner alone knows, and without its loophole.

    Which models and messages there are is not for the description to say, nor that an empty parameter counts as not
    given. An answer must be one that is described by its status. The chat page is no part of the API, but stands at one
    of its addresses.
    """
    schemas = description["components"]["schemas"]
    for name in ("ChatBody", "KeptQuestion"):
        schemas[name]["properties"]["model"] = {"enum": ["gpt-4o-mini"]}
    for name in ("NewConversation", "ConversationChanges"):
        schemas[name]["properties"]["model"] = {"enum": ["gpt-4o-mini", None]}
    schemas["KeptQuestion"]["required"] = ["message"]
    for name, field in (
        ("KeptQuestion", "answer_to"),
        ("KeptQuestion", "parent_id"),
        ("ConversationChanges", "leaf_id"),
    ):
        del schemas[name]["properties"][field]
    for operation in operations(description):
        del operation["responses"]["default"]
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                parameter["schema"] = {"anyOf": [parameter["schema"], {"enum": [""]}]}
    page = {"description": "The chat page.", "content": {"text/html": {}}}
    description["paths"]["/chat"]["get"] = {"responses": {"200": page}}
    return description


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in description["paths"].values():
        yield from (operation for name, operation in methods.items() if name != "parameters")


def test_every_answer_is_as_described(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.usefixtures("run")
def test_good_and_bad_questions_were_among_them(server: RunningServer) -> None:
    answered = Counter((line["route"], line["status"]) for line in server.logged("request", method="POST"))

    statuses = {status for _, status in answered}
    assert statuses >= {200, 201, 202, 400, 404, 405, 415}
    assert max(statuses) < 500
    for door in DOORS:
        assert answered[door, 200] >= EXAMPLES / 5, answered
        assert answered[door, 400] >= EXAMPLES, answered


@pytest.mark.usefixtures("run")
def test_no_request_failed_on_the_servers_side(server: RunningServer) -> None:
    assert server.logged("request failed") == []
