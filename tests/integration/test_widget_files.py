"""What other sites load: the widget's script, small and never stale for long, and whether they may use it."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from chatapp.web.texts.language import CODES, languages
from tests.integration.app_under_test import Answer, AppUnderTest, app_with

SHOP = "https://shop.example"
MOST_BYTES = 30 * 1024
MOST_BYTES_OF_SCRIPT = 15_000
SCRIPT, CHAT = "/widget.js", "/widget/widget_chat.js"


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with()


def parts_of(answer: Answer) -> dict[str, Any]:
    """Return what the server has put into the script."""
    parts: dict[str, Any] = json.loads(answer.text[answer.text.rindex('({"styles"') + 1 : answer.text.rindex(");")])
    return parts


@pytest.mark.parametrize("code", CODES)
def test_all_that_streams_plain_text_is_small(app: AppUnderTest, code: str) -> None:
    client, reads = app.flask.test_client(), {"Accept-Language": code, "Accept-Encoding": "gzip"}

    def packed(path: str) -> bytes:
        with client.get(path, headers=reads) as answer:
            return bytes(answer.data)

    chat = packed(CHAT)
    shared = set(re.findall(r'from"\./([\w-]+\.js)"', gzip.decompress(chat).decode()))
    sizes = [len(packed(SCRIPT)), len(chat), *(len(packed(f"/widget/{name}")) for name in shared)]

    assert len(shared) >= 1
    assert sum(sizes) <= MOST_BYTES, sizes


@pytest.mark.parametrize("code", CODES)
def test_the_script_is_small_packed_and_the_same_unpacked(app: AppUnderTest, code: str) -> None:
    client, reads = app.flask.test_client(), {"Accept-Language": code}

    with (
        client.get(SCRIPT, headers={"Accept-Encoding": "gzip", **reads}) as packed,
        client.get(SCRIPT, headers=reads) as plain,
    ):
        assert len(packed.data) <= MOST_BYTES_OF_SCRIPT
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding, Accept-Language"
        assert packed.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize(
    ("address", "headers", "language"),
    [
        (SCRIPT, {}, "en"),
        (SCRIPT, {"Accept-Language": "fr, de-AT;q=0.9"}, "de"),
        (SCRIPT, {"Accept-Language": "de", "Cookie": "chatapp_language=ar"}, "de"),
        (f"{SCRIPT}?language=hi", {"Accept-Language": "de"}, "hi"),
        (f"{SCRIPT}?language=xx", {"Accept-Language": "de"}, "de"),
    ],
    ids=str,
)
def test_it_speaks_as_the_tag_or_the_browser_says(
    app: AppUnderTest, address: str, headers: dict[str, str], language: str
) -> None:
    answer = app.get(address, **headers)

    parts, words = parts_of(answer), languages()[language].words
    assert answer.headers["Content-Language"] == parts["language"] == language
    assert words["widget.title"] in parts["markup"]
    assert parts["words"]["stop"] == words["scripts.stop"]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_script_is_asked_for_again_soon_and_sent_when_it_is_another(app: AppUnderTest, encoding: str) -> None:
    client = app.flask.test_client()
    with client.get(SCRIPT, headers={"Accept-Encoding": encoding}) as first:
        etag = first.headers["ETag"]

    with client.get(SCRIPT, headers={"Accept-Encoding": encoding, "If-None-Match": etag}) as again:
        assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "public, max-age=300"


def test_what_the_script_loads_later_has_its_hash_in_its_address_and_may_be_kept(app: AppUnderTest) -> None:
    address = parts_of(app.get(SCRIPT))["chat"]

    answer = app.get(f"/{address}", Origin=SHOP)

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert app.get(f"{CHAT}?v=another").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("code", CODES)
def test_what_markdown_and_problems_need_comes_later_by_hashed_addresses(app: AppUnderTest, code: str) -> None:
    parts = parts_of(app.get(SCRIPT, **{"Accept-Language": code}))

    assert (parts["problems"] == "") == (code == "en")
    addresses = {"css": parts["markdownStyles"], "javascript": parts["problems"]}
    for kind, address in addresses.items():
        if address:
            answer = app.get(f"/{address}", Origin=SHOP)
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Content-Type"] == f"text/{kind}; charset=utf-8"


def test_styles_that_come_later_have_measures_that_no_site_decides(app: AppUnderTest) -> None:
    assert not re.search(r"\drem\b", app.get("/widget/widget_markdown.css").text)


def test_what_that_loads_in_turn_stands_beside_it(app: AppUnderTest) -> None:
    later = re.findall(r"""["'`]\./([^"'`]+)["'`]""", app.get(CHAT).text)

    assert any(name.startswith("markdown_writer-") for name in later)
    for name in later:
        answer = app.get(f"/widget/{name}", Origin=SHOP)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]


@pytest.mark.parametrize("allowed", [("*",), (SHOP,), ()], ids=["all", "one", "none"])
@pytest.mark.parametrize("path", [SCRIPT, CHAT, "/api/widget"])
def test_any_site_may_load_the_files_and_learn_whether_it_is_allowed(path: str, allowed: tuple[str, ...]) -> None:
    answer = app_with(allowed_origins=allowed).get(path, Origin="https://blog.example")

    assert answer.status == 200
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
    assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]
    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize(
    ("allowed", "headers", "may"),
    [
        (("*",), {"Origin": SHOP}, True),
        ((SHOP,), {"Origin": SHOP}, True),
        ((SHOP,), {"Origin": "https://SHOP.example"}, True),
        ((SHOP,), {"Origin": "https://shop.example.evil.example"}, False),
        ((SHOP,), {"Origin": "null"}, False),
        ((), {"Origin": SHOP}, False),
        ((), {"Origin": "http://localhost"}, True),
        ((), {}, True),
    ],
    ids=str,
)
def test_a_site_is_told_whether_it_may(allowed: tuple[str, ...], headers: dict[str, str], may: bool) -> None:
    answer = app_with(allowed_origins=allowed).get("/api/widget", **headers)

    assert answer.json == {"allowed": may, "setting": "CHATAPP_ALLOWED_ORIGINS"}
    assert "Origin" in answer.headers["Vary"]


def test_no_measure_in_the_styles_depends_on_the_site(app: AppUnderTest) -> None:
    styles = parts_of(app.get(SCRIPT))["styles"]

    assert [found for found in re.findall(r"[^{}]*\d(?:rem)\b[^{}]*", styles) if "@media" not in found] == []
    assert "calc(.75*var(--rem))" in styles


def test_a_closed_server_tells_nothing_of_its_model() -> None:
    facts = {"gpt-", "nano-usd", "data-instruction-tokens"}
    opened = parts_of(app_with(system_prompt="x" * 30).get(SCRIPT))["markup"]
    closed = parts_of(app_with(system_prompt="x" * 30, password="let me in").get(SCRIPT))["markup"]
    closed = closed.replace('data-instruction-tokens="0"', "")

    assert {fact for fact in facts if fact in opened} == facts
    assert {fact for fact in facts if fact in closed} == set()
