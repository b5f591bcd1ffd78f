"""What is asked apart holds nobody up, and what is asked of many rows is found by an index."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import Any

from sqlalchemy import event

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.replies import NEWS
from chatapp.domain.stores import CHARACTERS_A_PAGE
from tests.contracts.storage import ALICE, conversation, message, whole
from tests.databases import MakeDatabase
from tests.integration.storage.test_erasing import storage_of


def test_a_change_waits_for_no_question(fresh_sqlite: MakeDatabase) -> None:
    program = dedent("""
        import sys
        from gevent.monkey import get_original, patch_all

        patch_all()
        import gevent
        from chatapp.adapters.sql.database import Database
        from chatapp.workers.greenlets import QUESTIONS_AT_ONCE, lend_threads

        database = Database(sys.argv[1])
        lend_threads(database)
        door = get_original("threading", "Event")()
        asking = [gevent.spawn(database.ask_apart, lambda _: door.wait()) for _ in range(3 * QUESTIONS_AT_ONCE)]
        gevent.sleep(0.05)
        database.change_apart(lambda connection: connection.execute("PRAGMA user_version=7"))
        database.write_back()
        with database.writing() as connection:
            number = connection.exec_driver_sql("PRAGMA user_version").scalar()
        print(number, any(one.ready() for one in asking))
        door.set()
        gevent.joinall(asking)
        print(sum(one.value for one in asking) == len(asking))
    """)

    done = subprocess.run([sys.executable, "-c", program, fresh_sqlite()], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("7 False\nTrue\n", "")


def test_a_change_that_changed_nothing_is_nothing_to_write_back(fresh_sqlite: MakeDatabase) -> None:
    database = Database(fresh_sqlite())
    before = database.writes

    database.change_apart(lambda _: False)
    assert database.writes == before
    database.change_apart(lambda _: True)
    assert database.writes == before + 1
    database.close()


def test_news_of_several_replies_are_found_by_their_ids(fresh_sqlite: MakeDatabase) -> None:
    database = Database(fresh_sqlite())
    with database.reading() as connection:
        sql = str(
            NEWS.params(visitors=["a", "b"], replies=["r1", "r2"]).compile(
                connection, compile_kwargs={"literal_binds": True}
            )
        )
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    database.close()

    assert len(plan) == 1
    assert plan[0].startswith("SEARCH messages USING INDEX")
    assert plan[0].endswith("(visitor_id=? AND id=?)")


def test_long_messages_are_read_one_by_one(fresh_sqlite: MakeDatabase) -> None:
    database = Database(fresh_sqlite())
    storage = storage_of(database)
    storage.welcome(ALICE)
    long, short = "x" * (CHARACTERS_A_PAGE // 2 + 1), "y"
    texts = [long, long, long, short, short, "z" * (2 * CHARACTERS_A_PAGE), short]
    said = [message(f"m{number}", text=text) for number, text in enumerate(texts)]
    storage.archive.add(ALICE, [whole(conversation("c1"), *said)])
    groups: list[int] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def count(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "messages.text," in statement:
            groups.append(len(parameters))

    assert [each.text for each in storage.archive.messages(ALICE, "c1")] == texts
    database.close()

    assert groups == [1, 1, 3, 1, 1]
