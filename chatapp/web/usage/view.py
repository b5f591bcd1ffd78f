"""What stands on the usage page, in words, and in numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from urllib.parse import urlencode

from chatapp.domain.books import ONE_DAY, Book, Days, SpenderKind, Sums
from chatapp.domain.ledger import FIRST_DAY, RESERVED
from chatapp.domain.reply import ReplyState
from chatapp.domain.usage import BudgetUse, Report
from chatapp.web import presenting
from chatapp.web.usage.charts import MOST_ROWS, ColumnChart, RowChart, column_chart, row_chart

PAGE, CALLS = "/usage", "/usage/calls.csv"
OFFERED_DAYS = {1: "Today", 7: "7 days", 30: "30 days", 90: "90 days"}
BOOKS = {Book.OPENAI: "OpenAI", Book.FAKE: "The fake model"}
ENDINGS = {
    ReplyState.COMPLETE: "complete",
    ReplyState.TRUNCATED: "cut off: as long as may be",
    ReplyState.FILTERED: "cut off by a filter",
    ReplyState.REFUSED: "refused by the model",
    ReplyState.STOPPED: "stopped by its reader",
    ReplyState.ABANDONED: "left by its reader",
    ReplyState.INTERRUPTED: "ended by a restart",
    ReplyState.FAILED: "failed",
    ReplyState.LOST: "lost in a crash",
    RESERVED: "still open",
}
SPENDERS = {
    SpenderKind.VISITOR: "Visitor …{}",
    SpenderKind.ADDRESS: "Address {}",
    SpenderKind.GONE: "Visitors who are gone",
    SpenderKind.OTHERS: "All others",
}
THOUSAND, MILLION = 1_000, 1_000_000


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


def view_of(report: Report, budgets: Sequence[BudgetUse], count: int | None, in_use: Book, today: date) -> View:
    """Return the page of a report; ``count`` is how many of the last days it is about, None if it is about others."""
    days, book, total = report.days, report.book, report.total
    chosen = {} if book is in_use else {"book": book.value}
    span = {"days": str(count)} if count is not None else {"from": str(days.first), "to": str(days.last)}
    named = list(report.by_day.items())
    endings = {ENDINGS.get(state, state): sums for state, sums in report.by_ending.items()}
    spenders = [(SPENDERS[spent.kind].format(spent.short_name), spent.sums) for spent in report.spenders]
    day_lines = [
        (str(day), sums, _address(PAGE, {"from": str(day), "to": str(day)} | chosen))
        for day, sums in reversed(named)
        if sums.calls
    ]
    return View(
        days=days,
        period=_period(days),
        today=today,
        book=book,
        is_in_use=book is in_use,
        ranges=[
            Link(name, _address(PAGE, {"days": str(each)} | chosen), each == count)
            for each, name in OFFERED_DAYS.items()
        ],
        books=[Link(BOOKS[each], _address(PAGE, span | _book(each, in_use)), each is book) for each in Book],
        earlier=_earlier(days, chosen),
        later=_later(days, today, chosen),
        csv=_address(CALLS, span | chosen),
        calls=total.calls,
        totals=_totals(total),
        remarks=list(_remarks(total)),
        budgets=[_budget(use) for use in budgets],
        cost_by_day=column_chart(
            [(day, sums.provider_nano_usd, sums.estimated_nano_usd) for day, sums in named],
            presenting.dollars,
            ("reported", "estimated"),
        ),
        tokens_by_day=column_chart(
            [(day, sums.prompt_tokens, sums.completion_tokens) for day, sums in named], tokens, ("in", "out")
        ),
        cost_by_model=row_chart(_model_rows(report)),
        endings=row_chart([(name, _calls(sums.calls, total.calls), sums.calls, 0) for name, sums in endings.items()]),
        day_costs=_numbers(day_lines, total, *MONEY, *CALLS_MADE),
        day_tokens=_numbers(day_lines, total, *CALLS_MADE, *TOKENS),
        model_numbers=_numbers(_plain(report.by_model.items()), total, *MONEY, *CALLS_MADE, *TOKENS),
        ending_numbers=_numbers(_plain(endings.items()), total, *MONEY, *CALLS_MADE, *TOKENS),
        spender_numbers=_numbers(_plain(spenders), total, *MONEY, *CALLS_MADE, *TOKENS),
    )


def tokens(count: int) -> str:
    """Return a number of tokens in three digits or so."""
    for unit, sign in ((MILLION * THOUSAND, "G"), (MILLION, "M"), (THOUSAND, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{sign}" if count < THOUSAND * unit else f"{count // unit:,}{sign}"
    return str(count)


ColumnOfSums = tuple[str, Callable[[Sums], int], Callable[[int], str]]
"""Its name, what it holds, and how that is written."""

CALLS_MADE: Sequence[ColumnOfSums] = (("Calls", attrgetter("calls"), "{:,}".format),)
TOKENS: Sequence[ColumnOfSums] = (
    ("Tokens in", attrgetter("prompt_tokens"), "{:,}".format),
    ("of these cached", attrgetter("cached_tokens"), "{:,}".format),
    ("Tokens out", attrgetter("completion_tokens"), "{:,}".format),
    ("of these reasoning", attrgetter("reasoning_tokens"), "{:,}".format),
)
MONEY: Sequence[ColumnOfSums] = (
    ("Cost, reported", attrgetter("provider_nano_usd"), presenting.dollars_in_a_column),
    ("Cost, estimated", attrgetter("estimated_nano_usd"), presenting.dollars_in_a_column),
    ("Calls of unknown cost", attrgetter("unknown_calls"), "{:,}".format),
    ("charged for these", attrgetter("unknown_nano_usd"), presenting.dollars_in_a_column),
    ("Still open", attrgetter("reserved_calls"), "{:,}".format),
    ("reserved for these", attrgetter("reserved_nano_usd"), presenting.dollars_in_a_column),
    ("Counted against budgets", attrgetter("charged_nano_usd"), presenting.dollars_in_a_column),
)
ALWAYS = frozenset({"Calls", "Tokens in", "Tokens out", "Cost, reported", "Counted against budgets"})
"""The other columns are left out where there is nothing in them."""


def _numbers(rows: Iterable[tuple[str, Sums, str | None]], total: Sums, *columns: ColumnOfSums) -> Numbers:
    shown = [(name, of, tell) for name, of, tell in columns if name in ALWAYS or of(total)]

    def cells(sums: Sums) -> list[str]:
        return [tell(of(sums)) for _, of, tell in shown]

    lines = [Line(name, cells(sums), address) for name, sums, address in rows]
    return Numbers([name for name, *_ in shown], lines, cells(total))


def _plain(rows: Iterable[tuple[str, Sums]]) -> Iterable[tuple[str, Sums, None]]:
    return ((name, sums, None) for name, sums in rows)


def _totals(total: Sums) -> Sequence[Total]:
    cost = [f"{presenting.dollars(total.provider_nano_usd)} reported by the provider"]
    if total.estimated_nano_usd:
        cost.append(f"{presenting.dollars(total.estimated_nano_usd)} estimated")
    return [
        Total("Cost", presenting.dollars(total.cost_nano_usd), cost),
        Total("Calls", f"{total.calls:,}", [f"{total.reserved_calls:,} still open"] if total.reserved_calls else []),
        Total("Tokens in", tokens(total.prompt_tokens), _part(total.cached_tokens, "cached")),
        Total("Tokens out", tokens(total.completion_tokens), _part(total.reasoning_tokens, "reasoning")),
    ]


def _part(count: int, name: str) -> Sequence[str]:
    return [f"{tokens(count)} of them {name}"] if count else []


def _remarks(total: Sums) -> Iterable[str]:
    if total.unknown_calls:
        calls = "1 call" if total.unknown_calls == 1 else f"{total.unknown_calls:,} calls"
        charged = presenting.dollars(total.unknown_nano_usd)
        yield f"Nobody knows what {calls} cost: {charged} counts against budgets for that, and is in no cost here."
    if total.reserved_calls:
        answers = "1 answer" if total.reserved_calls == 1 else f"{total.reserved_calls:,} answers"
        reserved = presenting.dollars(total.reserved_nano_usd)
        yield f"{answers} still open: up to {reserved} is reserved until then, and is in no cost here."


def _budget(use: BudgetUse) -> Budget:
    name = "Everybody together" if use.kind is SpenderKind.OTHERS else SPENDERS[use.kind].format(use.name)
    used, daily, left = map(presenting.dollars, (use.used_nano_usd, use.daily_nano_usd, use.left_nano_usd))
    return Budget(name, use.used_percent, f"{used} of {daily} used, {left} left ({use.used_percent} %)")


def _model_rows(report: Report) -> list[tuple[str, str, int, int]]:
    """Return what the dearest models cost, and all others as one."""
    models = list(report.by_model.items())
    shown, rest = (models, []) if len(models) <= MOST_ROWS else (models[: MOST_ROWS - 1], models[MOST_ROWS - 1 :])
    if rest:
        shown = [*shown, (f"{len(rest)} others", sum((sums for _, sums in rest), start=Sums()))]
    whole = report.total.cost_nano_usd
    return [
        (
            name,
            f"{presenting.dollars(sums.cost_nano_usd)} · {_percent(sums.cost_nano_usd, whole)}",
            sums.provider_nano_usd,
            sums.estimated_nano_usd,
        )
        for name, sums in shown
    ]


def _calls(part: int, whole: int) -> str:
    return f"{part:,} · {_percent(part, whole)}"


def _percent(part: int, whole: int) -> str:
    if not part:
        return "0 %"
    percent = 100 * part / whole
    return "< 1 %" if percent < 1 else f"{percent:.0f} %"


def _period(days: Days) -> str:
    first, last = presenting.short_date(days.first), presenting.short_date(days.last)
    return f"{first}, in UTC" if days.count == 1 else f"{first} to {last}, in UTC"


def _book(book: Book, in_use: Book) -> dict[str, str]:
    return {} if book is in_use else {"book": book.value}


def _earlier(days: Days, chosen: dict[str, str]) -> str | None:
    span = days.count * ONE_DAY
    first, last = days.first - span, days.last - span
    return None if first < FIRST_DAY else _address(PAGE, {"from": str(first), "to": str(last)} | chosen)


def _later(days: Days, today: date, chosen: dict[str, str]) -> str | None:
    if days.last >= today:
        return None
    last = min(days.last + days.count * ONE_DAY, today)
    first = last - (days.count - 1) * ONE_DAY
    return _address(PAGE, {"from": str(first), "to": str(last)} | chosen)


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}"
