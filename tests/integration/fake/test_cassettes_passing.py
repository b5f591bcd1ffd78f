"""What a recorder passes on, and back: everything, as if the provider itself were there."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

from chatapp.fake.cassettes import RecordingServer
from chatapp.fake.server import wire
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Send
from tests.integration.fake.taping import END, ENOUGH_SECONDS, STREAM_HEAD, Heard, Provider, chunks, recorded, replayed
from tests.upstream.tls import self_signed, server_context


def exchanged(server: LoopbackServer, request: bytes) -> bytes:
    """Return all that is answered to bytes as they stand."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), ENOUGH_SECONDS) as caller:
        caller.sendall(request)
        return b"".join(iter(lambda: caller.recv(65_536), b""))


def test_any_method_path_and_query_is_passed_on_and_the_query_is_not_written(tmp_path: Path) -> None:
    with Provider(Send(wire.whole(b"[]", headers={"X-Own": "1"}))) as provider:
        live = recorded(tmp_path, provider.url, "/files/f1?limit=2&secret=3", method="DELETE", headers={"X-Mine": "4"})
        exchange = provider.exchanges[0]

    assert (exchange.method, exchange.path, exchange.body) == ("DELETE", "/v1/files/f1?limit=2&secret=3", b"")
    assert (exchange.headers["X-Mine"], exchange.headers["Accept-Encoding"]) == ("4", "identity")
    assert (live.body, live.headers["X-Own"], live.headers["Content-Length"]) == (b"[]", "1", "2")
    (file,) = tmp_path.iterdir()
    assert file.name == "0001-delete-files-f1.json"
    assert json.loads(file.read_text("utf-8"))["request"]["path"] == "/files/f1"
    assert replayed(tmp_path, "/files/f1?limit=9", method="DELETE").body == b"[]"


def test_an_answer_without_a_body_has_none_again(tmp_path: Path) -> None:
    with Provider(Send(wire.head(204, {}))) as provider:
        live = recorded(tmp_path, provider.url)

    again = replayed(tmp_path)

    assert (live.status, live.body) == (again.status, again.body) == (204, b"")
    assert not {"Content-Length", "Transfer-Encoding"} & again.headers.keys()


def test_an_answer_that_is_compressed_all_the_same_is_unpacked(tmp_path: Path) -> None:
    packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"
    with Provider(Send(wire.whole(packed, headers={"Content-Encoding": "gzip"}))) as provider:
        live = recorded(tmp_path, provider.url)

    assert live.body == replayed(tmp_path).body == b"hello"
    assert "Content-Encoding" not in live.headers


def test_an_answer_in_a_compression_that_is_not_known_is_passed_on_and_not_written(tmp_path: Path) -> None:
    with Provider(Send(wire.whole(b"?", headers={"Content-Encoding": "strange"}))) as provider:
        live = recorded(tmp_path, provider.url)

    assert (live.body, live.headers["Content-Encoding"]) == (b"?", "strange")
    assert not list(tmp_path.iterdir())


def test_several_compressions_one_upon_another_are_undone(tmp_path: Path) -> None:
    packed = gzip.compress(zlib.compress(b"hello"))
    with Provider(Send(wire.whole(packed, headers={"Content-Encoding": "deflate, gzip"}))) as provider:
        live = recorded(tmp_path, provider.url)

    assert live.body == replayed(tmp_path).body == b"hello"
    assert "Content-Encoding" not in live.headers


def test_a_compression_that_is_not_known_among_others_is_passed_on_and_not_written(tmp_path: Path) -> None:
    headers = {"Content-Encoding": "strange, gzip"}
    with Provider(Send(wire.whole(b"?", headers=headers))) as provider, RecordingServer(tmp_path, provider.url) as tape:
        answer = exchanged(tape, b"GET /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert b"Content-Encoding: strange, gzip" in answer
    assert answer.endswith(b"\r\n\r\n?")
    assert not list(tmp_path.iterdir())


def test_an_answer_whose_cassette_could_not_be_read_again_is_passed_on_and_not_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Provider(Send(wire.whole(b"{}", headers={"x-ratelimit-a/b": "1"}))) as provider:
        live = recorded(tmp_path, provider.url, "/models?key=canary")

    assert live.body == b"{}"
    assert not list(tmp_path.iterdir())
    assert "Not written: POST /models. The cassette could not be read again" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("is_stream", [True, False], ids=["chunks", "length"])
def test_an_answer_goes_on_to_its_end_though_it_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_stream: bool
) -> None:
    tapes = tmp_path / "tapes"
    steps = chunks(b"hello") if is_stream else [Send(wire.whole(b"hello"))]
    with Provider(*steps) as provider, RecordingServer(tapes, provider.url) as recorder:
        tapes.rmdir()
        live = Heard(recorder.url)

    assert (live.body, live.broke) == (b"hello", None)
    assert "Not written: POST /chat/completions" in caplog.text


@pytest.mark.parametrize(
    "first_line",
    [
        b"GET /v1/a\x01b HTTP/1.1",
        b"GET /v1/\xc3\xa4 HTTP/1.1",
        b"G\xe4T /v1/models HTTP/1.1",
        b"G@T /v1/models HTTP/1.1",
    ],
)
def test_what_cannot_be_sent_on_is_refused_and_not_written(tmp_path: Path, first_line: bytes) -> None:
    with Provider(*chunks(b"x")) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        answer = exchanged(recorder, first_line + b"\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not provider.exchanges
    assert not list(tmp_path.iterdir())


def test_a_provider_is_recorded_over_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    tapes = tmp_path / "tapes"
    with (
        Provider(*chunks(b"secret"), tls=server_context(certificate, key)) as provider,
        RecordingServer(tapes, provider.url, upstream_tls=trusting) as recorder,
    ):
        live = Heard(recorder.url)
        with RecordingServer(tapes, provider.url) as wary:
            refused = Heard(wary.url)

    assert live.body == replayed(tapes).body == b"secret"
    assert refused.status == 502


def test_what_is_not_below_v1_is_unknown_to_both(tmp_path: Path) -> None:
    with Provider(*chunks(b"x")) as provider:
        live = recorded(tmp_path, provider.url, "x/models")
        recorded(tmp_path, provider.url)

    assert live.status == replayed(tmp_path, "x/models").status == 404
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "api.openai.com", "https://u:p@127.0.0.1/v1", "http://[", ""])
def test_what_is_no_base_url_is_refused_before_anything_is_made(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="The upstream "):
        RecordingServer(tmp_path / "tapes", address)

    assert not list(tmp_path.iterdir())


@pytest.mark.alone
def test_callers_at_the_same_time_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with (
        Provider(0.3, STREAM_HEAD, Send(wire.framed(b"x")), END) as provider,
        RecordingServer(tmp_path, provider.url) as recorder,
        ThreadPoolExecutor(4) as callers,
    ):
        began = monotonic()
        heard = list(callers.map(Heard, [recorder.url] * 4))
        seconds = monotonic() - began

    assert [each.pieces for each in heard] == [[b"x"]] * 4
    assert seconds < 4 * 0.3
    assert len(list(tmp_path.iterdir())) == 4
