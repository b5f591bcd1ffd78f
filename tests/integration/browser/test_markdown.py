"""Markdown while it streams: in the live page, through the shipped bundle."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.integration.browser.talk import Talk
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import sse

ROOT = Path(__file__).parents[3]

DOCUMENT = """## Sorting

A *list* is sorted by `sorted()`, see [the docs](https://docs.test/sorted):

```python
def smallest(numbers):
    return sorted(numbers)[0]
```

| function | costs |
|----------|------:|
| `min`    |  O(n) |
| `sorted` | O(n log n) |

1. Read
2. Sort
   - quickly
   - in place

- [x] tested
- [ ] shipped

> It is ~~never~~ always stable.
"""


def answer_with(talk: Talk, upstream: ScriptedUpstream, text: str) -> None:
    upstream.script(*sse(list(text)))
    talk.ask("Show me.")


def test_markdown_is_shown_as_it_is_meant(talk: Talk, upstream: ScriptedUpstream) -> None:
    answer_with(talk, upstream, DOCUMENT)

    shown = talk.text
    expect(shown.get_by_role("heading", name="Sorting")).to_be_visible()
    expect(shown.get_by_role("link", name="the docs")).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(shown.locator("pre code")).to_have_text("def smallest(numbers):\n    return sorted(numbers)[0]")
    expect(shown.get_by_role("cell", name="O(n log n)")).to_be_visible()
    expect(shown.locator("ol > li")).to_have_count(2)
    expect(shown.locator("ol ul > li")).to_have_count(2)
    expect(shown.get_by_role("checkbox", name="Done", exact=True)).to_be_checked()
    expect(shown.locator("blockquote del")).to_have_text("never")


def test_finished_blocks_are_never_touched_again(talk: Talk, upstream: ScriptedUpstream) -> None:
    blocks = [f"{block}\n\n" for block in DOCUMENT.strip().split("\n\n")]
    gate = Gate()
    upstream.script(*sse([*blocks[:4], "Half a", gate, *" paragraph more.\n\n".join(blocks[4:])]))
    talk.ask("Show me.", until="streaming")
    expect(talk.text.locator("p").last).to_have_text("Half a")
    expect(talk.text.locator("pre span").first).to_be_visible()  # that is the last that happens to it
    talk.text.evaluate("""text => {
        window.nodes = [];
        const walker = document.createTreeWalker(text, NodeFilter.SHOW_ALL);
        while (walker.nextNode()) window.nodes.push(walker.currentNode);
        window.nodes = window.nodes.filter(node => !text.lastElementChild.contains(node));
        window.touched = 0;
        const observer = new MutationObserver(changes => {
            window.touched += changes.filter(({target}) => window.nodes.includes(target)).length;
        });
        observer.observe(text, {subtree: true, childList: true, characterData: true, attributes: true});
        getSelection().selectAllChildren(text.querySelector("pre code"));
    }""")

    gate.open()
    talk.wait_for("done")

    assert talk.text.evaluate("text => window.nodes.length > 10 && window.nodes.every(node => text.contains(node))")
    assert talk.page.evaluate("window.touched") == 0
    assert talk.page.evaluate("getSelection().toString()").startswith("def smallest(numbers):")


def test_text_that_grows_stays_selected(chat: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["A paragraph that ", gate, "grows and **grows**."]))
    chat.ask("Show me.", until="streaming")
    expect(chat.text).to_have_text("A paragraph that")
    chat.text.locator("p").evaluate("p => getSelection().setBaseAndExtent(p.firstChild, 2, p.firstChild, 11)")

    gate.open()
    chat.wait_for("done")

    expect(chat.text.locator("strong")).to_have_text("grows")
    assert chat.page.evaluate("getSelection().toString()") == "paragraph"


def test_code_is_coloured_and_stays_the_same_text(talk: Talk, upstream: ScriptedUpstream) -> None:
    code = 'def greet(name):\n    return f"Hello {name}"  # 1 < 2 & 3'
    gate = Gate()
    upstream.script(*sse(["```python\n", code, gate, "\n```\n\nThat", " is it."]))
    talk.ask("Show me.", until="streaming")
    shown = talk.text.locator("pre code")
    expect(shown).to_have_text(code)
    shown.evaluate("code => getSelection().setBaseAndExtent(code.firstChild, 30, code.firstChild, 4)")

    gate.open()
    talk.wait_for("done")

    expect(shown.locator("span").first).to_have_text("def")
    assert shown.evaluate("code => code.textContent") == code
    assert talk.page.evaluate("getSelection().toString()") == code[4:30]


def test_code_that_stays_open_is_coloured_when_the_answer_ends(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["```python\ndef greet():\n", "    pass", gate], finish="length"))
    talk.ask("Show me.", until="streaming")
    expect(talk.text.locator("pre code")).to_contain_text("pass")
    expect(talk.text.locator("pre span")).to_have_count(0)

    gate.open()

    expect(talk.text.locator("pre .code__keyword")).to_have_text(["def", "pass"])
    expect(talk.text.locator("pre code")).to_have_text("def greet():\n    pass")


def test_formulas_are_drawn_when_they_are_closed(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(
        *sse(["It costs $5 or $6: \\(a_1 * b_1 * ", gate, "c\\), $$\\sqrt{2}$$ and `\\(code\\)` \\(\\frac{\\)."])
    )
    talk.ask("Show me.", until="streaming")
    expect(talk.text).to_have_text("It costs $5 or $6: \\(a_1 * b_1 *")

    gate.open()
    talk.wait_for("done")

    expect(talk.text.locator(".katex")).to_have_count(2)
    expect(talk.text.locator("math")).to_have_count(2)
    expect(talk.text.locator("code")).to_have_text("\\(code\\)")
    expect(talk.text.locator(".formula").last).to_have_text("\\(\\frac{\\)")
    # Where KaTeX lays it out, MathML is for the ear; in the widget it is for the eye, too.
    position = talk.text.locator("math").first.evaluate("math => getComputedStyle(math.parentElement).position")
    assert position == ("static" if talk.is_widget else "absolute")


def test_a_formula_is_copied_as_it_was_written(talk: Talk, upstream: ScriptedUpstream) -> None:
    text = "So \\(a^2\\) is:\nthe area.\n\n$$\n\\sqrt{b}\n$$\n\n- one\n- two \\(c\\)"
    answer_with(talk, upstream, text)
    expect(talk.text.locator("math")).to_have_count(3)
    talk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = "navigator.clipboard.readText()"

    talk.text.evaluate("text => getSelection().selectAllChildren(text)")
    talk.page.keyboard.press("ControlOrMeta+c")
    assert talk.page.evaluate(copied).split() == text.replace("- ", "").split()
    assert talk.page.evaluate(copied).startswith("So \\(a^2\\) is:\nthe area.\n\n$$\n\\sqrt{b}\n$$\n")
    talk.text.locator(".formula").first.evaluate("one => getSelection().selectAllChildren(one.querySelector('math'))")
    talk.page.keyboard.press("ControlOrMeta+c")
    assert talk.page.evaluate(copied) == "\\(a^2\\)"
    talk.text.locator("li").first.evaluate("one => getSelection().selectAllChildren(one)")
    talk.page.keyboard.press("ControlOrMeta+c")
    assert talk.page.evaluate(copied) == "one"
    talk.input.fill("A draft.")
    talk.input.press("ControlOrMeta+a")
    talk.input.press("ControlOrMeta+c")
    assert talk.page.evaluate(copied) == "A draft."


def test_what_draws_is_fetched_once_and_only_when_it_is_needed(chat: Talk, upstream: ScriptedUpstream) -> None:
    fetched: list[str] = []
    chat.page.on("request", lambda asked: fetched.append(asked.url) if "/static/" in asked.url else None)

    answer_with(chat, upstream, "```klingon\nlet a\n```\nIt costs $5 or $6.")
    assert fetched == []
    for _ in range(2):
        answer_with(chat, upstream, "```js\nlet a\n```\n\n\\(a\\)")
        expect(chat.text.locator("pre span")).not_to_have_count(0)
        expect(chat.text.locator(".katex")).to_have_count(1)

    names = sorted(re.sub(r".*/|[-.?].*", "", url) for url in fetched if ".woff2" not in url)
    assert names == ["code_drawing", "formula_drawing", "javascript", "mathematics"]


def test_each_language_comes_by_itself_with_those_that_are_in_it(talk: Talk, upstream: ScriptedUpstream) -> None:
    fetched: list[str] = []
    talk.page.on("request", lambda asked: fetched.extend(re.findall(r"([^/]+)\.min-", asked.url)))

    answer_with(talk, upstream, "```py\ndef a(): pass\n```\n\n```python\nx = 1\n```")
    expect(talk.text.locator("pre .code__keyword")).to_have_text(["def", "pass"])
    assert fetched == ["python"]

    answer_with(talk, upstream, "```html\n<p>a</p>\n```")
    expect(talk.text.locator("pre .code__name").first).to_have_text("p")
    assert fetched == ["python", "xml"]

    answer_with(talk, upstream, "```html\n<script>let a = css`p { color: red }`</script>\n```")
    expect(talk.text.locator("pre .code__keyword")).to_have_text(["let", "p"])
    expect(talk.text.locator("pre .code__type").filter(has_text="color")).to_have_count(1)
    assert fetched == ["python", "xml", "javascript", "css"]


@pytest.mark.parametrize("file", ["code_drawing", "javascript", "mathematics"])
def test_what_cannot_be_fetched_is_not_missed(chat: Talk, upstream: ScriptedUpstream, file: str) -> None:
    chat.page.route(f"**/static/{file}*", lambda route: route.abort())

    with chat.page.expect_event("requestfailed"):
        answer_with(chat, upstream, "```js\nlet a\n```\n\n\\(a\\)")

    expect(chat.text.locator("pre")).to_have_text("let a")
    expect(chat.text.locator(".formula")).to_contain_text("a")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_of_code_can_be_read(chat: Talk, upstream: ScriptedUpstream, scheme: str) -> None:
    chat.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    answer_with(chat, upstream, "```js\nlet a\n```")
    expect(chat.text.locator("pre span").first).to_be_visible()

    contrasts: dict[str, float] = chat.text.evaluate("""text => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d");
        const light = colour => {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
                .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        };
        const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]);
        const kinds = rules.flatMap(rule => rule.selectorText?.match(/(?<=^|, )\\.code__\\w+/g) ?? []);
        const span = text.querySelector("pre span");
        const ground = light(getComputedStyle(text.querySelector(".code")).backgroundColor);
        return Object.fromEntries(kinds.map(kind => {
            span.className = kind.slice(1);
            const ink = light(getComputedStyle(span).color);
            return [kind, (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)];
        }));
    }""")

    assert {".code__keyword", ".code__string", ".code__comment", ".code__deletion"} <= set(contrasts)
    assert {kind: contrast for kind, contrast in contrasts.items() if contrast < 4.5} == {}


def test_code_is_copied_and_wrapped_by_its_buttons(chat: Talk, upstream: ScriptedUpstream) -> None:
    answer_with(chat, upstream, "```\n" + "a long line of code; " * 40 + "\n```")
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = chat.text.locator("pre")

    chat.text.get_by_role("button", name="Copy").click()
    assert code.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    chat.text.get_by_role("button", name="Wrap lines").click()

    assert code.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
    assert chat.page.evaluate("navigator.clipboard.readText()") == ("a long line of code; " * 40).rstrip() + " "


def test_an_answer_without_markdown_keeps_its_lines(talk: Talk, upstream: ScriptedUpstream) -> None:
    answer_with(talk, upstream, "Roses are red,\nviolets are blue.")

    assert talk.text.inner_text() == "Roses are red,\nviolets are blue."


ARABIC = """مقدمة مع `code`.

