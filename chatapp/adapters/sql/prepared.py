"""Statements that are compiled once, and then go to the driver directly.

SQLAlchemy's own way to execute a statement takes 55 µs on a machine where SQLite needs 5 for the statement itself; a
reply takes a dozen of them. What it brings besides, converting values, these statements do not need.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.sql.elements import ClauseElement


class _Compiled(NamedTuple):
    sql: str
    pick: Callable[[Mapping[str, Any]], Any] | None  # in the order of their places, where the driver wants them so
    constants: Mapping[str, Any]
    row: Callable[[Iterable[Any]], Any]

    def values(self, given: Mapping[str, Any]) -> Any:
        every = {**self.constants, **given}
        return every if self.pick is None else self.pick(every)


class Prepared:
    """One statement. Its parameters are given by their names; whole numbers stand for truth in what it returns."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Execute it and return all rows."""
        compiled = self._for(connection)
        return [compiled.row(row) for row in _driver(connection).execute(compiled.sql, compiled.values(values))]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Execute it and return its first row, or None."""
        compiled = self._for(connection)
        row = _driver(connection).execute(compiled.sql, compiled.values(values)).fetchone()
        return None if row is None else compiled.row(row)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute it and return how many rows it changed."""
        compiled = self._for(connection)
        changed: int = _driver(connection).execute(compiled.sql, compiled.values(values)).rowcount
        return changed

    def run_many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Execute it once for each of the rows."""
        compiled = self._for(connection)
        if values := [compiled.values(row) for row in rows]:
            _driver(connection).cursor().executemany(compiled.sql, values)

    def _for(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled: Any = self.statement.compile(dialect=dialect)
            pick = _picking(compiled.positiontup or ()) if dialect.positional else None
            found = _Compiled(compiled.string, pick, dict(compiled.params), _row_of(self.statement))
            self._compiled[dialect.name] = found
        return found


def _picking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Any]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda every: [every[name] for name in names]


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _row_of(statement: Any) -> Callable[[Iterable[Any]], Any]:
    names = [column.key for column in getattr(statement, "exported_columns", ())]
    row: Any = namedtuple("Row", names) if names else None
    return tuple if row is None else row._make
