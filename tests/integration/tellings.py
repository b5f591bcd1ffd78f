"""What a caller and the log are told of an answer, and what they must be told of each fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.integration.app_under_test import events_in
from tests.integration.caller import Heard
from tests.integration.fault import CANARIES, Fault
from tests.integration.site import CANARY
from tests.server import RunningServer

STREAMED, PLAIN = "/chat/stream", "/chat"
PATHS = (STREAMED, PLAIN)


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller learned."""

    status: int
    text: str | None
    code: str | None = None
    reason: str | None = None
    source: str | None = None
    wait: str | None = None


def told(heard: Heard) -> Told:
    """Return what an answer, whole or streamed, says."""
    if heard.headers["Content-Type"].startswith("text/event-stream"):
        *pieces, last = events_in(heard.body.decode())
        text = "".join(piece["content"] for piece in pieces)
    else:
        last = heard.json
        text = last.get("response", last.get("partial"))
    assert last.get("request_id", heard.headers["X-Request-Id"]) == heard.headers["X-Request-Id"]
    source = last.get("cost", {}).get("source")
    return Told(heard.status, text, last.get("code"), last.get("finish_reason"), source, heard.headers["Retry-After"])


def expected(fault: Fault, path: str) -> Told:
    """Return what the caller of ``path`` must learn."""
    if fault.code is None:
        return Told(200, fault.text, None, fault.reason, fault.source)
    if path == STREAMED and fault.begun:
        return Told(200, fault.text, fault.code)
    return Told(fault.status, fault.text if fault.begun and fault.source else None, fault.code, wait=fault.wait)


def reply_line(server: RunningServer, request_id: str) -> dict[str, Any]:
    """Return what the log tells of the reply, but for times and numbers."""
    line = server.wait_for_line("reply", request_id=request_id)
    shown = ("level", "state", "code", "finish_reason", "cause", "characters", "cost_source", "provider_request_id")
    silent = {"has_spoken": line["first_token_ms"] is not None, "has_usage": line["completion_tokens"] is not None}
    return {name: line[name] for name in shown} | silent


def expected_reply_line(fault: Fault) -> dict[str, Any]:
    """Return what the log must tell of the reply."""
    return {
        "level": fault.level,
        "state": fault.state,
        "code": fault.code,
        "finish_reason": fault.reason,
        "cause": fault.cause,
        "characters": len(fault.text),
        "cost_source": fault.source,
        "provider_request_id": fault.provider_request_id,
        "has_spoken": fault.text != "",
        "has_usage": fault.source not in (None, "unknown"),
    }


def request_line(server: RunningServer, request_id: str) -> dict[str, Any]:
    """Return what the log tells of the request, but for times and numbers."""
    line = server.wait_for_line("request", request_id=request_id)
    return {name: line[name] for name in ("level", "method", "route", "status", "ending")}


def expected_request_line(path: str, status: int) -> dict[str, Any]:
    """Return what the log must tell of a request that was answered."""
    level = "warning" if status >= 500 else "info"
    return {"level": level, "method": "POST", "route": path, "status": status, "ending": "sent"}


def secrets_in(text: str) -> list[str]:
    """Return what must not stand there: words of a message, an answer or a provider, and keys."""
    return [word for word in (*CANARIES, CANARY) if word in text]
