"""Kept conversations: listed, searched, made, shown, changed and removed."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from chatapp.domain.conversation import ConversationService
from chatapp.domain.kept import Changes
from chatapp.web.arguments import Blueprint, refusals
from chatapp.web.chat_body import BodyLimits
from chatapp.web.kept import bodies, presenting
from chatapp.web.kept.schemas import ConversationList, ConversationSchema, ConversationWithMessages
from chatapp.web.visitors import Visitors


def blueprint(conversations: ConversationService, visitors: Visitors, limits: BodyLimits) -> Blueprint:
    """Return the routes."""
    kept = Blueprint("conversations", __name__, description="Conversations that the server keeps for you.")
    visitors.receive(kept)

    @kept.get("/api/conversations")
    @kept.arguments(bodies.ListQuery(), location="query")
    @kept.response(200, ConversationList)
    @kept.doc(responses=refusals(401, 500, 503))
    def listed(query: dict[str, Any]) -> Response:
        """List your conversations: pinned ones first, then the newest; or those that are found, newest first."""
        page = conversations.listed(visitors.asking(), query["q"], query["cursor"], query["limit"])
        return jsonify(conversations=[presenting.listed(entry) for entry in page.entries], next=page.next_cursor)

    @kept.post("/api/conversations")
    @kept.arguments(bodies.new_conversation(limits))
    @kept.response(201, ConversationSchema)
    @kept.doc(responses=refusals(401, 403, 408, 413, 415, 500, 503))
    def create(body: dict[str, Any]) -> Response:
        """Begin a conversation."""
        with visitors.keeping() as visitor_id:
            conversation = conversations.create(visitor_id, **body)
        answer = jsonify(presenting.conversation(conversation))
        answer.status_code = 201
        answer.headers["Location"] = f"/api/conversations/{conversation.id}"
        return answer

    @kept.get("/api/conversations/<id:conversation_id>")
    @kept.arguments(bodies.BranchQuery(), location="query")
    @kept.response(200, ConversationWithMessages)
    @kept.doc(responses=refusals(401, 404, 500, 503))
    def show(query: dict[str, Any], conversation_id: str) -> Response:
        """Show a conversation with the newest messages of its branch, or with those before a message."""
        visitor_id = visitors.asking()
        conversation = conversations.get(visitor_id, conversation_id)
        branch = conversations.branch(visitor_id, conversation, query["before"], query["limit"])
        return jsonify(presenting.conversation(conversation) | presenting.branch(branch))

    @kept.patch("/api/conversations/<id:conversation_id>")
    @kept.arguments(bodies.changes(limits))
    @kept.response(200, ConversationSchema)
    @kept.doc(responses=refusals(401, 403, 404, 408, 413, 415, 500, 503))
    def change(changes: Changes, conversation_id: str) -> Response:
        """Change a conversation's title, model or instructions, pin it, or show another branch of it."""
        changed = conversations.change(visitors.asking(), conversation_id, changes)
        return jsonify(presenting.conversation(changed))

    @kept.delete("/api/conversations/<id:conversation_id>")
    @kept.response(204)
    @kept.doc(responses=refusals(401, 403, 404, 500, 503))
    def delete(conversation_id: str) -> Response:
        """Stop what runs in a conversation, and remove it with all its branches."""
        conversations.delete(visitors.asking(), conversation_id)
        return Response(status=204)

    return kept
