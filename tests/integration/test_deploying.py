"""What docs/deploying.md tells people to install, taken from the page and tried: nginx above all."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from chatapp.settings import Settings
from tests.chatgpt_files import Talk, file_of
from tests.server import free_port, serving
from tests.upstream import Gate, ScriptedUpstream, Stall
from tests.upstream.tls import self_signed
from tests.upstream.wire import stream

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
NOTICED_WITHIN_SECONDS = 1.0

MAIN = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {site}
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where nginx listens, and the certificate it shows."""

    plain_url: str
    secure_url: str
    certificate: Path


def block(language: str) -> str:
    """Return the one code block of the page in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 5
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    pytest.fail("nginx did not start")


@pytest.fixture
def backend() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture
def proxy(backend: ScriptedUpstream, tmp_path: Path) -> Iterator[Proxy]:
    """Start nginx before a server that is told what to answer."""
    with nginx_before(backend.url.removesuffix("/v1"), tmp_path) as running:
        yield running


@contextmanager
def nginx_before(backend_url: str, tmp_path: Path) -> Iterator[Proxy]:
    """Run nginx with the file of the page; only ports and certificate are changed."""
    certificate, key = self_signed(tmp_path)
    plain, secure = free_port(), free_port()
    site = block("nginx")
    for theirs, ours in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen [::]:80;": "",
        "listen 443 ": f"listen 127.0.0.1:{secure} ",
        "listen [::]:443 ssl http2;": "",
        "/etc/letsencrypt/live/chat.example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/chat.example.com/privkey.pem": str(key),
    }.items():
        assert site.count(theirs) == 1, theirs
        site = site.replace(theirs, ours)
    assert site.count("http://127.0.0.1:5000;") == 2
    site = site.replace("http://127.0.0.1:5000;", f"{backend_url};")
    (tmp_path / "nginx.conf").write_text(MAIN.format(site=site))
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")  # not every user looks there
    assert program, "nginx is not installed"
    command = [program, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    with subprocess.Popen(command) as nginx:
        try:
            wait_for_port(secure, nginx)
            yield Proxy(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", certificate)
        finally:
            nginx.terminate()


def ask(proxy: Proxy) -> requests.Response:
    return requests.post(
        f"{proxy.secure_url}/chat/stream",
        json={"message": "Hi"},
        headers={"Host": "chat.example.com"},
        verify=str(proxy.certificate),
        stream=True,
        timeout=5,
    )


def test_words_come_through_nginx_one_by_one(backend: ScriptedUpstream, proxy: Proxy) -> None:
    words = [b"one", b"two", b"three"]
    gates = [Gate() for _ in words]
    backend.script(*stream(*(part for pair in zip(words, gates, strict=True) for part in pair)))

    with ask(proxy) as answer:
        pieces = answer.iter_content(chunk_size=None)
        for word, gate in zip(words, gates, strict=True):
            assert next(pieces) == word
            gate.open()
        assert list(pieces) == []


def test_the_beginning_of_an_answer_is_not_held_back(backend: ScriptedUpstream, proxy: Proxy) -> None:
    backend.script(*stream(Stall()))

    with ask(proxy) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_reader_who_leaves_in_mid_answer_frees_the_backend(backend: ScriptedUpstream, proxy: Proxy) -> None:
    backend.script(*stream(b"one", Stall()))

    with ask(proxy) as answer:
        next(answer.iter_content(chunk_size=None))
        left_at = time.monotonic()

    assert backend.requests[0].wait_until_left() - left_at < NOTICED_WITHIN_SECONDS


def test_a_reader_who_leaves_before_the_first_byte_frees_the_backend(backend: ScriptedUpstream, proxy: Proxy) -> None:
    backend.script(Stall())

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{proxy.secure_url}/chat", verify=str(proxy.certificate), timeout=(5, 0.2))
    left_at = time.monotonic()

    assert backend.requests[0].wait_until_left() - left_at < NOTICED_WITHIN_SECONDS


def test_the_server_learns_who_asks_and_how(backend: ScriptedUpstream, proxy: Proxy) -> None:
    with ask(proxy):
        headers = backend.wait_for_request().headers

    assert headers["Host"] == "chat.example.com"
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "https")


def test_a_file_longer_than_any_other_body_is_imported_through_nginx(tmp_path: Path) -> None:
    talk = Talk("Long")
    talk.user("x" * 3_000_000)
    talk.assistant("y" * 3_000_000)

    with serving(tmp_path, CHATAPP_LLM="fake") as server, nginx_before(server.url, tmp_path) as proxy:
        answer = requests.post(
            f"{proxy.secure_url}/api/import",
            data=file_of(talk),
            headers={"Content-Type": "application/json"},
            verify=str(proxy.certificate),
            timeout=30,
        )

    assert (answer.status_code, answer.json()) == (200, {"conversations": 1, "messages": 2, "known": 0, "left_out": []})


def test_the_file_of_an_import_is_passed_on_as_it_comes(backend: ScriptedUpstream, proxy: Proxy) -> None:
    backend.script(*stream(b"{}"))
    connections: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield b"[" + b" " * 100_000
        deadline = time.monotonic() + 5
        while not backend.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        connections.append(backend.connections)
        yield b"]"

    answer = requests.post(f"{proxy.secure_url}/api/import", data=pieces(), verify=str(proxy.certificate), timeout=5)

    assert (answer.status_code, connections) == (200, [1])


def test_plain_http_is_sent_on_to_https(proxy: Proxy) -> None:
    answer = requests.get(
        f"{proxy.plain_url}/chat?x=1",
        headers={"Host": "chat.example.com"},
        allow_redirects=False,
        timeout=5,
    )

    assert answer.headers["Location"] == "https://chat.example.com/chat?x=1"


def test_nginx_lets_the_longest_body_and_the_longest_answer_through() -> None:
    site, settings = block("nginx"), Settings()
    body_megabytes, import_megabytes = re.findall(r"client_max_body_size (\d+)m;", site)
    (read_seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", site)

    assert int(body_megabytes) * 1024**2 > settings.max_body_bytes
    assert int(import_megabytes) * 1024**2 > settings.max_import_bytes
    assert int(read_seconds) > settings.reply_seconds


def test_systemd_waits_longer_than_running_answers_may_go_on() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep the case
    unit.read_string(block("ini"))

    assert int(unit["Service"]["TimeoutStopSec"]) > Settings().grace_seconds


def test_replit_shows_the_port_that_it_starts() -> None:
    replit = tomllib.loads((ROOT / ".replit").read_text(encoding="utf-8"))

    for command in (replit["run"], replit["deployment"]["run"]):
        assert "chatapp serve --host 0.0.0.0 --port 5000" in command[-1]
    assert replit["ports"] == [{"localPort": 5000, "externalPort": 80}]
