"""What protects every answer: security headers, who may read it from another site, and which host is meant."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from tests.integration.app_under_test import JSON, Answer, AppUnderTest, app_with

SHOP = "https://shop.example"
BLOG = "http://blog.example:8080"
HOSTILE = [
    "null",
    "https://shop.example.evil.com",
    "https://evil.com/.shop.example",
    "https://evil.com",
    "https://shop.example:8443",
    "http://shop.example",
    "https://shop.example.",
    "https://SHOP.example.",
    "https://shopXexample",
    "https://www.shop.example",
    "https://shop.example@evil.com",
    "https://shop.example/",
    "https://shop.example, https://evil.com",
    " https://shop.example evil",
    "*",
    "",
]
PROTECTION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Chatapp-Provider": "Fake",
}
FOR_ALL_SITES = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
SHARED = {
    f"{method} {path}"
    for method in ("GET", "HEAD", "OPTIONS")
    for path in ("/widget.js", "/widget/home.css", "/api/widget")
} - {"OPTIONS /widget.js", "OPTIONS /widget/home.css"}
API = [("GET", "/api"), ("GET", "/health"), ("GET", "/models"), ("POST", "/chat"), ("POST", "/chat/stream")]
API_ERRORS = [("POST", "/health"), ("GET", "/chat/stream"), ("PUT", "/chat"), ("GET", "/api/nothing")]
USAGE = ("GET /usage", "HEAD /usage")
PAGES = ["/", "/chat", "/widget", "/api/docs", "/favicon.ico", "/robots.txt", "/static/home.css", "/static/chat.js"]


class Broken:
    """A service with a fault of ours."""

    def compose(self, turn: object) -> None:
        raise RuntimeError("the key is sk-secret")


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with(max_body_bytes=1000)


@cache
def app_of(**settings: Any) -> AppUnderTest:
    """Return an application with these settings, made once for all tests: they only look at headers."""
    return app_with(**settings)


def everything(app: AppUnderTest) -> dict[str, Answer]:
    """Return an answer of every route to every method, and of every kind of error."""
    rules = {rule.rule.replace("<name>", "home.css") for rule in app.flask.url_map.iter_rules()}
    routes = {re.sub(r"<id:\w+>", "an-id", rule) for rule in rules}
    methods = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
    answers = {f"{method} {path}": app.send(method, path) for path in sorted(routes) for method in methods}
    broken = app_with(composer=Broken())
    return answers | {
        "a missing page": app.get("/nothing"),
        "a missing file": app.get("/static/nothing.js"),
        "a way out of the folder": app.get("/static/..%2f..%2fsettings.py"),
        "an answer": app.ask(),
        "a stream": app.streamed(),
        "a bad request": app.post("/chat", b"{"),
        "too large": app.post("/chat", b"x" * 1001),
        "a fault of ours": broken.ask(),
        "a bad host": app.get("/health", Host="a b@c/"),
        "a bad host for a page": app.get("/chat", Host="a b@c/"),
        "a file that has not changed": app.get(
            "/robots.txt", **{"If-None-Match": app.get("/robots.txt").headers["ETag"]}
        ),
        "a redirect": app.get("//chat"),
    }


def test_every_answer_is_protected(app: AppUnderTest) -> None:
    answers = everything(app)

    assert {answer.status for answer in answers.values()} >= {200, 304, 308, 400, 404, 405, 413, 415, 500}
    for name, answer in answers.items():
        expected = PROTECTION | (FOR_ALL_SITES if name in SHARED else {})
        found = {header: answer.headers.getlist(header) for header in expected}
        assert found == {header: [value] for header, value in expected.items()}, name
        assert len(answer.headers.getlist("X-Request-Id")) == 1, name
        assert answer.headers["Cache-Control"], name
        assert "Set-Cookie" not in answer.headers, name


def test_every_answer_has_a_strict_content_policy(app: AppUnderTest) -> None:
    for name, answer in everything(app).items():
        (policy,) = answer.headers.getlist("Content-Security-Policy")
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'", name
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'", name
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'", name
        assert "unsafe" not in policy, name
        assert "*" not in policy, name
        assert "http" not in policy, name


@pytest.mark.parametrize("path", ["/", "/chat", "/widget", "/api/docs"])
def test_pages_obey_their_own_policy(app: AppUnderTest, path: str) -> None:
    page = app.get(path).text

    assert "style=" not in page
    assert "<style" not in page
    assert re.findall(r"<[^>]* on\w+=", page) == []
    assert page.count("<script") == page.count("<script ") == page.count("></script>")


def test_errors_say_nothing_about_the_inside(app: AppUnderTest) -> None:
    for name, answer in everything(app).items():
        if answer.status >= 400:
            assert not any(word in answer.text for word in ("Traceback", "sk-secret", "chatapp/", "Werkzeug")), name
            is_page = name in ("a bad host for a page", "GET /", "GET /chat", "GET /widget") or name.startswith(USAGE)
            assert answer.headers["Content-Type"].startswith("text/html" if is_page else JSON), name


def test_everything_but_a_question_asks_no_model(app: AppUnderTest) -> None:
    app.calls.clear()

    everything(app)

    assert len(app.calls) == 2, "an answer and a stream"


def cors(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


def call(app: AppUnderTest, method: str, path: str, **headers: str) -> Answer:
    return app.send(method, path, b'{"message": "Hi"}', {"Content-Type": JSON, **headers})


@pytest.mark.parametrize(("method", "path"), [*API, *API_ERRORS])
@pytest.mark.parametrize("origin", [SHOP, "null", "https://anybody.example"])
def test_everybodys_pages_may_read_the_api_of_everybody(app: AppUnderTest, method: str, path: str, origin: str) -> None:
    shared = cors(call(app, method, path, Origin=origin))

    assert shared.pop("Access-Control-Expose-Headers") == "Location, Retry-After, X-Request-Id"
    assert shared == {"Access-Control-Allow-Origin": "*"}


@pytest.mark.parametrize(("method", "path"), [*API, *API_ERRORS])
@pytest.mark.parametrize("allowed", [(SHOP,), (SHOP, BLOG), ()], ids=["one", "two", "none"])
def test_only_allowed_sites_may_read_the_api(method: str, path: str, allowed: tuple[str, ...]) -> None:
    app = app_of(allowed_origins=allowed)

    for origin in (SHOP, BLOG):
        answer = call(app, method, path, Origin=origin)
        assert answer.headers.get("Access-Control-Allow-Origin") == (origin if origin in allowed else None)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]
    assert "Origin" in call(app, method, path).headers["Vary"]


@pytest.mark.parametrize("origin", HOSTILE)
@pytest.mark.parametrize("allowed", [(SHOP,), (SHOP, BLOG)], ids=["one", "two"])
def test_a_name_that_only_looks_like_an_allowed_one_is_not(allowed: tuple[str, ...], origin: str) -> None:
    app = app_of(allowed_origins=allowed)
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    for answer in (call(app, "POST", "/chat", Origin=origin), app.send("OPTIONS", "/chat", headers=preflight)):
        assert cors(answer) == {}


@pytest.mark.parametrize(("method", "path"), API)
@pytest.mark.parametrize("settings", [{}, {"allowed_origins": (SHOP,)}, {"allowed_origins": (SHOP, BLOG)}])
def test_a_browser_may_ask_beforehand(method: str, path: str, settings: dict[str, Any]) -> None:
    app = app_of(**settings)
    app.calls.clear()
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type, x-request-id",
        "Access-Control-Request-Private-Network": "true",
    }

    answer = app.send("OPTIONS", path, headers=headers)

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == (SHOP if settings else "*")
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert set(answer.headers["Access-Control-Allow-Headers"].split(", ")) == {"content-type", "x-request-id"}
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers.get("Access-Control-Allow-Private-Network") != "true"
    assert app.calls == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("allowed", [("*",), (SHOP,), (SHOP, BLOG)], ids=["all", "one", "two"])
def test_pages_are_not_shared(path: str, allowed: tuple[str, ...]) -> None:
    answer = app_of(allowed_origins=allowed).get(path, Origin=SHOP)

    assert (answer.status, cors(answer)) == (200, {})


CHAT, LOCAL = "chat.example.com", "[::1]"


@pytest.mark.parametrize("host", [CHAT, f"{CHAT}:5000", CHAT.upper(), LOCAL, f"{LOCAL}:80"])
def test_an_allowed_host_is_answered(host: str) -> None:
    assert app_of(allowed_hosts=(CHAT, LOCAL)).get("/health", Host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", f"{CHAT}.evil.com", f"x.{CHAT}", f"{CHAT}:x", f"a@{CHAT}", "::1", ""])
@pytest.mark.parametrize("path", ["/", "/chat", "/health", "/chat/stream", "/nothing"])
def test_another_host_is_refused_everywhere(host: str, path: str) -> None:
    answer = app_of(allowed_hosts=(CHAT, LOCAL)).get(path, Host=host)

    assert answer.status == 400
    assert "This server does not answer to that host name." in answer.text


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "a?b", "<b>", "a\u00e9", "x:999999", "a,b", "[::1", "a" * 64 + ".example", "a..b"]
)
def test_a_host_that_is_no_name_is_always_refused(app: AppUnderTest, host: str) -> None:
    answer = app.get("/health", Host=host)

    assert (answer.status, answer.code) == (400, "invalid_host")
