"""``GET /api``, ``/health`` and ``/models``: what this server is and can do. None of them costs anything."""

from __future__ import annotations

from flask import Response, jsonify

from chatapp import __version__
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.errors import ShuttingDown
from chatapp.domain.replies import ReplyService
from chatapp.web import presenting
from chatapp.web.arguments import Blueprint
from chatapp.web.schemas import About, Alive, Health, Models, Ready

DESCRIPTION = "Chat with OpenAI models: whole answers as JSON, or word by word as server-sent events."

SERVICE_NAME = "OpenAI Chat API"

ENDPOINTS = {
    "GET /": "The home page.",
    "GET /chat": "The chat page.",
    "GET /widget": "The page that shows the widget, and how to put it on a site.",
    "GET /widget.js": "The widget, for any site.",
    "GET /api": "This list.",
    "GET /health": "Whether the server is there, and who answers.",
    "GET /health/live": "Whether the process answers.",
    "GET /health/ready": "Whether it takes new questions: not while it is shutting down.",
    "GET /models": "The models that can be asked, and their prices.",
    "POST /chat": "Ask, and get the whole answer at once.",
    "POST /chat/stream": "Ask, and get the answer as server-sent events while it is made.",
    "GET /api/conversations": "Your conversations, or those in which something is found.",
    "POST /api/conversations": "Begin a conversation that is kept.",
    "GET /api/conversations/{id}": "A conversation with its newest messages.",
    "PATCH /api/conversations/{id}": "Change a conversation, or show another branch of it.",
    "DELETE /api/conversations/{id}": "Remove a conversation.",
    "POST /api/conversations/{id}/replies": "Ask in a conversation; the answer is kept, and made without a reader too.",
    "GET /api/replies/{id}": "A kept answer, as far as it has come.",
    "GET /api/replies/{id}/events": "Follow a kept answer from any place.",
    "POST /api/replies/{id}/stop": "End a kept answer and its bill.",
    "GET /api/conversations/{id}/export": "A conversation as a file.",
    "GET /api/export": "All your conversations as a file.",
    "POST /api/import": "Bring in such a file, or ChatGPT's.",
    "GET /api/widget": "Whether the site that asks may use the widget.",
    "POST /api/login": "Say the password, where the server has one: for its own pages.",
    "POST /api/visitors": "Become a visitor, and get a token: for programs that keep no cookies.",
    "DELETE /api/me": "Remove everything that belongs to you.",
    "POST /api/me/handoffs": "Get a secret that makes another device yours, once.",
    "POST /api/handoffs": "Be who made such a secret, from now on.",
}


def blueprint(catalog: ModelCatalog, replies: ReplyService, provider_name: str) -> Blueprint:
    """Return the routes."""
    info = Blueprint("info", __name__, description="What this server is and can do.")

    @info.get("/api")
    @info.response(200, About)
    def about() -> Response:
        """Say what this API is and which routes there are."""
        return jsonify(
            name="chatapp",
            version=__version__,
            description=DESCRIPTION,
            endpoints=ENDPOINTS,
            documentation="/api/docs",
        )

    @info.get("/health")
    @info.response(200, Health)
    def health() -> Response:
        """Say that the server is there. Asks neither the provider nor a database."""
        return jsonify(status="healthy", service=SERVICE_NAME, provider=provider_name)

    @info.get("/health/live")
    @info.response(200, Alive)
    def live() -> Response:
        """Say that this process answers, for whoever restarts one that does not."""
        return jsonify(status="live")

    @info.get("/health/ready")
    @info.response(200, Ready)
    @info.doc(responses={"503": "SERVICE_UNAVAILABLE"})
    def ready() -> Response:
        """Say whether this process takes new questions, for whoever shares them out among several."""
        if replies.is_shutting_down:
            raise ShuttingDown("The server is shutting down.", retry_after_seconds=5)
        return jsonify(status="ready")

    @info.get("/models")
    @info.response(200, Models)
    def models() -> Response:
        """List all models, also those that are no longer served."""
        listed = catalog.listed()
        return jsonify(
            models=[model.card.id for model in listed],
            default=catalog.default_id(),
            details=[presenting.model(model) for model in listed],
        )

    return info
