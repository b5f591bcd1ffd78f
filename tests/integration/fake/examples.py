"""The examples on the page about the fake: what stands in its fenced blocks, and how a reader would run it.

A block whose first line is a comment with the name of a file is that file. ``sh`` is run in order; what starts a server
goes on in the background, on a port of its own, and ends when the section does, or when the next one starts in its
place. A ``text`` behind a command is what it shows.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import IO

from tests.integration.terminal import PATIENCE_SECONDS, environment
from tests.server import free_port

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "testing-with-the-fake.md").read_text("utf-8")
NAMED = re.compile(r"^(?:#|//) ([\w-]+\.\w+)\n")
SERVERS = ("chatapp fake", "chatapp serve")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences, and the heading above."""

    language: str
    text: str
    section: str

    @property
    def file(self) -> str | None:
        """Return the name of the file that it is."""
        named = NAMED.match(self.text)
        return named[1] if named else None


def blocks() -> Iterator[Block]:
    """Yield all blocks of the page."""
    for part in re.split(r"^##+ ", PAGE, flags=re.MULTILINE):
        section = part.partition("\n")[0].strip()
        for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
            yield Block(language, text, section)


BLOCKS = list(blocks())
SHOWN = {id(before): after.text for before, after in pairwise(BLOCKS) if after.language == "text"}
"""What a command shows, where the page tells it."""


@dataclass
class Reader:
    """Somebody who tries the examples of one section in a folder. ``places`` puts addresses of theirs in."""

    folder: Path
    places: Mapping[str, str] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=lambda: {"9000": free_port(), "5000": free_port()})

    def write_files(self) -> None:
        """Write every file of the page."""
        for block in BLOCKS:
            if block.file:
                (self.folder / block.file).write_text(block.text, "utf-8")
        (self.folder / "node_modules").symlink_to(ROOT / "node_modules")

    def run(self, command: str) -> str:
        """Run a command of the page, and return what it shows; a server goes on in the background."""
        place = "5000" if "chatapp serve" in command else "9000"
        here = self._here(command)
        if any(server in command for server in SERVERS):
            return self._serve(place, here)
        silent = here.replace("curl ", "curl --fail-with-body --silent --show-error ")
        shown = subprocess.run(
            ["sh", "-c", silent],
            cwd=self.folder,
            env=self._settings(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert (shown.returncode, shown.stderr) == (0, ""), shown.stdout
        return shown.stdout

    def there(self, shown: str) -> str:
        """Return what a command has shown with the addresses that the page has."""
        for name, port in self._ports.items():
            shown = shown.replace(str(port), name)
        return shown

    def leave(self) -> None:
        """End all servers."""
        for place in list(self._running):
            self._stop(place)

    def _here(self, command: str) -> str:
        for place, ours in {**{name: str(port) for name, port in self._ports.items()}, **self.places}.items():
            command = command.replace(place, ours)
        return command

    def _serve(self, place: str, command: str) -> str:
        self._stop(place)
        process = subprocess.Popen(
            ["sh", "-c", f"exec env {command}"],
            cwd=self.folder,
            env=self._settings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running[place] = process
        assert process.stdout
        first = "".join(_until_it_waits(process.stdout)) if place == "9000" else ""
        threading.Thread(target=process.stdout.read, daemon=True).start()  # else a full pipe would stop it
        self._wait_for(place, process)
        return first

    def _wait_for(self, place: str, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with closing(HTTPConnection("127.0.0.1", self._ports[place], timeout=1)) as caller, suppress(OSError):
                caller.connect()
                return
            time.sleep(0.05)
        raise AssertionError(f"The server did not start; it ended with {process.poll()}.")

    def _stop(self, place: str) -> None:
        if process := self._running.pop(place, None):
            process.terminate()
            process.wait(PATIENCE_SECONDS)
            if process.stdout:
                process.stdout.close()

    def _settings(self) -> dict[str, str]:
        ours = environment(
            CHATAPP_PORT=str(self._ports["5000"]),
            CHATAPP_WORKERS="1",
            CHATAPP_GRACE_SECONDS="1",
            CHATAPP_DATA_DIR=str(self.folder / "data"),
        )
        return ours | {"PATH": f"{Path(sys.executable).parent}:{ours['PATH']}"}


def _until_it_waits(lines: IO[str]) -> Iterator[str]:
    """Yield what ``chatapp fake`` shows at its start."""
    for line in iter(lines.readline, ""):
        yield line
        if line.startswith("Ctrl+C"):
            return
