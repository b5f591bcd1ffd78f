"""The chat page as an app: what says how it is installed, and the script that opens it offline."""

from __future__ import annotations

import json
import re
import struct

import pytest

from chatapp.web.texts.language import CODES
from tests.integration.app_under_test import AppUnderTest, app_with

MANIFEST, WORKER = "/manifest.webmanifest", "/service-worker.js"


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with()


@pytest.mark.parametrize("code", CODES)
def test_the_manifest_is_in_the_readers_language(app: AppUnderTest, code: str) -> None:
    answer = app.get(MANIFEST, **{"Accept-Language": code})

    told = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (told["lang"], told["dir"]) == (code, "rtl" if code == "ar" else "ltr")
    assert (told["name"], told["start_url"], told["display"]) == ("Chatapp", "/chat", "standalone")
    assert told["description"]


def test_its_icons_have_the_size_that_it_says(app: AppUnderTest) -> None:
    icons = [icon for icon in json.loads(app.get(MANIFEST).text)["icons"] if icon["type"] == "image/png"]

    for icon in icons:
        with app.flask.test_client().get(icon["src"]) as image:
            assert image.content_type == "image/png"
            assert image.data.startswith(b"\x89PNG")
            assert "{}x{}".format(*struct.unpack(">II", image.data[16:24])) == icon["sizes"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }


@pytest.mark.parametrize("code", CODES)
def test_the_script_keeps_the_page_with_the_files_that_it_needs(app: AppUnderTest, code: str) -> None:
    script, page = app.get(WORKER, **{"Accept-Language": code}), app.get("/chat", **{"Accept-Language": code})

    parts = json.loads(script.text[script.text.rindex('({"page"') + 1 : script.text.rindex(");")])
    needed = re.findall(r'(?:href|src)="(/static/[^"]+)"(?! data-styles)', page.text)
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert parts["page"] == "/chat"
    assert set(parts["files"]) == {address for address in needed if "apple-touch-icon" not in address}
    for address in parts["files"]:
        assert app.get(address).status == 200


@pytest.mark.parametrize("path", [MANIFEST, WORKER])
def test_browsers_ask_each_time_whether_it_is_the_same(app: AppUnderTest, path: str) -> None:
    answer = app.get(path)
    again = app.send("GET", path, headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "no-cache"
    assert again.status == 304


@pytest.mark.parametrize("path", [MANIFEST, WORKER])
def test_both_are_open_where_the_server_has_a_password(path: str) -> None:
    assert app_with(password="A long secret").get(path).status == 200
