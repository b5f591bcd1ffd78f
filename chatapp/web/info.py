"""``GET /api``, ``/health`` and ``/models``: what this server is and can do. None of them costs anything."""

from __future__ import annotations

from flask import Response, jsonify

from chatapp import __version__
from chatapp.domain.catalog import ModelCatalog
from chatapp.web import presenting
from chatapp.web.arguments import Blueprint
from chatapp.web.schemas import About, Health, Models

DESCRIPTION = "Chat with OpenAI models: whole answers as JSON, or word by word as server-sent events."

SERVICE_NAME = "OpenAI Chat API"

ENDPOINTS = {
    "GET /": "The home page.",
    "GET /chat": "The chat page.",
    "GET /api": "This list.",
    "GET /health": "Whether the server is there.",
    "GET /models": "The models that can be asked, and their prices.",
    "POST /chat": "Ask, and get the whole answer at once.",
    "POST /chat/stream": "Ask, and get the answer as server-sent events while it is made.",
}


def blueprint(catalog: ModelCatalog, provider_name: str) -> Blueprint:
    """Return the three routes."""
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
