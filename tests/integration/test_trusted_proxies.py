"""What a proxy says about callers counts where the owner has named it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from chatapp.domain.visitors import NEW_VISITORS_AN_HOUR
from tests.server import RunningServer, serving

OVER_HTTPS = {"X-Forwarded-Proto": "https"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a server that believes the proxies of this machine."""
    with serving(
        tmp_path_factory.mktemp("behind"), CHATAPP_TRUSTED_PROXIES="127.0.0.0/8", CHATAPP_WORKERS="1"
    ) as server:
        yield server


def post(server: RunningServer, path: str, headers: dict[str, str]) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", path, "{}", JSON | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def cookie(server: RunningServer, headers: dict[str, str]) -> str:
    """Return the cookie that comes with a new conversation."""
    answer = post(server, "/api/conversations", headers)
    assert answer.status == 201
    return answer.getheader("Set-Cookie", "")


def test_the_cookie_is_secure_where_a_trusted_proxy_says_https(behind: RunningServer) -> None:
    made = cookie(behind, OVER_HTTPS)

    assert made.startswith("__Host-chatapp_visitor=")
    assert "; Secure;" in made


def test_without_that_word_it_is_not(behind: RunningServer) -> None:
    assert cookie(behind, {}).startswith("chatapp_visitor=")


def test_nobody_else_is_believed(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("alone"), CHATAPP_WORKERS="1") as server:
        assert cookie(server, OVER_HTTPS).startswith("chatapp_visitor=")


def test_callers_behind_a_trusted_proxy_are_told_apart(behind: RunningServer) -> None:
    one, other = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}

    tries = [post(behind, "/api/visitors", one).status for _ in range(NEW_VISITORS_AN_HOUR + 1)]

    assert tries == [201] * NEW_VISITORS_AN_HOUR + [429]
    assert post(behind, "/api/visitors", other).status == 201
