"""A fault of a provider as a value: what it does, and how that must end.

Every message, every answer and every sentence of a provider holds one of ``CANARIES``: words that must stand in no log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.upstream import Send, Step
from tests.upstream.wire import error, events, stream

MESSAGE = "My amberjack"
HALF = "Half a halibut"
LEAK = "You said barracuda with the key sk-scripted-secret."
CANARIES = ("amberjack", "halibut", "barracuda", "sk-scripted-secret")

FIRST_TOKEN_SECONDS = 1.5
NEXT_TOKEN_SECONDS = 1.5
MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a provider does, and how an answer of that kind ends.

    ``status`` is that of ``/chat``; a stream has it too where it had not ``begun``. The provider's connection
    must be ``left`` or ``kept`` by the server, or is no matter of it (``None``); what is left is left within a second
    after ``silence_seconds``. ``source`` tells where its cost comes from; None where it costs nothing.
    """

    steps: list[Step]
    text: str = ""
    status: int = 200
    code: str | None = None
    state: str = "failed"
    reason: str | None = None
    level: str = "warning"
    cause: str | None = None
    source: str | None = "estimated"
    begun: bool = True
    wait: str | None = None
    connection: str | None = None
    silence_seconds: float = 0.0
    provider_request_id: str | None = "req_scripted"


def refused(
    steps: list[Step],
    status: int,
    code: str,
    cause: str | None,
    level: str = "warning",
    *,
    wait: str | None = None,
    connection: str | None = "kept",
    source: str | None = None,
) -> Fault:
    """Return a fault that has a status, because the answer never begins."""
    return Fault(
        steps=steps, status=status, code=code, cause=cause, level=level, wait=wait, connection=connection,
        source=source, begun=False, provider_request_id="req_scripted" if has_head(steps) else None,
    )  # fmt: skip


def has_head(steps: Iterable[Step]) -> bool:
    """Tell whether the provider says anything at all."""
    return any(isinstance(step, Send) for step in steps)


def error_status(status: int, code: str | None, **headers: str) -> list[Step]:
    """Return a provider's error, in words that nobody else may read."""
    return error(status, code, LEAK, headers={name.replace("_", "-"): value for name, value in headers.items()})


def after_half(*rest: bytes | Step) -> list[Step]:
    """Return an answer that goes on like that after its first words."""
    return stream(*events([HALF], finish=None, usage=None, done=False), *rest)


def broken(
    steps: list[Step],
    code: str = "provider_failed",
    cause: str | None = None,
    level: str = "warning",
    *,
    status: int = 502,
    text: str = HALF,
    connection: str | None = None,
    silence_seconds: float = 0.0,
    reason: str | None = None,
) -> Fault:
    """Return a fault that breaks off what has begun."""
    return Fault(
        steps=steps, status=status, code=code, cause=cause, level=level, text=text, connection=connection,
        silence_seconds=silence_seconds, reason=reason,
    )  # fmt: skip


def ended(
    steps: list[Step],
    text: str = HALF,
    state: str = "complete",
    reason: str = "stop",
    *,
    source: str = "provider",
    level: str = "info",
    connection: str | None = "kept",
) -> Fault:
    """Return what is no failure: the answer ends with a reason."""
    return Fault(
        steps=steps, text=text, state=state, reason=reason, source=source, level=level, connection=connection
    )  # fmt: skip


def in_pieces(data: bytes, size: int) -> list[Step]:
    """Return the same answer in HTTP chunks of ``size`` bytes."""
    return stream(*(data[place : place + size] for place in range(0, len(data), size)))


def spelled(line_end: bytes, *parts: bytes) -> list[Step]:
    """Return the same answer with other ends of its lines, and with ``parts`` before and between its events."""
    between = b"".join(parts)
    body = between + b"".join(part + between for part in events([HALF]) if isinstance(part, bytes))
    return stream(body.replace(b"\n", line_end))
