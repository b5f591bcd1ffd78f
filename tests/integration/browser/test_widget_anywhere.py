"""The widget on somebody else's site: a guest that works there, and that leaves and takes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from chatapp.web.texts.language import languages
from tests.integration.browser.conftest import PHONE, watch
from tests.integration.browser.host_site import HostSite, hosting
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS, held
from tests.server import serving
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import sse

PASSWORD = "let me in, пожалуйста"
STORED = "[localStorage.length, sessionStorage.length, document.cookie]"
HOSTILE = """<style>
  html { font-size: 5px; }
  * { all: unset !important; color: red !important; font-size: 3px !important; display: none !important; }
  html, body, h1 { display: block !important; }
  :root, * { --page: red; --text: red; --sea: red; --rem: 3px; }
  button, dialog, [data-part] { visibility: hidden !important; }
</style>"""
LOOKS = """element => {
    const look = getComputedStyle(element);
    const names = ["color", "backgroundColor", "fontSize", "fontFamily", "display", "visibility", "width", "height"];
    return names.map((name) => look[name]);
}"""

ALL_LOOKS = """() => [...document.body.children].filter((element) => element.localName !== "script").map((element) =>
    JSON.stringify(Object.values(getComputedStyle(element))))"""
NO_STORAGE = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); },
})"""


@pytest.fixture(scope="module")
def host(site: str) -> Iterator[HostSite]:
    """A site whose widget talks to ``site``."""
    with hosting(site) as running:
        yield running


@pytest.fixture
def shop(page: Page, host: HostSite) -> Talk:
    """The widget on the first of two pages of the site, open."""
    host.put("/next", f"<h1>Next</h1>{host.widget()}")
    page.goto(host.put("/", f'<h1>Shop</h1><button id="buy">Buy</button>{host.widget(title="Ask the shop")}'))
    return opened(page)


def opened(page: Page) -> Talk:
    """Open the widget of a page."""
    page.get_by_test_id("launcher").click()
    return Talk(page, page.get_by_test_id("widget"))


def left_of(element: Locator) -> float:
    """Return how far an element is from the left edge."""
    left: float = element.evaluate("element => element.getBoundingClientRect().left")
    return left


