"""chatapp: a chat page, a widget and a REST + SSE API for OpenAI models."""

__version__ = "0.1.0"
