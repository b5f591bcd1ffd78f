"""Cookies of ours: no script reads them, and no other site has them sent along with what changes something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie, kept for its ``life``. Over https it has a name of its own, whose prefix binds it to https."""

    name: str
    secure_name: str
    life: timedelta
    path: str = "/"

    def read(self) -> str | None:
        """Return what the request at hand brings."""
        return request.cookies.get(self._name)

    def send(self, response: Response, value: str) -> None:
        """Have the browser keep it."""
        response.set_cookie(
            self._name,
            value,
            max_age=self.life,
            path=self.path,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def clear(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(self._name, path=self.path, secure=request.is_secure, httponly=True, samesite="Lax")

    @property
    def _name(self) -> str:
        return self.secure_name if request.is_secure else self.name
