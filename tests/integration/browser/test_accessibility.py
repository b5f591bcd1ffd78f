"""Everything that people see, reached as they reach it: axe finds nothing amiss, in both themes.

``--screenshots FOLDER`` keeps a picture of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.integration.browser.conftest import PHONE, watch
from tests.integration.browser.filled_books import FilledBooks, filled_books
from tests.integration.browser.host_site import hosting
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS, wait_until_found
from tests.server import serving
from tests.upstream import Gate, ScriptedUpstream, Stall
from tests.upstream.wire import error, sse

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
    const options = { runOnly: rules, resultTypes: ["violations"], elementRef: true };
    const { violations } = await axe.run({ exclude: ["#swagger-ui"] }, options);
    const isTheModels = (id, element) => id === "heading-order" && element.closest("[data-part=text]") !== null;
    return violations.flatMap(({ id, nodes }) => nodes
        .filter(({ element }) => !isTheModels(id, element))
        .map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`));
}"""
"""Tells which rule is broken where, and how to mend it. Left out are the levels of the headings in an answer, which the
model chose, and what Swagger UI draws."""

SIZES = {"phone": PHONE, "tablet": {"width": 768, "height": 1024}, "desktop": {"width": 1280, "height": 800}}
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
ANSWER = """## Sorting

Here is *quicksort*, **in place**, see [the book](https://example.com/book):

```python
def sort(items: list[int]) -> list[int]:
    if len(items) < 2:  # nothing to do
        return items
    pivot, *rest = items
    return [*sort([x for x in rest if x < pivot]), pivot, *sort([x for x in rest if x >= pivot])]
```

| Case    | Comparisons     |
| ------- | --------------: |
| best    | $n \\log n$     |
| worst   | n²              |

- [x] sorted
- [ ] stable

> It takes \\(n \\log n\\) steps.

$$\\sum_{k=1}^n k = \\frac{n(n+1)}{2}$$
"""
NOTHING_TO_IMPORT = b'[{"title": "Pictures", "mapping": {}}]'


@dataclass
class Servers:
    """Servers that only some states need: begun when the first one does, and ended with ``until_all_is_over``."""

    folder: Path
    until_all_is_over: ExitStack

    @cached_property
    def books(self) -> FilledBooks:
        """One whose ledger tells of more than a month."""
        return self.until_all_is_over.enter_context(filled_books(self._place("books")))

    @cached_property
    def closed(self) -> str:
        """One with a password."""
        settings = {"CHATAPP_LLM": "fake", "CHATAPP_PASSWORD": "let me in"}
        return self.until_all_is_over.enter_context(serving(self._place("closed"), **settings)).url

    def _place(self, name: str) -> Path:
        (self.folder / name).mkdir()
        return self.folder / name


@dataclass
class Scene:
    """A browser, and what answers it."""

    page: Page
    site: str
    demo: str
    upstream: ScriptedUpstream
    servers: Servers
    at_the_end: ExitStack

    def chat(self) -> Talk:
        self.page.goto(f"{self.site}/chat")
        return Talk(self.page, self.page.get_by_test_id("chat"))

    def asked(self, *messages: str) -> Talk:
        """Open the chat page, and begin a conversation with each message."""
        talk = self.chat()
        for number, message in enumerate(messages):
            if number:
                talk.begin_anew()
            self.upstream.script(*sse([f"This is about {message}."]))
            talk.ask(message)
        return talk

    def fail(self, talk: Talk) -> None:
        """Ask what the provider refuses, and open the details."""
        self.upstream.script(*error(400, "invalid_request_error", "The provider did not like this."))
        talk.ask("Hi", until="failed")
        talk.answer.get_by_text("Details").click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def shop(self, **data: str) -> Talk:
        """Open the widget on somebody else's site."""
        host = self.at_the_end.enter_context(hosting(self.site))
        words = '<main><h1>The shop</h1><p>Everything for the garden.</p><button id="buy">Buy</button></main>'
        self.page.goto(host.put("/", words + host.widget(title="Ask the shop", **data)))
        self.page.get_by_test_id("launcher").click()
        return Talk(self.page, self.page.get_by_test_id("widget"))


State = Callable[[Scene], object]
STATES: dict[str, tuple[State, str]] = {}
"""By name: how it is reached, and on which size of screen."""


