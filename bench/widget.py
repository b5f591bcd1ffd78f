"""What the widget costs the page that it stands on, while that loads. ``make bench-widget`` runs it.

A bare page is opened with and without it, each time in a browser profile that knows nothing yet. What is measured is
the time that the page's main thread computes, not how long that takes on a machine that is busy with other things.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chromium import chromium
from tests.server import serving

ROUNDS = 15
LOADING_SECONDS = 1.0
"""For so long a page is left alone before it is asked: to look at it meanwhile would cost it time."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
TO_BROWSER, FROM_BROWSER = 3, 4
"""The numbers of the pipes that the browser talks over."""

SPARE = 64
"""From here on numbers are free to hold the pipes' ends for a moment."""

BUTTON = "!!document.querySelector('chatapp-widget')?.shadowRoot.querySelector('button')"
PAGE = "<!doctype html><title>Bare</title><h1>A bare page</h1>"


class Browser:
    """Chromium, told over a pipe what to do: a tool that watches the network, too, would slow the page down."""

    def __init__(self, profile: Path) -> None:
        their_end, self._write_end = os.pipe()
        self._read_end, their_answers = os.pipe()
        take_pipes = functools.partial(_take, their_end, their_answers)
        command = [chromium(), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, preexec_fn=take_pipes, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(their_end)
        os.close(their_answers)
        self._waiting = b""
        self._number = 0

    def do(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one command, and return its result."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._write_end, json.dumps(told).encode() + b"\0")
        while True:
            while b"\0" not in self._waiting:
                self._waiting += os.read(self._read_end, 1 << 20)
            message, _, self._waiting = self._waiting.partition(b"\0")
            answer: dict[str, Any] = json.loads(message)
            if answer.get("id") == self._number:
                result: dict[str, Any] = answer["result"]
                return result

    def main_thread_ms(self, address: str, *, with_widget: bool) -> float:
        """Open a page in a profile of its own; return for how long its main thread computed."""
        context = self.do("Target.createBrowserContext")["browserContextId"]
        target = self.do("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.do("Performance.enable", session, timeDomain="threadTicks")
        self.do("Page.navigate", session, url=address)
        time.sleep(LOADING_SECONDS)
        metrics = self.do("Performance.getMetrics", session)["metrics"]
        has_widget = self.do("Runtime.evaluate", session, expression=BUTTON)["result"]["value"]
        assert has_widget == with_widget, "the page had not loaded"
        self.do("Target.disposeBrowserContext", browserContextId=context)
        return next(1000 * float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def main() -> None:
    """Open both pages in turn, and print one line."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with serving(folder, CHATAPP_LLM="fake") as server, _pages(folder / "site", server.url) as site:
            browser = Browser(folder / "profile")
            without, beside = [], []
            for _ in range(ROUNDS):
                without.append(browser.main_thread_ms(f"{site}/without.html", with_widget=False))
                beside.append(browser.main_thread_ms(f"{site}/with.html", with_widget=True))
            browser.close()
    costs = statistics.median(beside) - statistics.median(without)
    print(
        f"main thread until a bare page has loaded, median of {ROUNDS}: {statistics.median(without):.0f} ms without "
        f"the widget, {statistics.median(beside):.0f} ms with it; it costs {costs:.0f} ms"
    )


def _take(commands: int, answers: int) -> None:
    """Give the pipes the numbers that the browser knows them by; runs in its process, before it does."""
    os.dup2(commands, SPARE)
    os.dup2(answers, SPARE + 1)
    os.dup2(SPARE, TO_BROWSER)
    os.dup2(SPARE + 1, FROM_BROWSER)


@contextmanager
def _pages(folder: Path, chat: str) -> Iterator[str]:
    """Serve a page with the widget and one without, on an origin of their own."""
    folder.mkdir()
    (folder / "without.html").write_text(PAGE, "utf-8")
    (folder / "with.html").write_text(f'{PAGE}<script src="{chat}/widget.js" async></script>', "utf-8")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    main()
