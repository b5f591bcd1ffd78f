"""``chatapp usage``: what is told of the ledger in a terminal, and links to the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.preparing import prepare
from chatapp.domain.entities import Cost, Source
from chatapp.domain.ledger import Bill, Purpose, Settlement, Spender
from chatapp.domain.reply import ReplyState
from tests.databases import MakeDatabase
from tests.integration.terminal import chatapp
from tests.samples import PLENTY, reservation, settlement

OWNER = "process-1"
NOW = datetime.now(UTC)
VISITOR = "0197aaaa00000000000000001234abcd"
LINK = re.compile(r"http://127\.0\.0\.1:5000/usage/open\?secret=[\w-]{32}")


@pytest.fixture
def url(fresh_sqlite: MakeDatabase) -> str:
    """A database with four calls of OpenAI, one of them still open, and one of the fake model."""
    url = fresh_sqlite()
    database = Database(url)
    paid, fake = (SqlLedger(database, PLENTY, book) for book in ("openai", "fake"))
    kept = reservation("r1", NOW, Spender("here", VISITOR), purpose=Purpose.CONVERSATION)
    stateless = reservation("r2", NOW, Spender("there"), model_id="gpt-4o")
    unknown = reservation("r3", NOW - timedelta(days=2), Spender("there"))
    for reserved in (unknown, kept, stateless, reservation("r4", NOW)):
        paid.reserve(reserved, OWNER)
    paid.settle(settlement(kept, 1_500_000_000), OWNER)
    paid.settle(settlement(stateless, 250_000_000, ReplyState.STOPPED), OWNER)
    nobody_knows = Bill(None, Cost(None, Source.UNKNOWN), 7_000_000)
    paid.settle(Settlement(unknown, ReplyState.FAILED, nobody_knows, NOW), OWNER)
    played = reservation("r5", NOW, model_id="played")
    fake.reserve(played, OWNER)
    fake.settle(settlement(played, 100_000), OWNER)
    database.close()
    return url


def usage(folder: Path, url: str, *arguments: str, **settings: str) -> Result:
    paid = {"CHATAPP_LLM": "openai", "OPENAI_API_KEY_CYB_SEC": "sk-test"}
    return chatapp(folder, "usage", *arguments, CHATAPP_DATABASE_URL=url, **(paid | settings))


def test_everything_is_told_in_tables(tmp_path: Path, url: str) -> None:
    shown = usage(tmp_path, url)

    today, before = NOW.date(), (NOW - timedelta(days=2)).date()
    assert shown.exit_code == 0
    assert (
        shown.output
        == f"""\
OpenAI, {today - timedelta(days=29)} to {today} (UTC)

Day         calls  tokens in  tokens out  reported $  estimated $  counted $
{before}      1          0           0      0.0000       0.0000     0.0070
{today}      3         18           4      1.7500       0.0000     1.7510
total           4         18           4      1.7500       0.0000     1.7580

Model        calls  tokens in  tokens out  reported $  estimated $  counted $
gpt-4o-mini      3          9           2      1.5000       0.0000     1.5080
gpt-4o           1          9           2      0.2500       0.0000     0.2500
total            4         18           4      1.7500       0.0000     1.7580

Ending    calls  tokens in  tokens out  reported $  estimated $  counted $
complete      1          9           2      1.5000       0.0000     1.5000
failed        1          0           0      0.0000       0.0000     0.0070
reserved      1          0           0      0.0000       0.0000     0.0010
stopped       1          9           2      0.2500       0.0000     0.2500
total         4         18           4      1.7500       0.0000     1.7580

For                calls  tokens in  tokens out  reported $  estimated $  counted $
visitor …1234abcd      1          9           2      1.5000       0.0000     1.5000
address there          2          9           2      0.2500       0.0000     0.2570
address here           1          0           0      0.0000       0.0000     0.0010
total                  4         18           4      1.7500       0.0000     1.7580

Calls of which nobody knows the cost: 1, counted as $0.0070
Answers still open: 1, counted as $0.0010

Today's budgets     of a day     used     left   used
everybody together   $5.0000  $1.7510  $3.2490   35 %
address here         $0.5000  $1.5010  $0.0000  100 %
visitor …1234abcd    $0.5000  $1.5000  $0.0000  100 %
address there        $0.5000  $0.2500  $0.2500   50 %
"""
    )


def test_the_book_in_use_is_told_or_the_other_one(tmp_path: Path, url: str) -> None:
    in_use, chosen = usage(tmp_path, url, CHATAPP_LLM="fake").output, usage(tmp_path, url, "--fake").output

    assert in_use == chosen
    assert in_use.startswith("The fake model, ")
    assert "played" in in_use
    assert usage(tmp_path, url, "--openai", CHATAPP_LLM="fake").output == usage(tmp_path, url).output


def test_days_are_counted_back_from_today(tmp_path: Path, url: str) -> None:
    shown = usage(tmp_path, url, "--days", "1").output

    assert shown.startswith(f"OpenAI, {NOW.date()} to {NOW.date()} (UTC)\n")
    assert "failed" not in shown
    assert "nobody knows" not in shown
    assert [usage(tmp_path, url, "--days", days).exit_code for days in ("0", "367", "x")] == [2, 2, 2]


def test_nothing_asked_is_told(tmp_path: Path, fresh_sqlite: MakeDatabase) -> None:
    shown = usage(tmp_path, fresh_sqlite())

    assert (shown.exit_code, "Nothing was asked in these days." in shown.output) == (0, True)
    assert "everybody together   $5.0000  $0.0000  $5.0000   0 %\n" in shown.output


def test_a_link_is_printed_and_another_one_each_time(tmp_path: Path, url: str) -> None:
    one, two = usage(tmp_path, url, "--link"), usage(tmp_path, url, "--link")

    assert LINK.fullmatch(one.stdout.rstrip("\n"))
    assert one.stdout != two.stdout
    assert "ten minutes" in one.stderr


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nothing.db"

    for arguments in ((), ("--link",)):
        shown = usage(tmp_path, url, *arguments)
        assert (shown.exit_code, shown.output.startswith("Error: ")) == (1, True)
    assert not (tmp_path / "nothing.db").exists()


def test_postgresql_tells_the_same(tmp_path: Path, empty_url: str) -> None:
    prepare(empty_url)

    assert "Nothing was asked" in usage(tmp_path, empty_url).output
    assert LINK.fullmatch(usage(tmp_path, empty_url, "--link").stdout.rstrip("\n"))