def state(*sizes: str) -> Callable[[State], State]:
    def add(reach: State) -> State:
        for size in sizes:
            STATES[f"{reach.__name__.replace('_', '-')}-{size}"] = (reach, size)
        return reach

    return add


@state("phone", "tablet", "desktop")
def home(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/")


@state("phone", "desktop")
def home_in_arabic(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/preferences?language=ar&to=/")


@state("phone", "tablet", "desktop")
def chat_empty(scene: Scene) -> None:
    scene.chat()
    expect(scene.page.get_by_test_id("list-note")).to_be_attached()


@state("phone", "desktop")
def chat_in_mid_answer(scene: Scene) -> None:
    gate = Gate()
    scene.at_the_end.callback(gate.open)
    scene.upstream.script(*sse([ANSWER, "And on it ", gate, "goes."]))
    talk = scene.chat()
    talk.ask("How does quicksort work?", until="streaming")
    expect(talk.text).to_contain_text("And on it")
    expect(talk.text.locator("math").first).to_be_attached()


@state("phone", "tablet", "desktop")
def chat_answered(scene: Scene) -> None:
    scene.upstream.script(*sse([ANSWER]))
    talk = scene.chat()
    talk.ask("How does quicksort work?")
    expect(talk.text.locator("math").first).to_be_attached()


@state("phone", "desktop")
def chat_in_arabic(scene: Scene) -> None:
    scene.page.goto(f"{scene.site}/preferences?language=ar&to=/chat")
    scene.upstream.script(*sse(["الفرز السريع طريقة لترتيب العناصر.\n\n```python\nsorted(items)\n```\n"]))
    talk = Talk(scene.page, scene.page.get_by_test_id("chat"))
    expect(talk.button).to_be_enabled()
    scene.page.locator("textarea").fill("كيف يعمل الفرز السريع؟")
    scene.page.locator("textarea").press("Enter")
    talk.wait_for("done")


@state("phone", "desktop")
def chat_waiting_for_the_first_word(scene: Scene) -> None:
    scene.upstream.script(Stall())
    scene.chat().ask("Hi", until="waiting")


@state("phone", "desktop")
def chat_with_an_error(scene: Scene) -> None:
    scene.fail(scene.chat())


@state("desktop")
def chat_editing_a_question(scene: Scene) -> None:
    talk = scene.asked("gardens")
    talk.tool("Edit this message", talk.questions.last).click()


@state("desktop")
def chat_choosing_another_model(scene: Scene) -> None:
    talk = scene.asked("gardens")
    talk.tool("Another answer by another model").click()


@state("phone", "desktop")
def chat_with_the_costs_of_an_answer(scene: Scene) -> None:
    scene.asked("gardens").answer.locator("[data-part=cost-line]").click()


@state("phone")
def chat_with_the_list(scene: Scene) -> None:
    scene.asked("bread", "butter")
    scene.page.get_by_role("button", name="Conversations").click()
    expect(scene.page.get_by_test_id("drawer")).to_be_visible()


@state("desktop")
def chat_searching(scene: Scene) -> None:
    scene.asked("bread", "butter")
    wait_until_found(scene.page, "butter")
    scene.page.get_by_role("searchbox").fill("butter")
    expect(scene.page.get_by_test_id("entries").get_by_role("link")).to_have_count(1)


@state("desktop")
def chat_searching_in_vain(scene: Scene) -> None:
    scene.asked("bread")
    scene.page.get_by_role("searchbox").fill("zebra")
    expect(scene.page.get_by_test_id("list-note")).to_have_text("Nothing found.")


@state("desktop")
def chat_with_the_menu_of_a_conversation(scene: Scene) -> None:
    scene.asked("bread")
    scene.page.get_by_role("button", name="More for “bread”").click()


@state("desktop")
def chat_renaming(scene: Scene) -> None:
    chat_with_the_menu_of_a_conversation(scene)
    scene.button("Rename").click()


@state("phone", "desktop")
def chat_confirming(scene: Scene) -> None:
    if scene.page.viewport_size == PHONE:
        chat_with_the_list(scene)
    else:
        scene.asked("bread")
    scene.page.get_by_role("button", name="More for “bread”").click()
    scene.button("Delete…").click()


@state("desktop")
def chat_with_the_data_menu(scene: Scene) -> None:
    scene.asked("bread")
    scene.button("Your data").click()


@state("desktop")
def chat_handing_over(scene: Scene) -> None:
    chat_with_the_data_menu(scene)
    scene.button("Continue on another device…").click()
    expect(scene.page.get_by_test_id("handoff-link")).not_to_have_value("")


@state("desktop")
def chat_importing(scene: Scene) -> None:
    scene.chat()
    file: FilePayload = {"name": "conversations.json", "mimeType": "application/json", "buffer": NOTHING_TO_IMPORT}
    scene.page.get_by_test_id("import-file").set_input_files(file)
    scene.page.get_by_text("What was left out").click()


@state("phone", "desktop")
def chat_with_instructions(scene: Scene) -> None:
    scene.chat()
    scene.button("Instructions").click()


@state("desktop")
def chat_with_the_shortcuts(scene: Scene) -> None:
    scene.chat()
    scene.button("Keyboard shortcuts").click()


@state("phone", "desktop")
def chat_offline(scene: Scene) -> None:
    talk = scene.asked("bread")
    scene.page.context.set_offline(True)
    expect(talk.root.get_by_test_id("connection")).to_be_visible()


@state("phone", "desktop")
def preferences(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/")
    scene.page.get_by_label("Language and look").first.click()


@state("phone", "desktop")
def widget_open(scene: Scene) -> None:
    scene.upstream.script(*sse([ANSWER]))
    scene.shop().ask("How does quicksort work?")


@state("phone", "desktop")
def widget_in_mid_answer(scene: Scene) -> None:
    scene.upstream.script(*sse(["Half an ", Stall()]))
    talk = scene.shop(color="#ffd400", position="left")
    talk.ask("Hi", until="streaming")
    talk.shows("Half an")


@state("phone", "desktop")
def widget_with_an_error(scene: Scene) -> None:
    scene.fail(scene.shop())


@state("phone", "desktop")
def widget_forgetting(scene: Scene) -> None:
    talk = scene.shop()
    talk.ask("Hi")
    talk.root.get_by_role("button", name="Forget me").click()
    expect(scene.button("Forget everything")).to_be_visible()


@state("desktop")
def widget_closed(scene: Scene) -> None:
    scene.shop()
    scene.page.keyboard.press("Escape")


@state("phone", "desktop")
def widget_page(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/widget")


@state("phone", "tablet", "desktop")
def usage(scene: Scene) -> None:
    scene.page.goto(scene.servers.books.link())


@state("desktop")
def usage_closed(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/usage")


@state("phone", "desktop")
def login(scene: Scene) -> None:
    scene.page.goto(f"{scene.servers.closed}/chat")
    scene.page.get_by_label("Password").fill("a guess")
    scene.page.get_by_role("button", name="Log in").click()
    expect(scene.page.get_by_role("alert")).not_to_be_empty()


@state("desktop")
def missing_page(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/nothing")


@state("phone", "desktop")
def docs(scene: Scene) -> None:
    scene.page.goto(f"{scene.demo}/api/docs")
    expect(scene.page.locator(".opblock").first).to_be_visible()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as until_all_is_over:
        yield Servers(tmp_path_factory.mktemp("servers"), until_all_is_over)


@pytest.fixture
def scene(
    browser: Browser, site: str, demo: str, upstream: ScriptedUpstream, servers: Servers, request: pytest.FixtureRequest
) -> Iterator[Scene]:
    """The browser at the size that a state wants."""
    size = SIZES[STATES[request.getfixturevalue("name")][1]]
    with (
        browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            service_workers="block",
            reduced_motion="reduce",
        ) as context,
        ExitStack() as at_the_end,
    ):
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        yield Scene(page, site, demo, upstream, servers, at_the_end)
        assert complaints == []


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_amiss(name: str, scene: Scene, screenshots: Path | None) -> None:
    STATES[name][0](scene)
    scene.page.evaluate(axe())

    found: dict[str, Any] = {}
    for theme in THEMES:
        scene.page.emulate_media(color_scheme=theme)
        found[theme] = scene.page.evaluate(RUN_AXE)
        if screenshots is not None:
            scene.page.screenshot(path=screenshots / f"{name}-{theme}.png")

    assert found == {theme: [] for theme in THEMES}


@cache
def axe() -> str:
    return AXE.read_text("utf-8")
