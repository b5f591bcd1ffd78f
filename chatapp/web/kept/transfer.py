"""Conversations as files, out and in. Both stream, in small pieces, so that nobody else waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Any
from urllib.parse import quote

from flask import Request, Response, jsonify, request

from chatapp.domain.conversation import ConversationService
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import ChatError
from chatapp.domain.kept import KeptMessage
from chatapp.domain.stores import Archive
from chatapp.domain.transfer import Imported, export_jsonl, import_chatgpt, import_jsonl, markdown
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.body import BodyReader
from chatapp.web.chat_body import BodyLimits
from chatapp.web.kept import bodies, presenting
from chatapp.web.kept.schemas import ImportedSchema
from chatapp.web.visitors import NOBODY, Visitors

PIECE_BYTES = 32_768
SILENCE_SECONDS = 30.0
BREATH_SECONDS = 0.0001
"""Not 0: a worker of greenlets would not look at its other sockets then."""

LONGEST_NAME_CHARACTERS = 80
UNFIT_FOR_NAMES = frozenset('/\\:*?"<>|')

JSON_LINES, JSON, MARKDOWN = "application/x-ndjson", "application/json", "text/markdown; charset=utf-8"

IMPORTS: dict[str, Callable[..., Imported]] = {
    JSON_LINES: import_jsonl,
    JSON: import_chatgpt,
}
FILES: dict[str, Any] = {
    "required": True,
    "content": {
        JSON_LINES: {"schema": {"type": "string", "description": "A file of GET /api/export."}},
        JSON: {"schema": {"type": "array", "items": {}, "description": "ChatGPT's conversations.json."}},
    },
}


class UnsupportedFile(ChatError):
    """The body does not say that it is a file of a kind that can be imported."""

    code = "unsupported_media_type"
    sentence = (
        "Please send a file of ours with “Content-Type: application/x-ndjson”, or ChatGPT's conversations.json with "
        "“Content-Type: application/json”; not compressed."
    )


def blueprint(
    conversations: ConversationService, archive: Archive, visitors: Visitors, reader: BodyReader, limits: BodyLimits
) -> Blueprint:
    """Return the routes."""
    transfer = Blueprint("transfer", __name__, description="Your conversations as files.")
    visitors.receive(transfer)

    @transfer.get("/api/conversations/<id:conversation_id>/export")
    @transfer.arguments(bodies.ExportQuery(), location="query")
    @transfer.doc(responses=refusals(401, 404, 500, 503) | {"200": _described(MARKDOWN, JSON_LINES)})
    def export_one(query: dict[str, str], conversation_id: str) -> Response:
        """Take a conversation along: the branch shown as Markdown, or all of it as JSON Lines."""
        visitor_id = visitors.asking()
        conversation = conversations.get(visitor_id, conversation_id)
        if query["format"] == "jsonl":
            return _file(export_jsonl(archive, visitor_id, [conversation]), JSON_LINES, f"{_name(conversation)}.jsonl")
        lines = markdown(conversation, _branch_shown(archive, visitor_id, conversation))
        return _file((line.encode() for line in lines), MARKDOWN, f"{_name(conversation)}.md")

    @transfer.get("/api/export")
    @transfer.doc(responses=refusals(401, 500, 503) | {"200": _described(JSON_LINES)})
    def export_all() -> Response:
        """Take everything along, as JSON Lines that can be imported again."""
        return _file(export_jsonl(archive, visitors.asking()), JSON_LINES, "conversations.jsonl")

    @transfer.post("/api/import")
    @transfer.response(200, ImportedSchema)
    @transfer.doc(requestBody=FILES, responses=refusals(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))
    def bring_in() -> Response:
        """Bring in conversations: a file of GET /api/export, or ChatGPT's conversations.json."""
        take = _import_of(request)
        is_new = visitors.asking() == NOBODY
        arriving = reader.pieces(request, limits.import_bytes, SILENCE_SECONDS, limits.import_seconds)
        with visitors.keeping() as visitor_id, closing(arriving):
            result = take(archive, visitor_id, arriving, progress=_breathe)
        if is_new and not (result.conversations or result.messages):
            visitors.forget()
        return jsonify(presenting.imported(result))

    return transfer


def _import_of(asked: Request) -> Callable[..., Imported]:
    charset = asked.mimetype_params.get("charset", "utf-8").lower()
    if asked.mimetype not in IMPORTS or charset != "utf-8" or "Content-Encoding" in asked.headers:
        raise UnsupportedFile
    return IMPORTS[asked.mimetype]


def _with_breaths(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pass pieces on, and let others have their turn after each."""
    for piece in pieces:
        yield piece
        _breathe()


def _breathe(_: int = 0) -> None:
    time.sleep(BREATH_SECONDS)


def _branch_shown(archive: Archive, visitor_id: str, conversation: Conversation) -> Iterator[KeptMessage]:
    """Yield the messages of the branch that is shown, without holding more than their ids."""
    parents = {message.id: message.parent_id for message in archive.messages(visitor_id, conversation.id)}
    shown, message_id = set(), conversation.leaf_id
    while message_id is not None:
        shown.add(message_id)
        message_id = parents.get(message_id)
    return (message for message in archive.messages(visitor_id, conversation.id) if message.id in shown)


def _file(parts: Iterable[bytes], media_type: str, name: str) -> Response:
    pieces = _with_breaths(_in_pieces(parts))
    first = next(pieces, b"")  # what fails at once still has its status
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(chain([first], pieces), content_type=media_type, headers={"Content-Disposition": disposition})


def _in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _name(conversation: Conversation) -> str:
    """Return what a file of a conversation is called, on any system."""
    fit = "".join(sign if sign.isprintable() and sign not in UNFIT_FOR_NAMES else " " for sign in conversation.title)
    return " ".join(fit.split())[:LONGEST_NAME_CHARACTERS].strip(" .") or "conversation"


def _described(*media_types: str) -> dict[str, Any]:
    kinds = {media_type.partition(";")[0]: {"schema": {"type": "string"}} for media_type in media_types}
    return {"description": "The file.", "content": kinds}
