"""A file that comes over a real connection: in chunks, too large, or broken off."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
import requests

from tests.integration.kept.test_transfer import CHATGPT
from tests.server import RunningServer, serving

FILE = json.dumps(CHATGPT).encode()


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, CHATAPP_LLM="fake", CHATAPP_WORKER_CLASS=request.param) as running:
        yield running


@pytest.fixture
def me(server: RunningServer) -> dict[str, str]:
    token = requests.post(f"{server.url}/api/visitors", json={}, timeout=10).json()["token"]
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def pieces() -> Iterator[bytes]:
    for place in range(0, len(FILE), 100):
        yield FILE[place : place + 100]


def test_a_file_may_come_in_chunks_without_a_length(server: RunningServer, me: dict[str, str]) -> None:
    answer = requests.post(f"{server.url}/api/import", data=pieces(), headers=me, timeout=10)

    assert (answer.status_code, answer.json()["messages"]) == (200, 2)


def test_a_file_that_breaks_off_can_be_imported_again(server: RunningServer, me: dict[str, str]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in me.items())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        half = (
            f"POST /api/import HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(FILE)}\r\n\r\n".encode() + FILE[:500]
        )
        connection.sendall(half)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as received:
            answer = received.read()

    whole = requests.post(f"{server.url}/api/import", data=FILE, headers=me, timeout=10)

    assert b"400" in answer.split(b"\r\n", 1)[0]
    assert b'"invalid_json"' in answer
    assert (whole.status_code, whole.json()["messages"]) == (200, 2)


def test_a_file_that_is_too_large_is_refused_unread(server: RunningServer, me: dict[str, str]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in me.items())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"POST /api/import HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 300000000\r\n\r\n".encode())
        with connection.makefile("rb") as received:
            status = received.readline()

    assert b"413" in status
