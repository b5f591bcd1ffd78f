"""One visitor at a server that is shared, and what they did there, in one way or another."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chatapp.fake import Gate
from tests.integration.kept_processes.model import Asked, Followed, Talk
from tests.integration.kept_processes.teller import Pace, Teller, Telling
from tests.integration.kept_processes.visitor import EVENTS, Reading, Visitor, replies_of, text_of
from tests.integration.kept_processes.workers import Workers

TOKENS, HELD_AT = 6, 3

PIECE = re.compile(rb'id: \d+\ndata: (\{"content":.*?\})\n\n')
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True)
class Site:
    """A server that all examples share, somebody who has nothing there, and everything that was asked."""

    teller: Teller
    port: int
    database_url: str
    workers: Workers
    stranger: Visitor
    kills: bool
    asked: list[Asked] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)


class Acting:
    """What one visitor, ``who``, did."""

    def __init__(self, site: Site) -> None:
        self.who = Visitor.new(site.port)
        self.talks: list[Talk] = []
        self.asked: list[Asked] = []
        self._site = site
        self._teller = site.teller

    def begin(self) -> Talk:
        """Begin a conversation."""
        self.talks.append(Talk(self.who, self.who.begins()))
        return self.talks[-1]

    def new_message(self) -> str:
        """Return a message that nobody has sent before."""
        return f"question {next(self._site.numbers)}"

    def ask(
        self,
        talk: Talk,
        fields: dict[str, Any],
        message: str | None = None,
        *,
        streams: bool = False,
        held: bool = False,
        bytes_read: int | None = None,
    ) -> Asked | None:
        """Ask; return what was acknowledged, or None where it had to be refused.

        Streamed, or not; ``held`` up in its midst; or first on a line that breaks after so many bytes were read.
        """
        body = {**fields, "client_id": f"c-{next(self._site.numbers)}"}
        asked = Asked(talk, body, message or fields["message"], Gate())
        if not held:
            asked.gate.open()
        self._teller.pace(asked.message, Pace(TOKENS, seconds=0.001, gate=asked.gate, held_at=HELD_AT))
        before = len(self._teller.tellings(asked.message))
        heard = "" if bytes_read is None else self._heard_before_the_break(asked, bytes_read)
        with self.who.line() as line:
            response = line.opens("POST", replies_of(talk.id), body, {"Accept": EVENTS} if streams else {})
            if response.status >= 400:
                self._require_refusable(talk, response.status, response.read())
                return None
            self.asked.append(asked)
            self._site.asked.append(asked)
            reading = Reading(response) if streams else None
            asked.told(reading.reply if reading else json.loads(response.read()))
            self._teller.wait_for_telling(asked.message, before + 1)  # before it gets another pace
            if reading:
                self.follow(asked, reading)
        if bytes_read is not None:
            with self.who.follows(asked.reply_id, len(heard)) as reading:
                self.follow(asked, reading, len(heard), heard)
        return asked

    def _require_refusable(self, talk: Talk, status: int, body: bytes) -> None:
        """Accept that a conversation is gone, or that something in it is still being answered."""
        running = any(not asked.is_over for asked in self.asked if asked.talk is talk)
        assert status == (404 if talk.is_deleted else 409), body
        assert talk.is_deleted or running, body

    def _heard_before_the_break(self, asked: Asked, bytes_read: int) -> str:
        """Ask and hang up after so many bytes; return the text that was in them."""
        read = b""
        with self.who.line() as line:
            headers = line.headers | {"Accept": EVENTS, "Content-Type": "application/json"}
            line.connection.request("POST", replies_of(asked.talk.id), json.dumps(asked.body), headers)
            while len(read) < bytes_read and not read.endswith(LAST_CHUNK) and b"HTTP/1.1 4" not in read:
                read += line.connection.sock.recv(bytes_read - len(read))
        return "".join(json.loads(piece)["content"] for piece in PIECE.findall(read))

    def follow(self, asked: Asked, reading: Reading, after: int = 0, heard: str = "") -> None:
        """Read on to the end, or to where it is held up; what was ``heard`` before comes before the place ``after``."""
        if asked.is_held:
            held_at = sum(len(self._telling(asked).token(number)) for number in range(HELD_AT))
            text, ending = reading.until(held_at) if after < held_at else "", None
        else:
            *pieces, last = reading.rest()
            text, ending = text_of(pieces), last.data["state"]
            asked.is_over = True
        asked.followed.append(Followed(after - len(heard), heard + text, ending))

    def _telling(self, asked: Asked) -> Telling:
        return next(each for each in self._teller.tellings(asked.message) if each.pace.gate is asked.gate)

    def parent_of(self, asked: Asked) -> str | None:
        """Return what the message that was asked stands under."""
        exported = self.who.sends("GET", f"/api/conversations/{asked.talk.id}/export?format=jsonl").body
        lines = (json.loads(line) for line in exported.splitlines())
        return next((line.get("parent_id") for line in lines if line.get("id") == asked.message_id), None)


def everything(talk_id: str, reply_id: str, message_id: str) -> list[tuple[str, str, Any]]:
    """Return all that can be done with a conversation and a reply: methods, paths and bodies."""
    talk, reply = f"/api/conversations/{talk_id}", f"/api/replies/{reply_id}"
    return [
        ("GET", talk, None),
        ("PATCH", talk, {"title": "mine"}),
        ("PATCH", talk, {"leaf_id": reply_id}),
        ("POST", replies_of(talk_id), {"message": "Hi"}),
        ("POST", replies_of(talk_id), {"answer_to": message_id}),
        ("GET", f"{talk}/export", None),
        ("GET", reply, None),
        ("GET", f"{reply}/events", None),
        ("POST", f"{reply}/stop", {}),
        ("DELETE", talk, None),
    ]
