"""The servers that are measured side by side, and how each is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from string import Template

from bench.upstream import Upstream

HERE = Path(__file__).parent
KEY = "sk-bench"
WORKERS = "2"

NGINX = Template((HERE / "nginx.conf").read_text("utf-8"))
NGINX_TLS = Template("""proxy_ssl_protocols TLSv1.2 TLSv1.3;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate $certificate;
            proxy_ssl_name localhost;""")

NO_LIMITS = {
    "CHATAPP_DAILY_BUDGET_USD": "1000000",
    "CHATAPP_VISITOR_DAILY_BUDGET_USD": "1000000",
    "CHATAPP_VISITOR_REQUESTS_PER_MINUTE": "1000000",
    "CHATAPP_VISITOR_OPEN_REPLIES": "1000000",
}
"""Everything is asked from one address."""


class Dialect(Enum):
    """How a server wants to be asked: its route, and what the last event of a whole answer holds."""

    OPENAI = "/v1/chat/completions", "[DONE]"
    CHAT = "/chat/stream", '"done"'
    KEPT = "/api/conversations", '"done"'

    @property
    def route(self) -> str:
        """Return the route that streams."""
        return self.value[0]

    @property
    def last(self) -> str:
        """Return what tells a finished answer from one that was cut off."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Start:
    """What to run, and with which environment on top of the bare minimum."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is started anew for every load. ``prepare`` takes the upstream, the port and an empty folder."""

    name: str
    dialect: Dialect
    prepare: Callable[[Upstream, int, Path], Start]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at ``url``, the whole address of its streaming route."""

    name: str
    dialect: Dialect
    url: str
    pid: int

    @property
    def health_url(self) -> str:
        """Return the address of its health route."""
        return self.url.removesuffix(self.dialect.route) + "/health"


def nginx() -> Server:
    """Return nginx that passes everything through: no server can be much faster."""

    def prepare(upstream: Upstream, port: int, folder: Path) -> Start:
        secured = upstream.certificate is not None
        config = NGINX.substitute(
            workers=WORKERS,
            port=port,
            address=upstream.address,
            scheme="https" if secured else "http",
            tls=NGINX_TLS.substitute(certificate=upstream.certificate) if secured else "",
        )
        (folder / "nginx.conf").write_text(config, "utf-8")
        return Start(["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"], {})

    return Server("nginx", Dialect.OPENAI, prepare)


def plain() -> Server:
    """Return ``plain_app.py`` under gunicorn with gevent."""

    def prepare(upstream: Upstream, port: int, _: Path) -> Start:
        command = [sys.executable, "-m", "gunicorn", "--worker-class", "gevent", "--workers", WORKERS]
        command += ["--worker-connections", "4000", "--backlog", "4096", "--no-control-socket"]
        command += ["--bind", f"127.0.0.1:{port}", "--chdir", str(HERE), "plain_app:app"]
        return Start(command, {"OPENAI_API_KEY": KEY} | _provider(upstream))

    return Server("plain", Dialect.CHAT, prepare)


def project(package: Path, settings: Mapping[str, str], *, kept: bool = False) -> Server:
    """Return this project as ``chatapp serve`` starts it, with ``settings`` besides where to listen and whom to ask.

    ``package`` is the folder that holds its code. Where its answers are ``kept``, each is the first of a new
    conversation.
    """

    def prepare(upstream: Upstream, port: int, folder: Path) -> Start:
        environment = {"PYTHONPATH": str(package.parent), "OPENAI_API_KEY_CYB_SEC": KEY, "CHATAPP_WORKERS": WORKERS}
        environment["CHATAPP_DATA_DIR"] = str(folder)
        environment |= NO_LIMITS
        environment["CHATAPP_TOKENIZER"] = "estimate"  # as where only what is needed is installed
        command = [sys.executable, "-m", "chatapp", "serve", "--port", str(port)]
        return Start(command, environment | _provider(upstream) | dict(settings))

    return Server("chatapp, kept", Dialect.KEPT, prepare) if kept else Server("chatapp", Dialect.CHAT, prepare)


def bare_environment(folder: Path) -> dict[str, str]:
    """Return what every server gets: nothing of this shell's settings and proxies, and ``folder`` as its home."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}


def _provider(upstream: Upstream) -> dict[str, str]:
    trust = {} if upstream.certificate is None else {"SSL_CERT_FILE": str(upstream.certificate)}
    return {"OPENAI_BASE_URL": upstream.base_url} | trust
