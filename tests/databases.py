"""Databases for tests, each made in a moment as a copy of one that was migrated once. As fixtures:

``fresh_sqlite()`` and ``fresh_postgres()`` return the address of a new one each time they are called;
``empty_postgres()`` of one without tables; ``database_url`` is one of each kind in turn.

Whatever a test forgets to keep in a folder of its own, goes into one that is not the user's.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Postgres

MakeDatabase = Callable[[], str]

USERS_DATA = "XDG_DATA_HOME"
NOT_THE_USERS = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOT_THE_USERS] = os.environ[USERS_DATA] = tempfile.mkdtemp(prefix="chatapp-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[NOT_THE_USERS], ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    # Imported here alone, as the unit tests need no database.
    from tests.postgres import running_postgres

    with running_postgres() as server:
        yield server


@pytest.fixture
def fresh_sqlite(tmp_path_factory: pytest.TempPathFactory) -> MakeDatabase:
    """Make a SQLite file with our tables."""
    from tests.migrated import migrated_sqlite

    def make() -> str:
        file = tmp_path_factory.mktemp("sqlite") / "chatapp.db"
        file.write_bytes(migrated_sqlite())
        return f"sqlite:///{file}"

    return make


@pytest.fixture
def fresh_postgres(postgres: Postgres) -> Iterator[MakeDatabase]:
    """Make a PostgreSQL database with our tables."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postgres.fresh())


@pytest.fixture
def empty_postgres(postgres: Postgres) -> Iterator[MakeDatabase]:
    """Make a PostgreSQL database without tables."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postgres.fresh(migrated=False))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, with our tables."""
    make: MakeDatabase = request.getfixturevalue("fresh_sqlite" if request.param == "sqlite" else "fresh_postgres")
    return make()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a database of each kind, where there is none yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/kept/chatapp.db"
    make: MakeDatabase = request.getfixturevalue("empty_postgres")
    return make()
