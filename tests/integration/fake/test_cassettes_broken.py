"""Answers that break off: by the provider, which is recorded and replayed, and by the caller, which is not."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import openai
import pytest

from chatapp.fake import Gate
from chatapp.fake.cassettes import RecordingServer
from chatapp.fake.cassettes.cassette import Ended
from chatapp.fake.cassettes.heard import Heard as HeardByRecorder
from chatapp.fake.cassettes.passing import Passing
from chatapp.fake.server import wire
from chatapp.fake.server.sending import HangUp, Send, Sending, TearDown
from tests.integration.fake.taping import CHAT, ENOUGH_SECONDS, STREAM_HEAD, Heard, Provider, chunks, recorded, replayed
from tests.upstream.tls import self_signed, server_context

HALF_OF_TEN = Send(wire.head(200, {"Content-Type": "application/json", "Content-Length": "10"}) + b"12345")


def ended(folder: Path) -> str:
    (file,) = folder.iterdir()
    return str(json.loads(file.read_text("utf-8"))["response"]["ended"])


def asking(recorder: RecordingServer, method: str = "POST") -> socket.socket:
    """Return a caller's connection on which a request has just been sent."""
    url = urlsplit(recorder.url)
    caller = socket.create_connection((url.hostname, url.port), ENOUGH_SECONDS)
    caller.sendall(f"{method} {url.path}{CHAT} HTTP/1.1\r\nContent-Length: 7\r\n\r\n".encode() + b'{"n":1}')
    return caller


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "at its pace"])
@pytest.mark.parametrize(
    ("steps", "pieces", "how", "seen_as"),
    [
        ([STREAM_HEAD, Send(wire.framed(b"a")), 0.05, TearDown()], [b"a"], "reset", "ConnectionResetError"),
        ([STREAM_HEAD, Send(wire.framed(b"a")), 0.05, HangUp()], [b"a"], "cut", "IncompleteRead"),
        ([HALF_OF_TEN, 0.05, HangUp()], [b"12345"], "cut", "IncompleteRead"),
        ([HALF_OF_TEN, 0.05, TearDown()], [b"12345"], "reset", "ConnectionResetError"),
        ([HangUp()], [], "cut", "RemoteDisconnected"),
        ([0.05, TearDown()], [], "reset", "ConnectionResetError"),
    ],
    ids=["reset stream", "cut stream", "cut JSON", "reset JSON", "no answer", "reset before the answer"],
)
def test_an_answer_that_breaks_off_breaks_off_again(
    tmp_path: Path, steps: list[Sending | float], pieces: list[bytes], how: str, seen_as: str, at_once: bool
) -> None:
    with Provider(*steps) as provider:
        live = recorded(tmp_path, provider.url)

    again = replayed(tmp_path, at_once=at_once)

    assert ended(tmp_path) == how
    assert (live.pieces, again.pieces) == (pieces, pieces)
    assert (live.broke, again.broke) == (seen_as, seen_as)


def test_a_provider_that_cannot_be_reached_is_a_502_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    with (
        RecordingServer(tmp_path, nobody) as recorder,
        openai.OpenAI(base_url=recorder.url, api_key="sk-canary", max_retries=0) as sdk,
        pytest.raises(openai.InternalServerError, match="The upstream cannot be reached") as caught,
    ):
        sdk.models.list()

    assert (caught.value.status_code, caught.value.code) == (502, "upstream_unreachable")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "before", [[], [STREAM_HEAD], [STREAM_HEAD, Send(wire.framed(b"data: {}\n\n"))]], ids=["head", "body", "middle"]
)
def test_a_caller_who_leaves_is_left_by_the_provider_at_once_and_not_written(
    tmp_path: Path, before: list[Sending | float]
) -> None:
    gate = Gate()  # stays shut: only the caller's leaving can end this
    with Provider(*before, gate) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        with asking(recorder) as caller:
            exchange = provider.wait_for_exchange(1, ENOUGH_SECONDS)
            if before:
                assert caller.recv(12) == b"HTTP/1.1 200"
        assert exchange is not None
        exchange.wait_until_left()

    assert not list(tmp_path.iterdir())


