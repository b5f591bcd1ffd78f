"""What the chat page costs a browser, with nothing in it and with long conversations. ``make bench-page`` runs it.

Chromium, which has kept no file of it, opens it on a server with the fake model. One line tells for each length: how
soon one can type, what was loaded, how long a key and a step of scrolling take, and what the main thread computes for
an answer. It is one round each: the times depend on what else the machine does, the computing hardly.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.chatgpt_files import Talk, file_of
from tests.chromium import chromium
from tests.server import serving

KEPT = (0, 1_000, 2_000)
"""How many messages the conversation has."""

PARAGRAPHS, WORDS = 20, 100
TOKENS_PER_SECOND = 500
REPLY = ("word " * WORDS + "\\n\\n") * PARAGRAPHS + "The end."
SCRIPT = f'[[rules]]\nreply = "{REPLY}"\ntokens_per_second = {TOKENS_PER_SECOND}\n'
ANSWER_SECONDS = PARAGRAPHS * WORDS / TOKENS_PER_SECOND + 2
"""For so long nobody asks the page whether its answer is whole: to look at it meanwhile would cost it time."""

INDEXING_SECONDS = 5
"""For so long the server may be busy with what was imported."""

SETTLING_MS = 3_000
STEPS = 20

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

MESSAGES = "[data-role]"
TIMED = """async ([steps, types]) => {
    const transcript = document.querySelector("[data-part=transcript]");
    const times = [];
    for (let step = 0; step < steps; step += 1) {
        const begin = performance.now();
        if (types) document.execCommand("insertText", false, "a");
        else transcript.scrollTop -= 300;
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        times.push(performance.now() - begin);
    }
    return times.sort((one, other) => one - other)[steps >> 1];
}"""
"""The median in milliseconds until a change is drawn: at least the rest of a frame, of which there are 60 a second."""


def main() -> None:
    """Open a new chat and long conversations, and print one line for each."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name, sync_playwright() as tools:
        script = Path(name) / "script.toml"
        script.write_text(SCRIPT, "utf-8")
        with (
            tools.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]) as browser,
            serving(Path(name), CHATAPP_LLM="fake", CHATAPP_FAKE_SCRIPT=str(script)) as server,
        ):
            _measure(browser, server.url, 0)  # the first page of all finds a server that has never made one
            for kept in KEPT:
                print(f"{kept:5,} messages: {_measure(browser, server.url, kept)}", flush=True)


def _measure(browser: Browser, site: str, kept: int) -> str:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        place = f"#c={_import(context, site, kept)}" if kept else ""
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        told = [_open(page, devtools, f"{site}/chat{place}")]
        _load_all(page, kept)
        page.click("textarea")
        told.append(f"a key {page.evaluate(TIMED, [STEPS, True]):.0f} ms")
        if kept:
            told.append(f"a step of scrolling {page.evaluate(TIMED, [STEPS, False]):.0f} ms")
        told.append(_answer(page, devtools))
        return "; ".join(told)


def _open(page: Page, devtools: CDPSession, address: str) -> str:
    sizes: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    devtools.send("Network.enable")
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("textarea", state="visible")
    usable_s = time.perf_counter() - begin
    page.wait_for_timeout(SETTLING_MS)
    devtools.send("Network.disable")
    return f"one can type after {usable_s:.2f} s; {len(sizes)} requests, {sum(sizes) / 1000:.0f} KB"


def _load_all(page: Page, messages: int) -> None:
    """Scroll up until all messages are there, and down again."""
    transcript = page.locator("[data-part=transcript]")
    while (count := page.locator(MESSAGES).count()) < messages:
        transcript.evaluate("element => (element.scrollTop = 0)")
        page.wait_for_function(f"count => document.querySelectorAll('{MESSAGES}').length > count", arg=count)
    transcript.evaluate("element => (element.scrollTop = element.scrollHeight)")
    page.wait_for_timeout(SETTLING_MS)


def _answer(page: Page, devtools: CDPSession) -> str:
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _metrics(devtools)
    page.keyboard.press("Enter")
    time.sleep(ANSWER_SECONDS)
    after = _metrics(devtools)
    assert "The end." in page.locator(MESSAGES).last.inner_text(), "the answer is not whole"
    whole, scripts = (after[name] - before[name] for name in ("TaskDuration", "ScriptDuration"))
    return (
        f"an answer of {PARAGRAPHS * WORDS:,} tokens {whole:.2f} s of the main thread, {scripts:.2f} s of that scripts"
    )


def _metrics(devtools: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}


def _import(context: BrowserContext, site: str, messages: int) -> str:
    """Bring a conversation in, as ChatGPT exports one, and return its id."""
    talk = Talk("Long")
    for _ in range(messages // 2):
        talk.user(QUESTION)
        talk.assistant(ANSWER)
    headers = {"Content-Type": "application/json", "Origin": site}
    brought = context.request.post(f"{site}/api/import", data=file_of(talk), headers=headers)
    assert brought.ok, brought.text()
    time.sleep(INDEXING_SECONDS)
    listed = context.request.get(f"{site}/api/conversations").json()
    return str(listed["conversations"][0]["id"])


if __name__ == "__main__":
    main()
