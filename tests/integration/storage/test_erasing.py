"""What was deleted is erased from the file and its log, too; and nothing new is kept for somebody who goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from chatapp.adapters.sql.archive import SqlArchive
from chatapp.adapters.sql.conversations import SqlConversationStore
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.erasing import Erasing
from chatapp.adapters.sql.housekeeping import Housekeeping
from chatapp.adapters.sql.indexing import Indexing
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.replies import SqlReplyStore
from chatapp.adapters.sql.searching import Searching
from chatapp.adapters.sql.tables import visitors
from chatapp.adapters.sql.usage import SqlBooks, SqlUsageLinks
from chatapp.adapters.sql.visitors import SqlVisitorStore
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Batch
from chatapp.domain.search import Query
from tests.contracts.storage import ALICE, BOB, OWNER, Storage, asked, conversation, message, opening, whole
from tests.databases import MakeDatabase
from tests.samples import PLENTY

SECRET = "quetzalcoatl"
"""Alice alone says it, in everything that she has; no part of it is said by Bob."""

MESSAGES, WORDS = 120, 80
NEW_PARTS = 3
Deletion = Callable[[Storage], Any]


def storage_of(database: Database) -> Storage:
    conversations = SqlConversationStore(database, Searching(database))
    ledger = SqlLedger(database, PLENTY, "openai")
    return Storage(
        ledger,
        SqlReplyStore(database, ledger),
        conversations,
        SqlVisitorStore(database),
        SqlArchive(database),
        SqlBooks(database),
        SqlUsageLinks(database),
    )


def house_of(database: Database) -> Housekeeping:
    return Housekeeping(database, Indexing(database))


def fill(database: Database) -> None:
    """Let Alice and Bob say something in turn, in several parts of the index; Alice has a reply that is still made."""
    storage = storage_of(database)
    storage.welcome(ALICE, BOB)
    for number in range(3):
        for visitor_id, word in ((ALICE, SECRET), (BOB, "owls")):
            own = conversation(f"c{number}", number, title=f"About {word}{number}")
            texts = [message(f"m{number}-{each}", text=some_words(f"{word}{each}")) for each in range(MESSAGES)]
            storage.archive.add(visitor_id, [whole(own, *texts)])
            house_of(database).beat()
    storage.begin(opening(1, f"Where is {SECRET}?", conversation_id="c0", asked=asked()), f"Here is {SECRET}")


def some_words(beginning: str) -> str:
    """Return a text of words that no other one has: so the index is large enough to be merged in several steps."""
    return " ".join(f"{beginning}x{number}" for number in range(WORDS))


def traces(file: Path) -> list[str]:
    """Return which of the files that SQLite has still hold the word."""
    return [each.name for each in sorted(file.parent.glob(f"{file.name}*")) if SECRET.encode() in each.read_bytes()]


@pytest.fixture
def file(fresh_sqlite: MakeDatabase) -> Path:
    return Path(fresh_sqlite().removeprefix("sqlite:///"))


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    fill(database)
    yield database
    database.close()


def remove_visitor(storage: Storage) -> None:
    storage.visitors.remove(ALICE)


def delete_conversations(storage: Storage) -> None:
    for number in range(3):
        storage.conversations.delete(ALICE, f"c{number}")


@pytest.mark.parametrize("delete", [remove_visitor, delete_conversations], ids=lambda each: each.__name__)
def test_nothing_is_left_of_what_was_deleted(database: Database, file: Path, delete: Deletion) -> None:
    assert traces(file) != []
    delete(storage_of(database))

    house_of(database).beat()

    assert traces(file) == []
    found = storage_of(database).conversations.search(BOB, Query((("owls7x9",),)), None, 10)
    assert len(found) == 3


def test_what_a_process_did_not_erase_is_erased_by_the_next(database: Database, file: Path) -> None:
    remove_visitor(storage_of(database))
    database.close()
    assert traces(file) != []
    next_one = Database(f"sqlite:///{file}")

    house_of(next_one).beat()
    next_one.close()

    assert traces(file) == []


def test_a_reader_in_the_way_only_puts_it_off(database: Database, file: Path) -> None:
    remove_visitor(storage_of(database))
    with Database(f"sqlite:///{file}").reading() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM visitors").all()
        house_of(database).beat()
        reader.exec_driver_sql("ROLLBACK")

    house_of(database).beat()

    assert traces(file) == []


def test_all_is_merged_also_while_another_process_adds_to_the_index(database: Database, file: Path) -> None:
    """As many new parts as are to be merged would have FTS5 leave that merge unfinished."""
    storage = storage_of(database)
    remove_visitor(storage)
    house_of(database).beat()  # now there is one part
    storage.welcome(ALICE)
    storage.archive.add(ALICE, [whole(conversation(), message("m1", text=SECRET))])
    house_of(database).beat()
    remove_visitor(storage)
    other = Database(f"sqlite:///{file}")
    numbers = iter(range(NEW_PARTS))

    def add_parts(work: Callable[[], Any]) -> Any:
        done = work()
        for number in numbers:
            storage_of(other).archive.add(BOB, [whole(conversation(f"new{number}"), message(f"new{number}"))])
            indexing = Indexing(other)
            indexing.is_tidy = True
            indexing.index()
        return done

    database.apart_for_changes = add_parts
    Erasing(database).beat()
    other.close()

    assert traces(file) == []


def test_where_nothing_was_deleted_the_index_stays_as_it_is(database: Database) -> None:
    house_of(database).beat()
    assert not storage_of(database).conversations.delete(ALICE, "of nobody")
    before = parts_of(database)

    house_of(database).beat()

    assert parts_of(database) == before


def parts_of(database: Database) -> bytes:
    """Return FTS5's own record of the parts of its index."""
    with database.reading() as connection:
        found: bytes = connection.exec_driver_sql("SELECT block FROM search_data WHERE id = 10").scalar_one()
        return found


@pytest.mark.parametrize(
    "keep",
    [
        lambda storage: storage.conversations.create(ALICE, conversation("c2")),
        lambda storage: storage.archive.add(ALICE, [whole(conversation("c2"), message("m1"))]),
        lambda storage: storage.archive.add(ALICE, [Batch("c1", None, (message("m1"),))]),
        lambda storage: storage.open(opening(), OWNER),
    ],
    ids=["a new conversation", "an import", "more of an import", "a question"],
)
def test_nothing_is_kept_for_somebody_who_is_being_removed(database_url: str, keep: Callable[[Storage], Any]) -> None:
    database = Database(database_url)
    storage = storage_of(database)
    storage.welcome(ALICE)
    storage.conversations.create(ALICE, conversation())
    with database.writing() as connection:  # as it is until all that they have is deleted
        connection.execute(update(visitors).values(removed=True))

    with pytest.raises(NotFound):
        keep(storage)

    assert [each.id for each in storage.archive.conversations(ALICE)] == ["c1"]
    assert list(storage.archive.messages(ALICE, "c1")) == []
    database.close()
