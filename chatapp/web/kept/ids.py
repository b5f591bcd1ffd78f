"""Ids in addresses."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import BaseConverter

from chatapp.web.fields import ID

NOTHING = ""
"""An id that nothing has."""


class IdConverter(BaseConverter):
    """An id in an address; what cannot be one is not found in the same way as what nobody has."""

    def to_python(self, value: str) -> str:
        """Return the id, or ``NOTHING``: no storage is asked for just any text."""
        return value if ID.fullmatch(value) else NOTHING


def described(_: BaseConverter) -> dict[str, Any]:
    """Return how the API's description tells what an id is."""
    return {"type": "string", "pattern": f"^{ID.pattern}$"}
