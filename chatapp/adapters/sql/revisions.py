"""The revisions of the tables, as far as they must be known before Alembic is loaded, which takes half a second."""

from __future__ import annotations

REVISIONS = ("0001", "0002", "0003", "0004")
"""All there are, oldest first."""

HEAD = REVISIONS[-1]

REVISION_QUERY = "SELECT version_num FROM alembic_version"
"""Asks a database for its revision."""


class BadDatabase(Exception):
    """The database cannot be used as it is; the sentence says why, and what to do about it."""


def require_known(revision: str | None, place: str) -> None:
    """Refuse a database of a newer program.

    Raises:
        BadDatabase: this program does not know the revision.
    """
    if revision is not None and revision not in REVISIONS:
        raise BadDatabase(
            f"The database {place} was made by a newer version of chatapp (revision {revision}). "
            "Please update chatapp, or name another database with CHATAPP_DATA_DIR or CHATAPP_DATABASE_URL."
        )


def of_another_program(place: str) -> BadDatabase:
    """Return the refusal of a database with somebody else's tables."""
    return BadDatabase(
        f"The database {place} belongs to another program. Nothing in it was changed. "
        "Please name another one with CHATAPP_DATA_DIR or CHATAPP_DATABASE_URL."
    )
