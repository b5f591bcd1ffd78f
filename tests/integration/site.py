"""A whole site: the real server process, with the real SDK, in front of a provider that plays scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.caller import Caller
from tests.server import RunningServer, serving
from tests.upstream import Exchange, ScriptedUpstream, Step

CANARY = "sk-canary-7d20c5b1"
"""The key of the site's owner. It is looked for wherever it must not be."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running server and its provider."""

    server: RunningServer
    upstream: ScriptedUpstream

    def call(self) -> Caller:
        """Open a connection to the server."""
        return Caller(self.server.port)

    def script(self, *steps: Step) -> Callable[[], Exchange]:
        """Let the provider play this for the next request; return what waits for that request."""
        number = len(self.upstream.requests) + 1
        self.upstream.script(*steps)
        return lambda: self.upstream.wait_for_request(number)


@contextmanager
def running_site(folder: Path, worker_class: str = "gevent", **settings: str) -> Iterator[Site]:
    """Run a site until the block ends."""
    with ScriptedUpstream() as upstream:
        ours = {
            "OPENAI_API_KEY_CYB_SEC": CANARY,
            "OPENAI_BASE_URL": upstream.url,
            "CHATAPP_WORKER_CLASS": worker_class,
        }
        with serving(folder, **(ours | settings)) as server:
            yield Site(server, upstream)


@contextmanager
def serving_models(folder: Path, upstream: ScriptedUpstream, catalog: str, **settings: str) -> Iterator[str]:
    """Run a server with a catalogue of its own, in front of this provider; give its address."""
    file = folder / "catalog.toml"
    file.write_text(catalog, "utf-8")
    ours = {"OPENAI_API_KEY_CYB_SEC": CANARY, "OPENAI_BASE_URL": upstream.url, "CHATAPP_CATALOG": str(file)}
    with serving(folder, **(ours | settings)) as server:
        yield server.url
