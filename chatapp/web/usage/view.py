"""What stands on the usage page: words and numbers, written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chatapp.domain.books import Book, Days
from chatapp.web.usage.charts import ColumnChart, RowChart


@dataclass(frozen=True, slots=True)
class Link:
    """A choice: where it leads, and whether it is what is shown."""

    name: str
    address: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """One of the large numbers, and what it is made of."""

    name: str
    value: str
    details: Sequence[str]


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget of today: whose, how much of it is used (0 to 100), and that in words."""

    name: str
    percent: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; ``address`` leads to what is behind its name, where there is something."""

    name: str
    cells: Sequence[str]
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """A table: the names of its columns, its rows, and their total."""

    columns: Sequence[str]
    lines: Sequence[Line]
    total: Sequence[str]


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    days: Days
    period: str
    today: date
    book: Book
    is_in_use: bool
    ranges: Sequence[Link]
    books: Sequence[Link]
    earlier: str | None
    later: str | None
    csv: str
    calls: int
    totals: Sequence[Total]
    remarks: Sequence[str]
    budgets: Sequence[Budget]
    cost_by_day: ColumnChart
    tokens_by_day: ColumnChart
    cost_by_model: RowChart
    endings: RowChart
    day_costs: Numbers
    day_tokens: Numbers
    model_numbers: Numbers
    ending_numbers: Numbers
    spender_numbers: Numbers
