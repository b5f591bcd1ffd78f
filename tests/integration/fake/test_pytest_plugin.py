"""The fixture as another project sees it: a folder with one test file, nothing configured, a pytest of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from chatapp.fake.guard import is_loopback
from tests.integration.terminal import python

REFUSED = "This test may only talk to this machine, but something asked for "


def pytest_in(folder: Path, tests: str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run these tests as a project of their own; without options, with no plugin but ours: others take a second."""
    (folder / "test_project.py").write_text(dedent(tests), "utf-8")
    if not options:
        options, settings = ("-p", "chatapp", "--tb=line"), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **settings}
    return python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, **settings)


def test_the_fixture_works_with_nothing_configured(tmp_path: Path) -> None:
    ended = pytest_in(
        tmp_path,
        """
        from openai import OpenAI

        def test_it(fake_llm):
            fake_llm.reply("Good morning.").when(pattern="^hello")
            fake_llm.reply("Good-bye.").when("bye")
            asked = [{"role": "user", "content": "hello there"}]

            with OpenAI() as client:
                answer = client.chat.completions.create(model="gpt-4o-mini", messages=asked)

            assert answer.choices[0].message.content == "Good morning."
            assert fake_llm.calls[0].messages == asked
            assert (fake_llm.bill.prompt_tokens, fake_llm.bill.completion_tokens) == (2, 2)
            assert fake_llm.bill.usd == "0.000001500"
        """,
        *("-p", "no:schemathesis"),
    )

    assert "1 passed" in ended.stdout, ended.stdout


def test_the_environment_is_changed_for_one_test_only(tmp_path: Path) -> None:
    ended = pytest_in(
        tmp_path,
        """
        import os

        def test_with(fake_llm):
            assert os.environ["OPENAI_BASE_URL"] == fake_llm.base_url
            assert os.environ["OPENAI_API_KEY"] == "sk-fake"
            assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")

        def test_without():
            assert os.environ["OPENAI_BASE_URL"] == "http://192.0.2.1/v1"
            assert os.environ["OPENAI_API_KEY"] == "sk-dear"
            assert os.environ["NO_PROXY"] == "example.org"
        """,
        OPENAI_BASE_URL="http://192.0.2.1/v1",
        OPENAI_API_KEY="sk-dear",
        NO_PROXY="example.org",
    )

    assert "2 passed" in ended.stdout, ended.stdout


def test_whoever_would_leave_this_machine_fails(tmp_path: Path) -> None:
    # 192.0.2.1 is nobody's: the address is there for examples. To "connect" a UDP socket sends nothing.
    ended = pytest_in(
        tmp_path,
        """
        import socket
        from contextlib import suppress
        from openai import OpenAI

        def test_connection(fake_llm):
            socket.create_connection(("192.0.2.1", 80))

        def test_name(fake_llm):
            socket.getaddrinfo(b"api.openai.com", 443)  # as asynchronous libraries name it

        def test_datagram(fake_llm):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.sendto(b"hi", ("192.0.2.1", 9))

        def test_swallowed(fake_llm):
            with OpenAI(base_url="http://192.0.2.2/v1") as client, suppress(Exception):
                client.models.list()

        def test_at_home(fake_llm):
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(("localhost", server.getsockname()[1])).close()

        def test_free_again():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer, suppress(OSError):
                peer.connect(("192.0.2.1", 9))
        """,
    )

    assert "4 failed, 2 passed" in ended.stdout, ended.stdout
    for wanted in ("192.0.2.1:80", "api.openai.com", "192.0.2.1:9", "192.0.2.2:80"):
        assert f"{REFUSED}{wanted}." in ended.stdout


HOME = ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "", "0.0.0.0", "::", b"127.0.0.1")
ELSEWHERE = ("10.0.0.1", b"10.0.0.1", "::ffff:10.0.0.1", "fe80::1%lo", "localhost.example.org")


@pytest.mark.parametrize("address", [*HOME, *ELSEWHERE])
def test_this_machine_is_known_by_all_its_addresses(address: str | bytes) -> None:
    assert is_loopback(address) is (address in HOME)


def test_another_thread_cannot_leave_either(tmp_path: Path) -> None:
    ended = pytest_in(
        tmp_path,
        """
        import socket
        from concurrent.futures import ThreadPoolExecutor
        from contextlib import suppress

        def test_it(fake_llm):
            with ThreadPoolExecutor() as crowd, suppress(BaseException):
                crowd.submit(socket.create_connection, ("192.0.2.1", 80)).result()
        """,
    )

    assert "1 passed, 1 error" in ended.stdout, ended.stdout
    assert f"{REFUSED}192.0.2.1:80." in ended.stdout


def test_a_refusal_that_is_swallowed_is_told_at_the_end(tmp_path: Path) -> None:
    ended = pytest_in(
        tmp_path,
        """
        import asyncio, socket
        from contextlib import suppress

        async def leave():
            socket.create_connection(("192.0.2.1", 80))

        def test_suppressed(fake_llm):
            with suppress(BaseException):
                socket.gethostbyaddr("192.0.2.3")

        def test_gathered(fake_llm):
            async def both():
                await asyncio.gather(leave(), return_exceptions=True)
            with suppress(BaseException):
                asyncio.run(both())

        def test_another_failure(fake_llm):
            with suppress(BaseException):
                socket.getnameinfo(("192.0.2.4", 80), 0)
            assert False

        def test_told(fake_llm):
            try:
                socket.create_connection(("192.0.2.5", 80))
            except BaseException as error:
                raise ExceptionGroup("all", [ValueError("x")]) from error

        def test_this_machine(fake_llm):
            assert socket.gethostbyaddr("127.0.0.1")
            assert socket.getnameinfo(("127.0.0.1", 80), 0)
        """,
    )

    assert "2 failed, 3 passed, 3 errors" in ended.stdout, ended.stdout
    for wanted in ("192.0.2.1:80", "192.0.2.3", "192.0.2.4"):
        assert f"{REFUSED}{wanted}." in ended.stdout


def test_whoever_does_not_use_the_fixture_does_not_pay_for_it(tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import chatapp.pytest_plugin\n"
        "print(*sorted({name for name in set(sys.modules) - before}))\n"
    )

    ended = python(tmp_path, "look.py")

    assert ended.stdout.split() == ["chatapp", "chatapp.pytest_plugin"]
