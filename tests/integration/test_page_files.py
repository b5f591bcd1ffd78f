"""The files of the pages: packed for who can unpack them, and nothing else from their folder."""

from __future__ import annotations

import gzip

import pytest

from chatapp.web.pages import STATIC
from tests.integration.app_under_test import app_with


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chat.js", "text/javascript; charset=utf-8"),
        ("chat.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml; charset=utf-8"),
        ("THIRD-PARTY.txt", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_comes_packed_to_who_can_unpack_it(name: str, kind: str) -> None:
    client = app_with().flask.test_client()

    with client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip, deflate, br"}) as packed:
        unpacked = gzip.decompress(packed.data)
    with client.get(f"/static/{name}") as plain:
        assert plain.data == unpacked

    assert len(packed.data) < 0.7 * len(plain.data)
    assert [answer.headers.get("Content-Encoding") for answer in (packed, plain)] == ["gzip", None]
    for answer in (packed, plain):
        assert (answer.content_type, answer.headers["Vary"]) == (kind, "Accept-Encoding")


def test_who_refuses_packed_files_gets_plain_ones() -> None:
    answer = app_with().send("GET", "/static/chat.css", headers={"Accept-Encoding": "gzip;q=0"})

    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("name", ["chat.js.gz", "nothing.js", "..%2fassets.py"])
def test_nothing_else_is_given_out(name: str, encoding: str) -> None:
    assert app_with().send("GET", f"/static/{name}", headers={"Accept-Encoding": encoding}).status == 404


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("KaTeX_Main-Regular-*.woff2", "font/woff2"),
        ("formula_drawing-*.js", "text/javascript; charset=utf-8"),
        ("code_drawing-*.js", "text/javascript; charset=utf-8"),
        ("python.min-*.js", "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_whose_name_has_a_hash_may_be_kept_for_good(name: str, kind: str) -> None:
    [path] = STATIC.glob(name)

    with app_with().flask.test_client().get(f"/static/{path.name}") as answer:
        assert answer.data == path.read_bytes()

    assert answer.content_type == kind
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_font_is_not_packed_twice() -> None:
    [font] = STATIC.glob("KaTeX_Main-Regular-*.woff2")

    with app_with().flask.test_client().get(f"/static/{font.name}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.data == font.read_bytes()

    assert not {"Content-Encoding", "Vary"} & set(answer.headers)
