"""What a database of each revision may hold. A new revision gets data of its own here, as its own tables take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, inspect, text

Rows = dict[str, list[dict[str, Any]]]

NOW = 1_790_000_000_000
KEY = bytes(range(32))
WORDS = "Größe, naïve café, 日本語, \U0001f642 and ''quotes''\n\ttoo"

CONVERSATION = {"pinned": False, "created_at": NOW, "updated_at": NOW, "model_id": None, "system": None}
MESSAGE = {
    "visitor_id": "v1",
    "conversation_id": "c1",
    "role": "user",
    "state": "complete",
    "created_at": NOW,
    "stop_requested": False,
}

FIRST: Rows = {
    "signing_keys": [{"id": "first", "secret": KEY, "number": 1}],
    "visitors": [
        {"id": "v1", "made_at": NOW, "seen_at": NOW, "removed": False},
        {"id": "v2", "made_at": NOW, "seen_at": NOW + 1, "removed": True},
    ],
    "new_visitors": [{"address": "a" * 64, "hour": 497_222, "count": 3}],
    "handoffs": [{"digest": "d" * 64, "visitor_id": "v1", "expires_at": NOW + 600_000}],
    "conversations": [
        {
            "position": 1,
            "visitor_id": "v1",
            "id": "c1",
            "title": WORDS,
            "leaf_id": "m3",
            "newest": 1030,
            **CONVERSATION,
        },
        {"position": 2, "visitor_id": "v2", "id": "c1", "title": "", "leaf_id": None, "newest": 2, **CONVERSATION}
        | {"pinned": True, "model_id": "gpt-4o", "system": "Be brief."},
    ],
    "messages": [
        {"position": 1010, "id": "m1", "text": WORDS, **MESSAGE},
        {"position": 1020, "id": "m2", "text": "An answer", "parent_id": "m1", **MESSAGE}
        | {"role": "assistant", "state": "failed", "model_id": "gpt-4o", "finish_reason": "stop"}
        | {"usage": '{"prompt_tokens":1}', "cost": '{"nano_usd":5}', "error": '{"code":"lost"}', "request_id": "r1"},
        {"position": 1030, "id": "m3", "text": "", "parent_id": "m1", **MESSAGE}
        | {"role": "assistant", "state": "running", "owner": "p1", "stop_requested": True},
        {"position": 1040, "id": "m1", "text": "of another", **MESSAGE} | {"visitor_id": "v2"},
    ],
    "pieces": [
        {"reply_position": 1030, "begin_at": 0, "text": "Hello"},
        {"reply_position": 1030, "begin_at": 5, "text": " world"},
    ],
    "asked": [{"visitor_id": "v1", "client_id": "k1", "digest": "e" * 64, "reply_id": "m3"}],
    "processes": [{"id": "p1", "alive_at": NOW}],
}
SECOND: Rows = FIRST | {
    "conversations": [row | {"indexed": row["id"] == "c1"} for row in FIRST["conversations"]],
    "messages": [row | {"indexed": row["position"] == 1010} for row in FIRST["messages"]],
}

RESERVED = {
    "reserved_at": NOW,
    "id": "m3",
    "book": "openai",
    "day": 20_785,
    "purpose": "conversation",
    "visitor_id": "v1",
    "address": "a" * 16,
    "model_id": "gpt-4o",
    "prompt_tokens": 9,
    "completion_tokens": 4096,
    "reserved_nano_usd": 41_000_000,
    "charged_nano_usd": 41_000_000,
    "price_as_of": "2026-11-22",
    "owner": "p1",
    "state": "reserved",
}
METER = {"book": "openai", "day": 20_785, "minute_at": NOW, "requests": 2, "open_replies": 1}
THIRD: Rows = SECOND | {
    "messages": [row | {"left_out": 12 if row["position"] == 1020 else None} for row in SECOND["messages"]],
    "ledger": [
        RESERVED,
        RESERVED
        | {"id": "r1", "purpose": "chat", "visitor_id": None, "owner": None, "settled_at": NOW, "state": "complete"}
        | {"source": "provider", "completion_tokens": 2, "charged_nano_usd": 5, "cost_nano_usd": 5}
        | {"answered_by": "gpt-4o-2024-08-06", "cached_tokens": 4, "provider_request_id": "req_1"},
    ],
    "meters": [METER | {"name": "everybody", "nano_usd": 41_000_005}, METER | {"name": "visitor v1", "nano_usd": 7}],
    "usage_links": [{"digest": "f" * 64, "expires_at": NOW + 600_000}],
}

FOURTH: Rows = THIRD | {"processes": [row | {"alive_before": None} for row in THIRD["processes"]]}

ROWS = {"0001": FIRST, "0002": SECOND, "0003": THIRD, "0004": FOURTH}


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection whose changes stay."""
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def fill(url: str, revision: str) -> None:
    """Put the data of a revision into a database that has its tables."""
    with connected(url) as connection:
        for table, rows in ROWS[revision].items():
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def missing(url: str, revision: str) -> list[str]:
    """Return what of the data of a revision is not in the database, or not as it was."""
    with connected(url) as connection:
        return [
            f"{table}: {row}"
            for table, rows in ROWS[revision].items()
            for row in rows
            if row not in _rows(connection, table, list(row))
        ]


def tables(url: str) -> dict[str, Any]:
    """Return everything that the database itself says about its tables."""
    with connected(url) as connection:
        there = inspect(connection)
        return {
            name: {
                "columns": {column["name"]: _column(column) for column in there.get_columns(name)},
                "primary key": there.get_pk_constraint(name)["constrained_columns"],
                "references": _sorted(there.get_foreign_keys(name), "constrained_columns"),
                "unique": _sorted(there.get_unique_constraints(name), "column_names"),
                "indexes": _sorted(there.get_indexes(name), "name"),
            }
            for name in there.get_table_names()
        }


def _column(column: Any) -> Any:
    return str(column["type"]), column["nullable"], column["default"]


def _sorted(found: Any, key: str) -> list[str]:
    return sorted(f"{each[key]}: {_plain(each)}" for each in found)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_plain(value[name])}" for name in sorted(value))
    return str(value)


def _rows(connection: Connection, table: str, names: list[str]) -> list[dict[str, Any]]:
    columns = ", ".join(f'"{name}"' for name in names)
    return [dict(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}")).mappings()]
