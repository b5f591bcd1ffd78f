"""The search index, where something else happens at the same time, or is broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.deleting import EMPTY
from chatapp.adapters.sql.housekeeping import Housekeeping
from chatapp.adapters.sql.indexing import MARK_TITLES, Indexing
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.adapters.sql.tools import StorageTools
from chatapp.domain.kept import Changes
from chatapp.domain.search import Query
from tests.contracts.storage import ALICE, BOB, Storage, conversation, message, whole
from tests.databases import MakeDatabase
from tests.integration.storage.test_erasing import house_of, storage_of


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def storage(database: Database) -> Storage:
    storage = storage_of(database)
    storage.welcome(ALICE, BOB)
    return storage


def found(storage: Storage, words: str, visitor_id: str = ALICE) -> list[tuple[str, str]]:
    """Return the conversations that a search finds, and the text that matched."""
    hits = storage.conversations.search(visitor_id, Query.parse(words), None, 10)
    return [(hit.conversation.id, hit.text) for hit in hits]


def index_all(database: Database) -> None:
    indexing = Indexing(database)
    while indexing.index():
        pass


def test_a_title_that_changes_while_the_old_one_is_indexed_is_indexed_too(database: Database, storage: Storage) -> None:
    storage.archive.add(ALICE, [whole(conversation("c1", title="old owls"))])
    index_all(database)
    storage.conversations.change(ALICE, "c1", Changes(title="new newts"))

    with database.writing() as connection:  # as a process does that had read the old title
        MARK_TITLES.run(connection, {"at": position_of_title(connection), "was": "old owls"})
    index_all(database)

    assert (found(storage, "newts"), found(storage, "owls")) == ([("c1", "new newts")], [])


@pytest.mark.parametrize("first", ["title", "message"])
def test_a_title_and_a_message_of_one_position_hold_up_nobody_and_show_nothing_to_others(
    database: Database, storage: Storage, first: str
) -> None:
    storage.archive.add(ALICE, [whole(conversation("c1", title="owls at night"), message("m1", text="a hoot"))])
    storage.archive.add(BOB, [whole(conversation("c1"), message("m1", text="secret"), message("m2", text="badgers"))])
    with database.writing() as connection:
        position = position_of_title(connection)
        connection.execute(
            update(messages).where(messages.c.visitor_id == BOB, messages.c.id == "m1").values(position=position)
        )
        later = messages if first == "title" else conversations
        connection.execute(update(later).where(later.c.position == position).values(indexed=True))
    index_all(database)
    with database.writing() as connection:
        connection.execute(update(later).where(later.c.position == position).values(indexed=False))
    index_all(database)

    assert found(storage, "badgers", BOB) == [("c1", "badgers")]
    assert all("secret" not in text for _, text in found(storage, "owls") + found(storage, "secret"))


def position_of_title(connection: Connection) -> int:
    of_alice = (
        conversations.select().with_only_columns(conversations.c.position).where(conversations.c.visitor_id == ALICE)
    )
    position: int = connection.execute(of_alice).scalar_one()
    return position


def test_a_broken_index_does_not_keep_the_log_from_being_written_back(fresh_sqlite: MakeDatabase) -> None:
    url = fresh_sqlite()
    log = Path(url.removeprefix("sqlite:///") + "-wal")
    database = Database(url)
    storage = storage_of(database)
    storage.welcome(ALICE)
    storage.archive.add(ALICE, [whole(conversation("c1"), message("m1", text="owls " * 50_000))])
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE search_data")
    before = log.stat().st_size

    with pytest.raises(sqlite3.DatabaseError):
        house_of(database).beat()
    storage.archive.add(ALICE, [whole(conversation("c2"), message("m2", text="owls " * 40_000))])

    assert log.stat().st_size == before  # it began anew
    database.close()


def test_a_deletion_that_was_cut_short_is_nothing_wrong_and_can_be_done_again(
    database: Database, storage: Storage, database_url: str
) -> None:
    said = [message("m1", text="owls"), message("m2", "m1"), message("m3", "m2")]
    storage.archive.add(ALICE, [whole(conversation("c1", title="About owls", leaf_id="m3"), *said)])
    with database.writing() as connection:
        EMPTY.run(connection, {"visitor": ALICE, "conversation": "c1"})
        connection.execute(messages.delete().where(messages.c.id == "m1"))

    assert StorageTools(database_url).check(lambda _: None).problems == ()
    assert (storage.conversation("c1").leaf_id, storage.conversation("c1").title) == (None, "")
    assert storage.conversations.delete(ALICE, "c1")
    assert storage.conversations.message(ALICE, "m3") is None


def test_a_house_at_rest_writes_nothing(database: Database, storage: Storage) -> None:
    storage.archive.add(ALICE, [whole(conversation("c1"), message("m1", text="owls"))])
    indexing = Indexing(database)
    Housekeeping(database, indexing).beat()
    before = database.writes

    for _ in range(3):
        Housekeeping(database, indexing).beat()  # a new one each time: it writes the log back without a wait

    assert database.writes == before
