"""Every adapter of every port, for the tests that all of them must pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from chatapp.adapters.bpe_tokenizer import BpeTokenizer
from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.memory import (
    MemoryArchive,
    MemoryBooks,
    MemoryConversationStore,
    MemoryDatabase,
    MemoryLedger,
    MemoryReplyStore,
    MemoryUsageLinks,
    MemoryVisitorStore,
)
from chatapp.adapters.sql.archive import SqlArchive
from chatapp.adapters.sql.conversations import SqlConversationStore
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.indexing import Indexing
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.replies import SqlReplyStore
from chatapp.adapters.sql.searching import Searching
from chatapp.adapters.sql.tables import ledger, meters, new_visitors, processes, signing_keys, usage_links, visitors
from chatapp.adapters.sql.usage import SqlBooks, SqlUsageLinks
from chatapp.adapters.sql.visitors import SqlVisitorStore
from chatapp.adapters.system import SystemClock, ThreadRunner
from chatapp.domain.ports import Clock, Runner, Tokenizer
from tests.contracts.providers import Provider, fake, openai, scripted_server
from tests.contracts.storage import ALICE, BOB, Storage, conversation
from tests.postgres import Postgres
from tests.samples import PLENTY
from tests.unit.deterministic import FakeClock, InlineRunner, SteppedRunner
from tests.upstream.tls import self_signed, server_context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["fake", "openai", "openai over TLS"])
def provider(
    request: pytest.FixtureRequest, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """Each chat model, with what stands behind it."""
    if request.param == "fake":
        yield fake()
        return
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with scripted_server(server_context(*certificate) if "TLS" in request.param else None) as server:
        yield openai(server)


def memory() -> Storage:
    """Return everything in this process's memory."""
    database = MemoryDatabase()
    ledger = MemoryLedger(database, PLENTY)
    return Storage(
        ledger,
        MemoryReplyStore(database, ledger),
        MemoryConversationStore(database),
        MemoryVisitorStore(database),
        MemoryArchive(database),
        MemoryBooks(database, "openai"),
        MemoryUsageLinks(database),
    )


def sql(database: Database) -> Storage:
    """Return what stands on a database."""
    indexing, searching = Indexing(database), Searching(database)

    def index_all() -> None:
        while indexing.index():
            pass

    ledger = SqlLedger(database, PLENTY, "openai")
    return Storage(
        ledger,
        SqlReplyStore(database, ledger),
        SqlConversationStore(database, searching),
        SqlVisitorStore(database),
        SqlArchive(database),
        SqlBooks(database),
        SqlUsageLinks(database),
        index_all,
    )


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    """One PostgreSQL database for all tests, as to make one takes longer than a test."""
    with postgres.fresh() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Each storage, empty."""
    if request.param == "memory":
        yield memory()
    elif request.param == "sqlite":
        database = Database(request.getfixturevalue("fresh_sqlite")())
        yield sql(database)
        database.close()
    else:
        database = request.getfixturevalue("postgres_database")
        with database.writing() as connection:
            for table in (
                visitors,
                signing_keys,
                new_visitors,
                processes,
                ledger,
                meters,
                usage_links,
            ):  # what refers to them goes with them
                connection.execute(delete(table))
        yield sql(database)


@pytest.fixture
def kept(storage: Storage) -> Storage:
    """Each storage, where Alice and Bob are known, and Alice has a conversation."""
    storage.welcome(ALICE, BOB)
    storage.conversations.create(ALICE, conversation())
    return storage


@pytest.fixture(params=["estimator", "exact"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """Each tokenizer."""
    return TokenEstimator() if request.param == "estimator" else BpeTokenizer(TokenEstimator())


@pytest.fixture(params=[ThreadRunner, InlineRunner, SteppedRunner])
def runner(request: pytest.FixtureRequest) -> Runner:
    """Each runner."""
    made: Runner = request.param()
    return made


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    """Each clock."""
    made: Clock = request.param()
    return made