1. قطع البصل
   - `ls` يسرد

2. [رابط](https://ok.test).

> اقتباس
> - فيه

| الاسم | العدد |
|-------|------:|
| تفاح  | 1,200 |
"""
ENGLISH = """An intro with `code`.

1. Cut the onions
   - `ls` lists

2. [A link](https://ok.test).

> A quote
> - in it

| Name  | Count |
|-------|------:|
| Apple | 1,200 |
"""

WHERE_THINGS_STAND = """text => {
    const end = text.querySelector("hr");
    const all = selector => [...text.querySelectorAll(selector)]
        .filter(one => one.compareDocumentPosition(end) & Node.DOCUMENT_POSITION_FOLLOWING);
    const boxOf = element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect();
    };
    const isRight = (inner, outer) => outer.right - inner.right < inner.left - outer.left;
    const [name, count] = all("th").map(cell => cell.getBoundingClientRect());
    const table = text.querySelector("table").getBoundingClientRect();
    const number = text.querySelector("td:last-child");
    return [
        all("p, ol, ul, li, blockquote, table, td").every(one => getComputedStyle(one).direction === "rtl"),
        all(":scope p, :scope li li").every(one => isRight(boxOf(one), text.getBoundingClientRect())),
        all("ol, ul").every(list => getComputedStyle(list).paddingRight !== "0px"),
        getComputedStyle(text.querySelector("blockquote")).borderRightWidth !== "0px",
        name.right > count.right,
        isRight(table, text.getBoundingClientRect()),
        !isRight(boxOf(number), number.getBoundingClientRect()),
    ];
}"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("text", "is_right"), [(ENGLISH, False), (ARABIC, True)], ids=["english", "arabic"])
def test_lists_quotes_and_tables_stand_where_their_words_begin(
    page: Page, site: str, upstream: ScriptedUpstream, language: str, text: str, is_right: bool
) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(f"{site}/chat")
    assert page.evaluate("document.dir") == {"en": "ltr", "ar": "rtl"}[language]
    place = page.get_by_test_id("chat")
    expect(place.get_by_test_id("send")).to_be_enabled()
    upstream.script(*sse([f"{text}\n---\n{'word ' * 40}"]))  # the bubble is as wide as it can be
    place.locator("[data-part=input]").fill("Show me.")
    place.locator("[data-part=input]").press("Enter")
    answer = Talk(page, place)
    answer.wait_for("done")

    assert answer.text.evaluate(WHERE_THINGS_STAND) == [is_right] * 7


def test_a_turned_link_leaves_its_paragraph_alone(chat: Talk, upstream: ScriptedUpstream) -> None:
    answer_with(chat, upstream, "See [a \u202elink](https://ok.test) and more.")

    ends = chat.text.locator("p").evaluate("""p => [p.firstChild, p.lastChild].map(text => {
        const range = document.createRange();
        range.selectNode(text);
        return range.getBoundingClientRect().left;
    })""")
    link = chat.text.locator("a").evaluate("a => a.getBoundingClientRect().left")
    assert ends[0] < link < ends[1]


def in_node(expression: str) -> list[str]:
    """Return what texts the modules ``hostile`` and ``deep`` of the frontend's tests make."""
    script = f"""
        const hostile = await import("./tests/frontend/hostile_texts.js");
        const deep = await import("./tests/frontend/deep_texts.js");
        console.log(JSON.stringify({expression}));
    """
    command = ["node", "--input-type=module", "--eval", script]
    texts: list[str] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    return texts


def pieces(text: str) -> list[str]:
    """Cut a long text into twenty."""
    size = len(text) // 20 + 1
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("place", ["chat", "widget"])
def test_deep_nesting_ends_like_any_answer_and_takes_no_other_with_it(
    request: pytest.FixtureRequest, upstream: ScriptedUpstream, place: str
) -> None:
    talk: Talk = request.getfixturevalue(place)
    texts = in_node("Object.values(deep.deepTexts).map(textOf => textOf(3000))")
    answer_with(talk, upstream, "A *plain* answer.")

    for text in texts:
        upstream.script(*sse(pieces(text)))
        talk.ask("Deeper.")
        expect(talk.text).to_contain_text("x")
    talk.page.reload()
    if place == "widget":
        talk.page.get_by_test_id("launcher").click()

    expect(talk.answers).to_have_count(1 + len(texts))
    expect(talk.answers.first.locator("em")).to_have_text("plain")
    for answer in talk.answers.all()[1:]:
        expect(answer.locator("[data-part=text]")).to_contain_text("x")


def test_what_cannot_be_shown_as_markdown_is_text(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Well.\n\n", "So *it* is.\n\n> One\n", gate, "> two", "\n\nThree *four*"]))
    talk.ask("Show me.", until="streaming")
    expect(talk.text.locator("blockquote")).to_have_text("One")

    talk.page.evaluate("""() => {
        const append = Text.prototype.appendData;
        Text.prototype.appendData = function (text) {
            if (this.parentNode.closest("blockquote")) throw new Error("It cannot be shown.");
            return append.call(this, text);
        };
    }""")
    gate.open()
    talk.wait_for("done")

    expect(talk.text.locator("em")).to_have_text("it")
    assert talk.text.inner_text().endswith("> One\n> two\n\nThree *four*")


def test_hostile_texts_run_nothing_and_ask_nobody(chat: Talk, upstream: ScriptedUpstream) -> None:
    """Each text comes a character at a time; the page fixture fails for a request to elsewhere or a script error."""
    texts = [
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in in_node("hostile.hostileTexts")
    ]
    assert len(texts) >= 80
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    chat.page.on("dialog", refuse)

    answer_with(chat, upstream, "\n\n---\n\n".join(texts))

    expect(chat.text.locator(".katex").last).to_be_attached()
    assert dialogs == []
    assert chat.text.locator("script, img, iframe, style, link, object, embed, form").count() == 0
    assert chat.text.locator("svg:not(.katex svg)").count() == 0
    assert chat.page.evaluate("[document.documentElement, document.body].every(all => all.scrollWidth <= innerWidth)")
    assert chat.text.evaluate("text => [...text.querySelectorAll('.formula *')].every(box => box.clientHeight < 1000)")
    links = chat.text.locator("a").evaluate_all("all => all.map(link => link.getAttribute('href'))")
    assert links
    assert all(re.match(r"https?://|mailto:", link) for link in links)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out(page: Page, site: str, upstream: ScriptedUpstream, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{site}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))

    answer_with(
        talk,
        upstream,
        f"{DOCUMENT}\n```js\n{'let x; ' * 50}\n```\n\n$$a{' + b' * 100}$$\n\n|{'a column|' * 12}\n{'|-' * 12}|",
    )
    expect(talk.text.locator(".katex")).to_have_count(1)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert talk.answer.evaluate("bubble => bubble.getBoundingClientRect().right") <= width
