"""One file that is imported several times at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.chatgpt_files import exported
from tests.server import RunningServer, serving

IMPORTS = 4
FILE = b"".join(exported(20, messages=20))


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[RunningServer]:
    """Two processes on SQLite, and on PostgreSQL."""
    with serving(tmp_path, CHATAPP_LLM="fake", CHATAPP_WORKERS="2", CHATAPP_DATABASE_URL=database_url) as running:
        yield running


def test_what_is_imported_several_times_at_once_is_there_once(server: RunningServer) -> None:
    token = requests.post(f"{server.url}/api/visitors", json={}, timeout=10).json()["token"]
    me = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def bring_in(_: int) -> requests.Response:
        return requests.post(f"{server.url}/api/import", data=FILE, headers=me, timeout=60)

    with ThreadPoolExecutor(IMPORTS) as pool:
        answers = list(pool.map(bring_in, range(IMPORTS)))
    lines = requests.get(f"{server.url}/api/export", headers=me, timeout=10).text.splitlines()

    kinds = [json.loads(line)["type"] for line in lines]
    told = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * IMPORTS, told
    assert sum(each["conversations"] for each in told) == kinds.count("conversation") == 20
    assert sum(each["messages"] for each in told) == kinds.count("message")
    assert {each["conversations"] + each["messages"] + each["known"] for each in told} == {20 + kinds.count("message")}
