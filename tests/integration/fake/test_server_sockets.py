"""What the fake's server does when sockets are slow, taken, or all used up."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from typing import Any

import pytest

from chatapp.fake.server import FakeServer, wire
from chatapp.fake.server.sending import Send
from tests.integration.fake.bare import answers, connected, request, rest
from tests.upstream import Reset, ScriptedUpstream

BIG = b"x" * 8_000_000
MODELS = request("GET /v1/models HTTP/1.1", "Connection: close")


def test_a_slow_reader_gets_all_of_a_last_answer(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedUpstream() as upstream, caplog.at_level(logging.WARNING):
        upstream.script(Send(wire.whole(BIG)))
        with connected(upstream, receive_buffer=4_096) as peer:
            peer.sendall(MODELS)
            time.sleep(0.2)
            assert rest(peer).endswith(BIG)
        upstream.requests[0].wait_until_over()

    assert upstream.requests[0].peer_left_at is None
    assert caplog.records == []


def test_a_reset_behind_a_slow_reader_is_one(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedUpstream() as upstream, caplog.at_level(logging.WARNING):
        upstream.script(Send(wire.whole(BIG)), Reset())
        with connected(upstream, receive_buffer=4_096) as peer:
            peer.sendall(MODELS)
            time.sleep(0.2)
            with pytest.raises(ConnectionResetError):
                rest(peer)
        upstream.requests[0].wait_until_over()

    assert caplog.records == []


def test_a_port_that_does_not_exist_is_an_error() -> None:
    server = FakeServer(port=70_000)
    with pytest.raises(ValueError, match="no port 70000"):
        server.start()
    server.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = FakeServer(port=other.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            server.start()
    server.close()
    with server:  # it is free now
        assert answers(server, MODELS)


def test_a_start_without_a_file_descriptor_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_left() -> asyncio.AbstractEventLoop:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(asyncio.events, "new_event_loop", nothing_left)
    server = FakeServer()
    with pytest.raises(OSError, match="Too many open files"):
        server.start()
    server.close()


def test_who_knocks_while_nothing_can_be_opened_is_let_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, accept = [], socket.socket.accept

    def full_at_first(listener: socket.socket) -> tuple[socket.socket, Any]:
        tries.append(listener)
        if len(tries) <= 2:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    with ScriptedUpstream() as upstream:
        monkeypatch.setattr(socket.socket, "accept", full_at_first)
        began = time.monotonic()
        assert answers(upstream, MODELS).startswith(b"HTTP/1.1 200 ")

    assert time.monotonic() - began > 0.9
    assert len(tries) == 3


def test_it_can_be_closed_while_nothing_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: socket.socket) -> tuple[socket.socket, Any]:
        raise OSError(errno.ENFILE, "Too many open files in system")

    monkeypatch.setattr(socket.socket, "accept", full)
    with ScriptedUpstream() as upstream, connected(upstream):
        time.sleep(0.1)