def test_a_caller_who_leaves_is_left_over_tls_too(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    tapes = tmp_path / "tapes"
    with (
        Provider(STREAM_HEAD, Gate(), tls=server_context(certificate, key)) as provider,
        RecordingServer(tapes, provider.url, upstream_tls=trusting) as recorder,
    ):
        with asking(recorder) as caller:
            assert caller.recv(12) == b"HTTP/1.1 200"
        exchange = provider.wait_for_exchange(1, ENOUGH_SECONDS)
        assert exchange is not None
        exchange.wait_until_left()

    assert not list(tapes.iterdir())


def test_a_caller_who_leaves_upon_the_last_words_of_a_stream_has_heard_it_all(tmp_path: Path) -> None:
    words = [b'data: {"n":1}\n\n', b"data: [DO", b"NE]\n\n"]
    with (
        Provider(STREAM_HEAD, *(Send(wire.framed(piece)) for piece in words), Gate()) as provider,
        RecordingServer(tmp_path, provider.url) as recorder,
        asking(recorder) as caller,
    ):
        received = b""
        while b"NE]" not in received:
            received += caller.recv(65_536)

    assert ended(tmp_path) == "whole"
    assert replayed(tmp_path).pieces == words


def test_closing_the_recorder_leaves_the_provider_too(tmp_path: Path) -> None:
    with Provider(STREAM_HEAD, Gate()) as provider:
        with RecordingServer(tmp_path, provider.url) as recorder:
            caller = asking(recorder)
            exchange = provider.wait_for_exchange(1, ENOUGH_SECONDS)
        caller.close()

        assert exchange is not None
        exchange.wait_until_left()


def test_a_recorder_that_could_not_start_a_thread_can_still_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: Passing) -> None:
        raise RuntimeError("can't start new thread")

    with Provider(STREAM_HEAD) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        monkeypatch.setattr(Passing, "start", start)
        with asking(recorder) as caller:
            assert caller.recv(12) == b"HTTP/1.1 500"
        monkeypatch.undo()


def test_one_that_broke_off_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    with Provider(STREAM_HEAD, TearDown()) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        assert [Heard(recorder.url).broke for _ in range(3)] == ["ConnectionResetError"] * 3

    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("method", "answer"),
    [("POST", wire.whole(b"hello")), ("POST", wire.head(204, {})), ("HEAD", wire.head(200, {"Content-Length": "5"}))],
    ids=["length", "204", "HEAD"],
)
def test_who_has_the_whole_answer_finds_it_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, answer: bytes
) -> None:
    end = HeardByRecorder.end

    def slow(heard: HeardByRecorder, how: Ended) -> None:
        sleep(0.03)
        end(heard, how)

    monkeypatch.setattr(HeardByRecorder, "end", slow)
    with (
        Provider(Send(answer)) as provider,
        RecordingServer(tmp_path, provider.url) as recorder,
        asking(recorder, method) as caller,
    ):
        received = b""
        while not received.endswith(answer[-4:]):
            received += caller.recv(65_536)
        files = [file for file in tmp_path.iterdir() if file.suffix == ".json"]

    assert len(files) == 1
    assert ended(tmp_path) == "whole"
    assert replayed(tmp_path, method=method, json={"n": 1}).broke is None


def test_an_answer_that_was_read_to_its_end_is_kept_though_its_caller_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, read, left = HeardByRecorder.end, threading.Event(), threading.Event()

    def late(heard: HeardByRecorder, how: Ended) -> None:
        read.set()
        assert left.wait(ENOUGH_SECONDS)
        end(heard, how)

    monkeypatch.setattr(HeardByRecorder, "end", late)
    with Provider(*chunks(b"hello")) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        with asking(recorder) as caller:
            assert read.wait(ENOUGH_SECONDS)
            assert caller.recv(1)
        exchange = recorder.wait_for_exchange(1, ENOUGH_SECONDS)
        assert exchange is not None
        exchange.wait_until_left()
        left.set()

    assert ended(tmp_path) == "whole"
    assert replayed(tmp_path).pieces == [b"hello"]


def test_an_answer_without_a_declared_end_is_not_kept_if_its_caller_leaves(tmp_path: Path) -> None:
    head = Send(wire.head(200, {"Content-Type": "text/plain"}) + b"hello")
    with Provider(head, Gate()) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        with asking(recorder) as caller:
            while b"hello" not in caller.recv(65_536):
                pass
        exchange = provider.wait_for_exchange(1, ENOUGH_SECONDS)
        assert exchange is not None
        exchange.wait_until_left()

    assert not list(tmp_path.iterdir())
