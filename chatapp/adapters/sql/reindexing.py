"""Makes the search index anew, whatever has become of the old one."""

from __future__ import annotations

from sqlalchemy import Connection

from chatapp.adapters.sql.copying import Progress
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.indexing import Indexing

# As the migrations make it. The triggers that delete from it stand with other tables, and stay.
SQLITE = (
    # FTS5 drops only what it can open: so it gets an index without parts to open.
    "DELETE FROM search_data",
    "INSERT INTO search_data (id, block) VALUES (1, x''), (10, x'00000000000000')",
    "INSERT OR REPLACE INTO search_config (k, v) VALUES ('version', 4)",
    "DROP TABLE search",
    "CREATE VIRTUAL TABLE search USING fts5(scope, words, tokenize='unicode61 remove_diacritics 0')",
    "INSERT INTO search (search, rank) VALUES ('automerge', 0)",
    "INSERT INTO search (search, rank) VALUES ('crisismerge', 250)",
)
POSTGRESQL = ("DELETE FROM search",)
TO_BE_INDEXED = (
    "UPDATE messages SET indexed = false WHERE indexed",
    "UPDATE conversations SET indexed = false WHERE indexed AND title <> ''",
)
COUNT = (
    "SELECT (SELECT count(*) FROM messages WHERE NOT indexed AND state <> 'running')"
    " + (SELECT count(*) FROM conversations WHERE NOT indexed)"
)


def reindex(url: str, progress: Progress) -> int:
    """Put all messages and titles into a new index; return how many.

    Where it is broken off, a running server goes on with it, or the next one.

    Raises:
        StorageUnavailable: the database cannot be written now.
    """
    database = Database(url)
    try:
        with database.writing() as connection:
            for statement in (*(SQLITE if database.is_sqlite else POSTGRESQL), *TO_BE_INDEXED):
                connection.exec_driver_sql(statement)
            whole = _count(connection)
        indexing = Indexing(database)
        while indexing.index():
            with database.reading() as connection:
                progress(whole - _count(connection), whole)
        return whole
    finally:
        database.close()


def _count(connection: Connection) -> int:
    return int(connection.exec_driver_sql(COUNT).scalar_one())
