"""What is asked apart holds nobody up, and what is asked of many rows is found by an index."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.replies import NEWS
from tests.databases import MakeDatabase


def test_a_change_waits_for_no_question(fresh_sqlite: MakeDatabase) -> None:
    program = dedent("""
        import sys
        from gevent.monkey import get_original, patch_all

        patch_all()
        import gevent
        from gevent.threadpool import ThreadPool
        from chatapp.adapters.sql.database import Database
        from chatapp.workers.greenlets import CHANGES_AT_ONCE, QUESTIONS_AT_ONCE

        database = Database(sys.argv[1])
        database.apart = ThreadPool(QUESTIONS_AT_ONCE).apply
        database.apart_for_changes = ThreadPool(CHANGES_AT_ONCE).apply
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

    assert plan
    assert all(step.startswith("SEARCH messages USING INDEX") for step in plan), plan
