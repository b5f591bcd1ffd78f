"""Changes the tables, with Alembic, in one transaction: all of it, or nothing."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, exc

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.domain.errors import StorageUnavailable

MIGRATIONS = "chatapp.adapters.sql:migrations"


def upgrade(url: str, revision: str = HEAD) -> None:
    """Bring the tables to a revision. Only one process may do this at a time.

    Raises:
        BadDatabase: it did not work; everything is as it was before.
    """
    database = Database(url)
    if database.is_sqlite:
        # A table that is made anew is dropped in between, which would take along what refers to it.
        event.listen(database.engine, "connect", _ignore_references)
    try:
        with database.writing() as connection:
            migrate(connection, revision)
            if database.is_sqlite:
                _require_references(connection)
    except (StorageUnavailable, exc.SQLAlchemyError, CommandError) as error:
        raise BadDatabase(
            f"The tables could not be brought to revision {revision}, and are as they were before: {_reason(error)}."
        ) from error
    finally:
        database.close()


def migrate(connection: Connection, revision: str) -> None:
    """Bring the tables to a revision inside the transaction of this connection."""
    command.upgrade(configuration(connection), revision)


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", MIGRATIONS)
    config.set_main_option("path_separator", "os")
    return config


def _ignore_references(connection: Any, _: object) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _require_references(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise BadDatabase(
            f"The tables could not be changed, and are as they were before: a row of {broken[0]} refers to nothing."
        )


def _reason(error: BaseException) -> str:
    """Return what the database itself said."""
    cause = error.__cause__ if isinstance(error, StorageUnavailable) and error.__cause__ else error
    said = cause.orig if isinstance(cause, exc.DBAPIError) else cause
    return str(said).strip().partition("\n")[0].rstrip(".")
