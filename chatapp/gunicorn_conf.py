"""gunicorn's configuration, for ``chatapp serve`` and ``gunicorn -c python:chatapp.gunicorn_conf chatapp.wsgi:app``.

gevent is the default because half-sent requests and slow readers cost it next to nothing, where each of them keeps a
thread busy. gunicorn's ``sync`` class is never right: it ends every answer at ``timeout``.
"""

from __future__ import annotations

import gc
import importlib
import os
import secrets
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from chatapp import __version__
from chatapp.adapters.log_lines import JsonLines, TextLines, logging_config
from chatapp.settings import BadSettings, Settings, WorkerClass

if TYPE_CHECKING:
    from chatapp.domain.replies import ReplyService

WORKERS = {
    WorkerClass.GEVENT: "chatapp.workers.greenlets.Worker",
    WorkerClass.GTHREAD: "chatapp.workers.threads.Worker",
}
KEEPALIVE_SECONDS = 2
LAST_WORDS_SECONDS = 1.0
UNSENT_BYTES = 131_072


def _require_startable() -> None:
    """Import what the workers need, before they are forked: they share its memory, and a new one is there at once.

    And say in one sentence what would fail in each of them.
    """
    from chatapp.bootstrap import require_startable
    from chatapp.web.assets import AssetsMissing

    try:
        require_startable(_settings)
    except (BadSettings, AssetsMissing) as error:
        sys.exit(f"Error: {error}")


def on_starting(_: Any) -> None:
    """Import the rest of it, and what a client of the provider loads when it is made, OpenSSL's own tables among it."""
    if not _settings.is_fake:
        adapter = importlib.import_module("chatapp.adapters.openai_chat")
        adapter.connect(_settings.api_key or "", _settings.base_url).close()  # each worker makes one of its own
    # Else each of them would write into all of it when it looks for garbage, and have it copied.
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Have a thread wait for the worker's end.

    gunicorn runs no ``finally`` after its own deadline, and inside a signal handler nothing may wait: what must be
    said to the callers is said from here.
    """
    # What was imported stays for good: to look through it again and again would stop every stream meanwhile.
    gc.collect()
    gc.freeze()
    threading.Thread(target=_drain, args=(worker,), name="drain", daemon=True).start()


def _drain(worker: Any) -> None:
    while worker.alive:
        time.sleep(0.05)
    replies = _replies_of(worker)
    replies.refuse_new()
    patience_seconds = max(_settings.grace_seconds - KEEPALIVE_SECONDS - LAST_WORDS_SECONDS, 0.0)
    deadline = time.monotonic() + patience_seconds
    while replies.open_replies and time.monotonic() < deadline:
        time.sleep(0.05)
    replies.interrupt_all()
    replies.beat()  # what the storage would not take has one more chance


def worker_int(worker: Any) -> None:
    """Tell all readers that the server stops at once (Ctrl+C): gunicorn leaves a tenth of a second for that."""
    if getattr(worker, "wsgi", None) is not None:  # none yet where it is still starting
        replies = _replies_of(worker)
        replies.refuse_new()
        replies.interrupt_all()


def _replies_of(worker: Any) -> ReplyService:
    # Imported here alone: this file is read before gevent has patched the standard library.
    from chatapp.bootstrap import LIFE

    replies: ReplyService = worker.wsgi.extensions[LIFE].replies
    return replies


def when_ready(server: Any) -> None:
    """Say who answers, where, and what is kept where; bound what the kernel keeps for a reader who does not read."""
    for listener in server.LISTENERS:  # its connections inherit it
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)
    server.log.info("chatapp %s answers with %s.", __version__, _who())
    server.log.info("Conversations are kept in %s.", _settings.database_place)
    url = str(server.LISTENERS[0]).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    server.log.info("Open %s in your browser; Ctrl+C stops the server.", url)


def on_exit(_: Any) -> None:
    """Have everything stand in one file again, now that the workers have left it."""
    from chatapp.bootstrap import close_storage

    close_storage(_settings)


def _who() -> str:
    if _settings.is_fake:
        how = "CHATAPP_LLM is “fake”" if _settings.api_key else "set OPENAI_API_KEY_CYB_SEC to talk to OpenAI"
        return f"the fake model ({how})"
    return "OpenAI's models" if _settings.base_url is None else "the models of OPENAI_BASE_URL"


try:
    _settings = Settings.from_env()
except BadSettings as error:
    sys.exit(f"Error: {error}")

if _settings.worker_class is WorkerClass.GEVENT:
    # Before anything is imported that would keep the unpatched parts of the standard library.
    importlib.import_module("gevent.monkey").patch_all()
    # Nobody asks who began a greenlet; to note it down costs each request time and memory.
    importlib.import_module("gevent").config.track_greenlet_tree = False

_require_startable()

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = WORKERS[_settings.worker_class]
# Every open answer has a caller; as many again may follow one or ask something else.
worker_connections = _settings.worker_connections or max(4000, 2 * _settings.open_replies + 1000)
# Likewise under threads, which are begun when they are needed.
threads = _settings.open_replies + 100 if _settings.worker_class is WorkerClass.GTHREAD else 1
backlog = 4096

# Catches a worker that hangs; an answer may take longer.
timeout = 120
graceful_timeout = _settings.grace_seconds
keepalive = KEEPALIVE_SECONDS

# The modules are shared, but each worker makes the application itself, with its own connections and threads.
preload_app = False

# Would be made in the home folder, where two servers of one user collide.
control_socket_disable = True

# By default gunicorn lets whoever connects from this machine, a proxy's callers too, rewrite scheme and path.
forwarded_allow_ips = ",".join(_settings.trusted_proxies)
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
forwarder_headers = ""

logger_class = "chatapp.workers.logger.QuietLogger"
errorlog = "-"
logconfig_dict = logging_config(TextLines if sys.stderr.isatty() else JsonLines)

if not _settings.log_key:  # made here, so that all workers have the same
    os.environ["CHATAPP_LOG_KEY"] = secrets.token_hex(16)
