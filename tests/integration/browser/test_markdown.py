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


def hostile_texts() -> list[str]:
    shown = "import('./tests/frontend/hostile_texts.js').then(m => console.log(JSON.stringify(m.hostileTexts)))"
    told = subprocess.run(["node", "--eval", shown], cwd=ROOT, capture_output=True, text=True, check=True)
    texts: list[str] = json.loads(told.stdout)
    return texts


def test_hostile_texts_run_nothing_and_ask_nobody(chat: Talk, upstream: ScriptedUpstream) -> None:
    """Each text comes a character at a time; the page fixture fails for a request to elsewhere or a script error."""
    texts = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in hostile_texts()]
    assert len(texts) >= 60
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    chat.page.on("dialog", refuse)

    answer_with(chat, upstream, "\n\n---\n\n".join(texts))

    assert dialogs == []
    assert chat.text.locator("script, img, iframe, svg, style, link, object, embed, form").count() == 0
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
        talk, upstream, DOCUMENT + "\n```\n" + "x" * 300 + "\n```\n\n" + "|" + "a column|" * 12 + "\n" + "|-" * 12 + "|"
    )

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert talk.answer.evaluate("bubble => bubble.getBoundingClientRect().right") <= width
