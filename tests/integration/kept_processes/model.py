"""What visitors did, as far as it was acknowledged, and what must be true of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatapp.fake import Gate
from tests.integration.kept_processes.teller import Teller
from tests.integration.kept_processes.visitor import Visitor

LATEST_END_SECONDS = 30.0


@dataclass(eq=False)
class Talk:
    """One conversation."""

    visitor: Visitor
    id: str
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """What was followed of a reply behind a number of characters; ``ending`` is None where it was left before."""

    after: int
    text: str
    ending: str | None


@dataclass(eq=False)
class Asked:
    """One reply; ``body`` is what was sent to ask for it, ``message`` what the provider was asked.

    It is held up in its midst until the ``gate`` opens. ``may_be_lost`` tells that a worker ended that may have made
    it, ``is_over`` that it is known to have ended before.
    """

    talk: Talk
    body: dict[str, Any]
    message: str
    gate: Gate
    reply_id: str = ""
    message_id: str = ""
    was_stopped: bool = False
    may_be_lost: bool = False
    is_over: bool = False
    followed: list[Followed] = field(default_factory=list)

    def told(self, reply: dict[str, Any]) -> None:
        """Take in what acknowledged it."""
        self.reply_id, self.message_id = reply["id"], reply["user_message_id"]

    @property
    def is_held(self) -> bool:
        """Tell whether it is held up, as far as we know."""
        return not (self.gate.is_open or self.was_stopped or self.may_be_lost)

    @property
    def may_not_be_paid(self) -> bool:
        """Tell whether it may have ended before the provider was asked."""
        return self.was_stopped or self.may_be_lost or self.talk.is_deleted

    @property
    def endings(self) -> set[str]:
        """Return the states that it may end in."""
        stopped = {"stopped"} if self.was_stopped else set()
        return {"complete"} | stopped | ({"lost", "interrupted"} if self.may_be_lost else set())


def faults(asked: Asked, teller: Teller) -> Iterator[str]:
    """Yield what is wrong with a reply that has ended or must end, with what was followed of it, and with its bill."""
    tellings = [telling for telling in teller.tellings(asked.message) if telling.pace.gate is asked.gate]
    if len(tellings) != 1 and not (asked.may_not_be_paid and not tellings):
        yield f"the provider was asked {len(tellings)} times"
    if asked.talk.is_deleted:
        return
    reply = asked.talk.visitor.waits_for(asked.reply_id, LATEST_END_SECONDS)
    text, state = reply["text"], reply["state"]
    sent = tellings[0].text if tellings else ""
    if not sent.startswith(text) or (state == "complete" and text != tellings[0].whole):
        yield f"{sent!r} was sent, but {text!r} is stored"
    if state not in asked.endings:
        yield f"it is {state}"
    for followed in asked.followed:
        if not sent[followed.after :].startswith(followed.text):
            yield f"{sent!r} was sent, but {followed}"
        if followed.ending is not None and (followed.ending, followed.text) != (state, text[followed.after :]):
            yield f"{text!r} is stored as {state}, but {followed}"


def missing(talk: Talk, asked: Sequence[Asked]) -> set[tuple[str, str]]:
    """Return the ids and texts of messages that were acknowledged in a conversation, and are not in it."""
    answers = {(each.reply_id, talk.visitor.reply(each.reply_id)["text"]) for each in asked}
    exported = talk.visitor.sends("GET", f"/api/conversations/{talk.id}/export?format=jsonl")
    lines = [json.loads(line) for line in exported.body.splitlines()]
    kept = {(line["id"], line["text"]) for line in lines if line["type"] == "message"}
    return (answers | {(each.message_id, each.message) for each in asked}) - kept
