"""How soon one can type on the chat page, and what an answer costs it, also below many messages. ``make bench-page``.

Chromium opens it in a profile that knows nothing yet, on a server with the fake model. What the main thread computes is
told, not how long that takes on a machine that is busy with other things; how soon one can type depends on the machine.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from tests.server import serving

KEPT = (0, 1_000, 2_000)
"""How many messages the conversation has."""

TOKENS = 2_000
LAST = "the end"
SCRIPT = f'[[rules]]\nreply = "{"word " * TOKENS}{LAST}"\ntokens_per_second = 500\n'
PATIENCE_MS = 120_000
STEPS = 20
INDEXING_SECONDS = 5
"""For so long the server may be busy with what was imported."""

QUESTION = "How does one do it?"
ANSWER = """Here is **how** one does it, with `code` and [a link](https://example.org).

1. First
2. Then

| a | b |
|---|---|
| 1 | 2 |

```python
def f(x):
    return x + 1  # more
```
"""

TIMED = """async ([steps, act]) => {
    const times = [];
    for (let step = 0; step < steps; step += 1) {
        const begin = performance.now();
        act === "type"
            ? document.execCommand("insertText", false, "a")
            : (document.querySelector("[data-part=transcript]").scrollTop -= 300);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        times.push(performance.now() - begin);
    }
    return times.sort((one, other) => one - other)[steps >> 1];
}"""


def main() -> None:
    """Open a new chat and long conversations, and print one line for each."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
    ):
        folder = Path(name)
        (folder / "script.toml").write_text(SCRIPT, "utf-8")
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with serving(folder, CHATAPP_LLM="fake", CHATAPP_FAKE_SCRIPT=str(folder / "script.toml")) as server:
            for kept in KEPT:
                with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
                    print(f"{kept:5,} messages kept: {_told(context, server.url, kept)}", flush=True)
        browser.close()


def _told(context: BrowserContext, site: str, kept: int) -> str:
    place = f"#c={_import(context, site, kept)}" if kept else ""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    sizes: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    devtools.send("Network.enable")
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    begin = time.perf_counter()
    page.goto(f"{site}/chat{place}", wait_until="commit")
    page.wait_for_selector("textarea", state="visible")
    usable_s = time.perf_counter() - begin
    page.wait_for_timeout(3_000)
    loaded = f"one can type after {usable_s:.2f} s; {len(sizes)} requests, {sum(sizes) / 1000:.0f} KB"

    _load_all(page, kept)
    page.click("textarea")
    key_ms = page.evaluate(TIMED, [STEPS, "type"])
    scroll_ms = page.evaluate(TIMED, [STEPS, "scroll"])
    with _measured(devtools) as spent:
        page.keyboard.press("Enter")
        page.get_by_test_id("chat").locator("[data-role=assistant]").last.get_by_text(LAST).wait_for(
            timeout=PATIENCE_MS
        )
        page.wait_for_timeout(1_000)
    return (
        f"{loaded}; a key {key_ms:.0f} ms, a step of scrolling {scroll_ms:.0f} ms; an answer of {TOKENS:,} tokens "
        f"{spent['TaskDuration']:.2f} s of the main thread, {spent['ScriptDuration']:.2f} s of that scripts"
    )


def _import(context: BrowserContext, site: str, messages: int) -> str:
    """Bring a conversation in, as ChatGPT exports one, and return its id."""
    nodes: dict[str, Any] = {"root": {"id": "root", "parent": None, "children": ["0"], "message": None}}
    for place in range(messages):
        role, text = ("assistant", ANSWER) if place % 2 else ("user", QUESTION)
        content = {"content_type": "text", "parts": [text]}
        nodes[str(place)] = {
            "id": str(place),
            "parent": str(place - 1) if place else "root",
            "children": [str(place + 1)] if place + 1 < messages else [],
            "message": {"id": str(place), "author": {"role": role}, "create_time": 1.0 + place, "content": content},
        }
    talk = {"title": "Long", "create_time": 1.0, "current_node": str(messages - 1), "mapping": nodes}
    headers = {"Content-Type": "application/json", "Origin": site}
    brought = context.request.post(f"{site}/api/import", data=json.dumps([talk]), headers=headers)
    assert brought.ok, brought.text()
    time.sleep(INDEXING_SECONDS)
    listed = context.request.get(f"{site}/api/conversations").json()
    return str(listed["conversations"][0]["id"])


def _load_all(page: Page, messages: int) -> None:
    """Scroll up until all messages are there, and down again."""
    shown = "[data-role]"
    transcript = page.locator("[data-part=transcript]")
    while (count := page.locator(shown).count()) < messages:
        transcript.evaluate("element => (element.scrollTop = 0)")
        page.wait_for_function(f"count => document.querySelectorAll('{shown}').length > count", arg=count)
    transcript.evaluate("element => (element.scrollTop = element.scrollHeight)")
    page.wait_for_timeout(1_000)


@contextmanager
def _measured(devtools: CDPSession) -> Iterator[dict[str, float]]:
    """Yield what becomes the seconds that were spent in the block, by what for."""
    spent: dict[str, float] = {}
    before = _metrics(devtools)
    yield spent
    spent.update({name: seconds - before[name] for name, seconds in _metrics(devtools).items()})


def _metrics(devtools: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()
