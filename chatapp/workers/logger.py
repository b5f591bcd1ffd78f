"""The log of the server."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger


class QuietLogger(Logger):
    """gunicorn's log without its line for each request: the application writes one of its own."""

    def access(self, *_: Any) -> None:
        """Write nothing. gunicorn would collect all that such a line could hold, and then not write it."""