def said_by(page: Page, kind: str) -> list[str]:
    """Return a list that fills with what the console says of this kind."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == kind:
            said.append(message.text)

    page.on("console", note)
    return said


def test_an_answer_streams_on_any_site_and_is_markdown(shop: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Quite **blue", gate, "** indeed"]))
    shop.ask("Why?", until="streaming")
    expect(shop.text).to_contain_text("Quite")

    gate.open()

    shop.wait_for("done")
    expect(shop.text.locator("strong")).to_have_text("blue")
    expect(shop.page.get_by_role("dialog", name="Ask the shop")).to_be_visible()


def test_conversation_and_answer_survive_the_next_page(shop: Talk, host: HostSite, upstream: ScriptedUpstream) -> None:
    gate, asked = Gate(), len(upstream.requests)
    upstream.script(*sse(["Half ", gate, "whole"]))
    shop.ask("Hi", until="streaming")
    shop.shows("Half")

    shop.page.goto(f"{host.url}/next")
    talk = opened(shop.page)

    talk.wait_for("streaming")
    talk.shows("Half")
    gate.open()
    talk.wait_for("done")
    talk.shows("Half whole")
    talk.ask("And?")
    assert len(upstream.requests) == asked + 2


def test_a_question_that_the_page_leaves_on_its_way_is_asked_once(
    shop: Talk, host: HostSite, upstream: ScriptedUpstream
) -> None:
    asked, waiting = len(upstream.requests), "**/replies"
    shop.page.route(waiting, lambda route: None, times=1)
    with shop.page.expect_request(waiting):
        shop.ask("Hi", until="waiting")

    shop.page.goto(f"{host.url}/next")
    talk = opened(shop.page)

    talk.wait_for("done")
    expect(talk.questions).to_have_text(["You said: Hi"])
    assert len(upstream.requests) == asked + 1


def test_a_first_message_that_never_left_the_page_is_in_the_box_again(shop: Talk, host: HostSite) -> None:
    waiting = "**/api/visitors"
    shop.page.route(waiting, lambda route: None, times=1)
    with shop.page.expect_request(waiting):
        shop.ask("Hi", until="waiting")

    shop.page.goto(f"{host.url}/next")

    expect(opened(shop.page).input).to_have_value("Hi")


def test_no_cookie_is_sent_or_set_though_the_chat_page_has_one(page: Page, site: str, host: HostSite) -> None:
    page.goto(f"{site}/chat")
    chat = Talk(page, page.get_by_test_id("chat"))
    chat.ask("on the chat page")
    before = page.context.cookies()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.startswith(site) else None)
    page.goto(host.put("/cookies", host.widget()))
    talk = opened(page)

    talk.ask("on the site")

    assert {"/api/visitors", "/api/conversations"} <= {request.url.removeprefix(site) for request in sent}
    asked = [request for request in sent if not request.url.endswith("/widget.js")]  # a tag's request is the browser's
    assert [request.url for request in asked if "cookie" in request.all_headers()] == []
    assert page.context.cookies() == before
    expect(talk.questions).to_have_text(["You said: on the site"])
    assert len(page.request.get(f"{site}/api/conversations").json()["conversations"]) == 1


def test_nothing_is_stored_before_the_first_message(shop: Talk) -> None:
    shop.input.press_sequentially("half a tho")
    shop.page.get_by_role("button", name="Close the chat").first.click()

    assert shop.page.evaluate(STORED) == [0, 0, ""]
    assert shop.page.context.cookies() == []


def test_escape_closes_the_question_and_then_the_chat_behind_it(shop: Talk) -> None:
    shop.ask("Hi")
    forget = shop.root.get_by_role("button", name="Forget me")
    forget.click()
    expect(shop.page.get_by_role("button", name="Cancel")).to_be_visible()

    shop.page.keyboard.press("Escape")
    expect(shop.page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(forget).to_be_focused()
    expect(shop.answers).to_have_count(1)
    shop.page.keyboard.press("Escape")

    expect(shop.root).to_be_hidden()
    expect(shop.page.get_by_test_id("launcher")).to_be_focused()


def test_a_visitor_can_have_everything_forgotten(shop: Talk, host: HostSite) -> None:
    expect(shop.root.get_by_role("button", name="Forget me")).to_be_hidden()
    shop.ask("Hi")
    identity = shop.page.evaluate("Object.entries(localStorage).find(([name]) => name.endsWith(' token'))[1]")
    forget = shop.root.get_by_role("button", name="Forget me")
    forget.click()
    shop.page.get_by_role("button", name="Cancel").click()
    expect(shop.answers).to_have_count(1)

    forget.click()
    shop.page.get_by_role("button", name="Forget everything").click()

    expect(shop.answers).to_have_count(0)
    expect(shop.status).to_have_text("Everything is forgotten.")
    expect(shop.input).to_be_focused()
    expect(forget).to_be_hidden()
    assert shop.page.evaluate(STORED) == [0, 0, ""]
    headers = {"Authorization": f"Bearer {identity}", "Origin": host.url}
    assert shop.page.request.get(f"{host.chat}/api/conversations", headers=headers).status == 401


def test_a_visitor_whom_the_server_has_forgotten_begins_anew(shop: Talk) -> None:
    shop.ask("Hi")
    key = shop.page.evaluate("Object.keys(localStorage).find((name) => name.endsWith(' token'))")
    shop.page.evaluate("key => localStorage.setItem(key, 'v.0.0')", key)

    shop.ask("still there?", until=None)

    expect(shop.root.get_by_test_id("toast")).to_contain_text("not kept any more")
    expect(shop.input).to_have_value("still there?")
    shop.input.press("Enter")
    shop.wait_for("done")
    expect(shop.questions).to_have_text(["You said: still there?"])


def test_the_styles_of_a_site_stay_outside(page: Page, host: HostSite) -> None:
    looks = []
    for path, styles in (("/plain", ""), ("/hostile", HOSTILE)):
        page.goto(host.put(path, styles + host.widget()))
        page.get_by_test_id("launcher").wait_for()
        page.emulate_media(reduced_motion="reduce")
        page.get_by_test_id("launcher").evaluate("element => element.click()")
        talk = Talk(page, page.get_by_test_id("widget"))
        expect(talk.root).to_be_visible()
        parts = ["launcher", "widget", "send"]
        looks.append([page.get_by_test_id(part).evaluate(LOOKS) for part in parts] + [talk.input.evaluate(LOOKS)])

    assert looks[0] == looks[1]
    assert looks[0][3][2] == "16px", "or phones zoom in on the box"


def test_the_styles_of_the_widget_stay_inside(page: Page, host: HostSite) -> None:
    body = '<h1>Shop</h1><p hidden>x</p><a href="#">link</a><button class="button widget">Buy</button><code>x</code>'
    everything = (
        "() => [...document.body.children].map((element) => JSON.stringify(Object.values(getComputedStyle(element))))"
    )
    page.goto(host.put("/before", body))
    before = page.evaluate(everything)

    page.goto(host.put("/before", f"{body}"))
    page.add_script_tag(url=f"{host.chat}/widget.js")
    opened(page)

    assert page.evaluate(everything)[: len(before)] == before
    assert page.evaluate("document.styleSheets.length + document.adoptedStyleSheets.length") == 0


def test_it_works_under_a_strict_policy_and_where_text_may_not_become_markup(page: Page, host: HostSite) -> None:
    policy = f"default-src 'none'; script-src {host.chat}; connect-src {host.chat}; require-trusted-types-for 'script'"
    page.goto(host.put("/strict", host.widget(color="#ffcc00"), {"Content-Security-Policy": policy}))

    talk = opened(page)
    talk.ask("Hi")

    talk.shows("Hello world")
    expect(talk.text.locator("p")).to_have_text("Hello world")
    expect(page.get_by_test_id("launcher")).to_have_css("background-color", "rgb(255, 204, 0)")


def test_it_is_plain_text_where_markdown_cannot_be_loaded(shop: Talk, upstream: ScriptedUpstream) -> None:
    shop.page.route("**/widget/markdown_writer*", lambda route: route.abort())
    upstream.script(*sse(["Quite **blue**\n", "indeed <b>"]))

    shop.ask("Why?")

    assert shop.text.evaluate("element => element.textContent") == "Quite **blue**\nindeed <b>"
    assert shop.text.evaluate("element => element.childElementCount") == 0


def test_it_speaks_the_language_of_its_visitor(browser: Browser, host: HostSite, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["```js\nlet a\n```"]))
    with browser.new_context(locale="ar") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        page.goto(host.put("/arabic", f"<h1>Shop</h1>{host.widget()}"))
        page.get_by_role("button", name="فتح المحادثة").click()
        root = page.get_by_role("dialog", name="نجيب عن أسئلتك")
        root.get_by_role("textbox").fill("مرحبا")
        root.get_by_role("textbox").press("Enter")

        expect(root.get_by_test_id("status")).to_contain_text(languages()["ar"].words["scripts.done"])
        expect(root.get_by_role("button", name=languages()["ar"].words["scripts.wrapCode"])).to_be_visible()
        assert root.evaluate("element => getComputedStyle(element).direction") == "rtl"
        assert page.locator("h1").evaluate("element => getComputedStyle(element).direction") == "ltr"
        assert complaints == []


def test_its_look_is_that_of_the_device_or_what_the_site_says(page: Page, host: HostSite) -> None:
    background = "element => getComputedStyle(element).backgroundColor"
    page.emulate_media(color_scheme="dark")
    page.goto(host.put("/look", f'<html data-theme="light">{host.widget()}'))
    dark = opened(page).root.evaluate(background)

    page.goto(host.put("/look", host.widget(theme="light")))

    assert opened(page).root.evaluate(background) != dark


def test_code_is_coloured_though_the_site_forbids_everything_else(
    page: Page, host: HostSite, upstream: ScriptedUpstream
) -> None:
    policy = f"default-src 'none'; script-src {host.chat}; connect-src {host.chat}; require-trusted-types-for 'script'"
    upstream.script(*sse(["```js\nlet a\n```\n\n$$\\frac{a}{b}$$"]))
    page.goto(host.put("/code", host.widget(), {"Content-Security-Policy": policy}))
    talk = opened(page)

    talk.ask("Hi")

    expect(talk.text.locator("pre span").first).to_have_text("let")
    expect(talk.text.locator("pre span").first).not_to_have_css(
        "color", talk.text.locator("pre").evaluate("element => getComputedStyle(element).color")
    )
    expect(talk.text.locator("mfrac")).to_be_visible()


def test_a_chat_that_cannot_be_loaded_is_loaded_when_it_is_opened_again(page: Page, host: HostSite) -> None:
    page.goto(host.put("/late", host.widget()))
    page.route("**/widget/widget_chat.js*", lambda route: route.abort(), times=1)
    page.get_by_test_id("launcher").evaluate("element => element.click()")
    talk = Talk(page, page.get_by_test_id("widget"))
    talk.input.fill("written early")
    expect(talk.root.get_by_test_id("connection")).to_contain_text("could not be reached")
    page.keyboard.press("Escape")

    page.get_by_test_id("launcher").click()

    expect(talk.button).to_be_enabled()
    expect(talk.root.get_by_test_id("connection")).to_be_hidden()
    expect(talk.input).to_have_value("written early")


def test_a_site_that_is_not_allowed_finds_out_why(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"CHATAPP_LLM": "fake", "CHATAPP_ALLOWED_ORIGINS": "https://shop.example"}
    with serving(tmp_path_factory.mktemp("picky"), **settings) as picky, hosting(picky.url) as host:
        errors = said_by(page, "error")
        with page.expect_event("console"):
            page.goto(host.put("/", host.widget()))

        assert len(errors) == 1
        assert f"This site ({host.url}) may not use this chat" in errors[0]
        assert "CHATAPP_ALLOWED_ORIGINS" in errors[0]
        assert page.get_by_test_id("launcher").count() == 0


def test_on_a_desktop_it_is_a_dialog_beside_the_page(shop: Talk) -> None:
    page, launcher = shop.page, shop.page.get_by_test_id("launcher")
    expect(shop.input).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "true")
    page.locator("#buy").click()
    expect(page.locator("#buy")).to_be_focused()
    shop.input.focus()

    page.keyboard.press("Escape")

    expect(shop.root).to_be_hidden()
    expect(launcher).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(shop.input).to_be_focused()


def test_on_a_phone_it_is_the_whole_screen_whatever_the_site_does(phone: Page, host: HostSite) -> None:
    phone.goto(host.put("/phone", f'<body style="transform: scale(1)"><p>{"x " * 5000}</p>{host.widget()}'))
    talk = opened(phone)

    talk.ask("Hi")
    talk.root.evaluate("element => Promise.all(element.getAnimations().map((moving) => moving.finished))")

    assert talk.root.bounding_box() == {"x": 0, "y": 0, **PHONE}
    assert talk.root.evaluate("element => element.matches(':modal')")
    expect(talk.button).to_be_in_viewport(ratio=1)
    assert talk.input.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 16


def test_a_phone_that_is_turned_stays_full_screen_and_keeps_the_focus(phone: Page, host: HostSite) -> None:
    phone.goto(host.put("/turned", f'<button id="buy">Buy</button>{host.widget()}'))
    talk = opened(phone)
    talk.root.get_by_role("button", name="New chat").focus()

    phone.set_viewport_size({"width": 740, "height": 360})

    expect(talk.root).to_be_visible()
    talk.root.evaluate("element => Promise.all(element.getAnimations().map((moving) => moving.finished))")
    assert talk.root.bounding_box() == {"x": 0, "y": 0, "width": 740, "height": 360}
    expect(talk.root.get_by_role("button", name="New chat")).to_be_focused()
    phone.set_viewport_size({"width": 1280, "height": 800})
    expect(phone.get_by_test_id("launcher")).to_have_attribute("aria-expanded", "true")
    assert not talk.root.evaluate("element => element.matches(':modal')")
    phone.locator("#buy").click()
    phone.get_by_test_id("launcher").focus()
    phone.keyboard.press("Escape")
    expect(talk.root).to_be_hidden()
    expect(phone.get_by_test_id("launcher")).to_have_attribute("aria-expanded", "false")


def test_a_message_that_is_sent_before_the_chat_is_loaded_goes_out_then(page: Page, host: HostSite) -> None:
    script = held(page, "**/widget/widget_chat.js*")
    page.goto(host.put("/early", host.widget()))
    talk = opened(page)
    request = script()
    talk.input.fill("written early")
    talk.input.press("Enter")
    expect(talk.input).to_have_value("written early")

    request.continue_()

    talk.wait_for("done")
    expect(talk.questions).to_have_text(["You said: written early"])


def test_it_comes_back_where_a_page_of_one_script_threw_it_away(shop: Talk, host: HostSite) -> None:
    shop.ask("Hi")
    shop.page.locator("chatapp-widget").evaluate("element => element.remove()")

    shop.page.add_script_tag(url=f"{host.chat}/widget.js")

    expect(opened(shop.page).questions).to_have_text(["You said: Hi"])


def test_it_works_in_a_frame_that_may_submit_no_forms(page: Page, host: HostSite) -> None:
    host.put("/framed", host.widget())
    frame = (
        '<iframe src="/framed" sandbox="allow-scripts allow-same-origin" style="width: 600px; height: 700px"></iframe>'
    )
    page.goto(host.put("/frame", frame))
    framed = page.frame_locator("iframe")
    framed.get_by_test_id("launcher").click()
    root = framed.get_by_test_id("widget")

    for number, send in enumerate(("Enter", "click"), start=1):
        root.get_by_role("textbox").fill(send)
        if send == "Enter":
            root.get_by_role("textbox").press("Enter")
        else:
            root.get_by_test_id("send").click()

        expect(root.locator("[data-role=assistant][data-state=done]")).to_have_count(number)


def test_an_open_window_is_not_printed(shop: Talk) -> None:
    shop.page.emulate_media(media="print")

    expect(shop.root).to_be_hidden()


def test_a_site_does_not_hear_what_is_typed_as_its_own_shortcuts(shop: Talk) -> None:
    shop.page.evaluate("heard = []; addEventListener('keydown', ({ key }) => heard.push(key))")

    shop.input.press_sequentially("/k")
    shop.page.locator("#buy").press("s")

    assert shop.page.evaluate("heard") == ["s"]


def test_two_tags_make_one_widget(page: Page, host: HostSite) -> None:
    page.goto(host.put("/twice", host.widget() + host.widget(title="Again")))
    page.get_by_test_id("launcher").wait_for()
    page.wait_for_load_state("networkidle")

    assert page.locator("chatapp-widget").count() == 1


def test_what_the_site_says_of_it_is_taken_or_complained_of(page: Page, host: HostSite) -> None:
    warnings = said_by(page, "warning")
    page.goto(host.put("/left", host.widget(color="#ffd", position="left", title="Fragen?")))
    launcher = page.get_by_test_id("launcher")
    expect(launcher).to_have_css("background-color", "rgb(255, 255, 221)")
    expect(launcher).to_have_css("color", "rgb(0, 0, 0)")
    assert left_of(launcher) < 100
    assert warnings == []

    page.goto(host.put("/odd", host.widget(color="red;x", position="top")))

    expect(launcher).to_have_css("color", "rgb(255, 255, 255)")
    assert left_of(launcher) > 1000
    assert ['data-color="red;x"' in warnings[0], 'data-position="top"' in warnings[1]] == [True, True]


def test_it_works_for_one_page_where_nothing_may_be_stored(browser: Browser, host: HostSite) -> None:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NO_STORAGE)
        page = context.new_page()
        complaints = watch(page)
        page.goto(host.put("/forbidden", host.widget()))
        talk = opened(page)

        talk.ask("one")
        talk.ask("two")

        expect(talk.answers).to_have_count(2)
        assert complaints == []


def test_a_server_with_a_password_asks_for_it(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"CHATAPP_LLM": "fake", "CHATAPP_PASSWORD": PASSWORD, "CHATAPP_FAKE_WORD_SECONDS": "0"}
    with serving(tmp_path_factory.mktemp("closed"), **settings) as closed, hosting(closed.url) as host:
        page.goto(host.put("/", host.widget()))
        talk = opened(page)
        talk.ask("Hi", until="waiting")
        field = talk.root.get_by_label("This chat asks for a password.")
        expect(field).to_be_focused()
        field.fill("guess")
        field.press("Enter")
        expect(talk.root.get_by_role("alert").filter(has_text="not the password")).to_be_visible()

        field.fill(PASSWORD)
        field.press("Enter")

        talk.wait_for("done")
        expect(field).to_be_hidden()
        page.reload()
        opened(page)
        expect(talk.answers).to_have_count(1)
        assert json.dumps(PASSWORD)[1:-1] not in json.dumps(page.evaluate("({...localStorage})"))


def test_the_page_about_it_builds_the_line_and_shows_the_widget(page: Page, site: str) -> None:
    page.goto(f"{site}/widget")
    line, launcher = page.get_by_test_id("snippet"), page.get_by_test_id("launcher")
    usual = f'<script src="{site}/widget.js" async data-position="right"></script>'
    expect(line).to_have_text(usual)
    launcher.wait_for()

    page.get_by_label("Title").fill('Any "questions"?')
    page.get_by_label("Colour").fill("#aa0000")
    page.get_by_label("Left").check()

    chosen = 'data-title="Any &quot;questions&quot;?" data-color="#aa0000" data-position="left"'
    expect(line).to_have_text(f'<script src="{site}/widget.js" async {chosen}></script>')
    expect(launcher).to_have_css("background-color", "rgb(170, 0, 0)")
    launcher.click()
    expect(page.get_by_role("dialog", name='Any "questions"?')).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="As it was").click()
    expect(line).to_have_text(usual)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == usual
