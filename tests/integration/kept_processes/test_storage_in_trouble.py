"""The storage takes nothing for a while, or is started anew: streams go on, beginnings wait, ends are stored later."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.integration.caller import Heard
from tests.integration.kept_processes.teller import Pace, Teller
from tests.integration.kept_processes.visitor import Visitor, replies_of, text_of
from tests.integration.kept_processes.workers import kept_server
from tests.postgres import running_postgres

SHORT_SECONDS, LONG_SECONDS = 1.5, 14.0
"""The long one is longer than any writer waits, and than a living process may be silent."""

THROUGH, ENDS, BEGINS = "It goes on through it.", "It ends in it.", "It begins in it."
TOKENS_A_SECOND = 20

Trouble = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def seconds(soak: bool) -> float:
    """For how long there is trouble."""
    return LONG_SECONDS if soak else SHORT_SECONDS


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock that all writers need."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_lock_of_another_process_costs_no_word(tmp_path: Path, teller: Teller, seconds: float) -> None:
    file = tmp_path / "data" / "chatapp.db"

    require_no_word_lost(tmp_path, teller, f"sqlite:///{file}", lambda: locked(file), seconds)


def test_a_restart_of_postgresql_costs_no_word(tmp_path: Path, teller: Teller, seconds: float) -> None:
    with running_postgres() as postgres, postgres.fresh() as url:
        require_no_word_lost(tmp_path, teller, url, postgres.down, seconds)


def require_no_word_lost(folder: Path, teller: Teller, url: str, trouble: Trouble, seconds: float) -> None:
    """Have one reply go on through a trouble of the storage, one end and one begin in it, and look at all of them."""
    teller.pace(THROUGH, paced(seconds + 2))
    teller.pace(ENDS, paced(seconds / 2))
    with ExitStack() as open_ones:
        server = open_ones.enter_context(kept_server(folder, teller, CHATAPP_DATABASE_URL=url))
        pool = open_ones.enter_context(ThreadPoolExecutor())
        alice = Visitor.new(server.port)
        talks = {message: alice.begins() for message in (THROUGH, ENDS, BEGINS)}
        through, ending = (open_ones.enter_context(alice.asks(talks[message], message)) for message in (THROUGH, ENDS))
        whole = {message: teller.wait_for_telling(message).whole for message in (THROUGH, ENDS)}
        with trouble():
            until = monotonic() + seconds
            beginning = pool.submit(begin, alice, talks[BEGINS])
            texts = ending.until(len(whole[ENDS])), through.until(len(whole[THROUGH]) // 2)
            sleep(max(0.0, until - monotonic()))
        begun = beginning.result()
        if begun.status == 503:
            assert (begun.json["code"], begun.headers["Retry-After"]) == ("storage_unavailable", "1")
            begun = begin(alice, talks[BEGINS])
        rest = text_of(through.rest())
        last = ending.rest()[-1].data
        replies = {message: alice.waits_for(alice.messages(talk)[-1]["id"]) for message, talk in talks.items()}

    assert begun.status == 202
    assert {THROUGH: texts[1] + rest, ENDS: texts[0]} == whole
    assert last["state"] == "complete"
    assert [reply["state"] for reply in replies.values()] == ["complete"] * 3
    assert {message: replies[message]["text"] for message in whole} == whole


def begin(visitor: Visitor, talk: str) -> Heard:
    """Ask, and hear what is said to that."""
    return visitor.sends("POST", replies_of(talk), {"message": BEGINS, "client_id": "begins"})


def paced(seconds: float) -> Pace:
    """Return the pace of an answer that takes so long."""
    return Pace(tokens=round(seconds * TOKENS_A_SECOND), seconds=1 / TOKENS_A_SECOND)
