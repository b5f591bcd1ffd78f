"""What the errors of a database mean to whoever uses it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc

from chatapp.domain.errors import StorageUnavailable


class Clash(Exception):
    """A row has the key of another one, or refers to one that is not there (any more)."""


def meaning(error: BaseException, driver: Any) -> Exception | None:
    """Return what an error of a database means, or of its ``driver``; None for any other error."""
    if isinstance(error, exc.IntegrityError | driver.IntegrityError):
        return Clash()
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError | exc.TimeoutError):
        return StorageUnavailable(retry_after_seconds=1)
    if isinstance(error, driver.OperationalError | driver.InterfaceError | driver.InternalError):
        return StorageUnavailable(retry_after_seconds=1)
    return None
