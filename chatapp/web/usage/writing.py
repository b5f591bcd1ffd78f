"""Writes the usage page, in words and numbers of its reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from urllib.parse import urlencode

from chatapp.domain.books import ONE_DAY, Book, Days, SpenderKind, Sums
from chatapp.domain.ledger import FIRST_DAY
from chatapp.domain.usage import BudgetUse, Report
from chatapp.web.texts.language import Language
from chatapp.web.usage.charts import MOST_ROWS, column_chart, row_chart
from chatapp.web.usage.view import Budget, Line, Link, Numbers, Total, View

PAGE, CALLS = "/usage", "/usage/calls.csv"
OFFERED_DAYS = (1, 7, 30, 90)
THOUSAND, MILLION = 1_000, 1_000_000


def view_of(
    report: Report, budgets: Sequence[BudgetUse], count: int | None, in_use: Book, today: date, language: Language
) -> View:
    """Return the page of a report; ``count`` is how many of the last days it is about, None if it is about others."""
    return _Writer(language).view(report, budgets, count, in_use, today)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the name of its text, what it holds, and whether it stays where there is nothing in it."""

    name: str
    of: Callable[[Sums], int]
    is_money: bool = False
    always: bool = False


CALLS_MADE = (Column("calls", attrgetter("calls"), always=True),)
TOKENS = (
    Column("tokensIn", attrgetter("prompt_tokens"), always=True),
    Column("cached", attrgetter("cached_tokens")),
    Column("tokensOut", attrgetter("completion_tokens"), always=True),
    Column("reasoning", attrgetter("reasoning_tokens")),
)
MONEY = (
    Column("reported", attrgetter("provider_nano_usd"), is_money=True, always=True),
    Column("estimated", attrgetter("estimated_nano_usd"), is_money=True),
    Column("unknown", attrgetter("unknown_calls")),
    Column("unknownCharged", attrgetter("unknown_nano_usd"), is_money=True),
    Column("open", attrgetter("reserved_calls")),
    Column("reserved", attrgetter("reserved_nano_usd"), is_money=True),
    Column("charged", attrgetter("charged_nano_usd"), is_money=True, always=True),
)


def tokens(count: int, language: Language) -> str:
    """Return a number of tokens in three digits or so."""
    for unit, sign in ((MILLION * THOUSAND, "G"), (MILLION, "M"), (THOUSAND, "k")):
        if count >= unit:
            short = language.short(count / unit) if count < THOUSAND * unit else language.number(count // unit)
            return f"{short}{sign}"
    return str(count)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the page in one language."""

    language: Language

    def text(self, name: str, /, *, count: int | None = None, **values: object) -> str:
        return self.language.text(f"usage.{name}", count=count, **values)

    def view(self, report: Report, budgets: Sequence[BudgetUse], count: int | None, in_use: Book, today: date) -> View:
        days, book, total = report.days, report.book, report.total
        chosen = {} if book is in_use else {"book": book.value}
        span = {"days": str(count)} if count is not None else {"from": str(days.first), "to": str(days.last)}
        named = list(report.by_day.items())
        endings = {self.ending(state): sums for state, sums in report.by_ending.items()}
        spenders = [(self.spender(spent.kind, spent.short_name), spent.sums) for spent in report.spenders]
        day_lines = [
            (str(day), sums, _address(PAGE, {"from": str(day), "to": str(day)} | chosen))
            for day, sums in reversed(named)
            if sums.calls
        ]
        return View(
            days=days,
            period=self.period(days),
            today=today,
            book=book,
            is_in_use=book is in_use,
            ranges=[
                Link(self.range(each), _address(PAGE, {"days": str(each)} | chosen), each == count)
                for each in OFFERED_DAYS
            ],
            books=[Link(self.book(each), _address(PAGE, span | _book(each, in_use)), each is book) for each in Book],
            earlier=_earlier(days, chosen),
            later=_later(days, today, chosen),
            csv=_address(CALLS, span | chosen),
            calls=total.calls,
            totals=self.totals(total),
            remarks=list(self.remarks(total)),
            budgets=[self.budget(use) for use in budgets],
            cost_by_day=column_chart(
                [(day, sums.provider_nano_usd, sums.estimated_nano_usd) for day, sums in named],
                self.language.dollars,
                (self.text("reported"), self.text("estimated")),
                self.language,
            ),
            tokens_by_day=column_chart(
                [(day, sums.prompt_tokens, sums.completion_tokens) for day, sums in named],
                self.tokens,
                (self.text("in"), self.text("out")),
                self.language,
            ),
            cost_by_model=row_chart(self.model_rows(report)),
            endings=row_chart(
                [(name, self.calls(sums.calls, total.calls), sums.calls, 0) for name, sums in endings.items()]
            ),
            day_costs=self.numbers(day_lines, total, *MONEY, *CALLS_MADE),
            day_tokens=self.numbers(day_lines, total, *CALLS_MADE, *TOKENS),
            model_numbers=self.numbers(_plain(report.by_model.items()), total, *MONEY, *CALLS_MADE, *TOKENS),
            ending_numbers=self.numbers(_plain(endings.items()), total, *MONEY, *CALLS_MADE, *TOKENS),
            spender_numbers=self.numbers(_plain(spenders), total, *MONEY, *CALLS_MADE, *TOKENS),
        )

    def dollars(self, nano_usd: int) -> str:
        return self.language.isolated(self.language.dollars(nano_usd))

    def tokens(self, count: int) -> str:
        return tokens(count, self.language)

    def ending(self, state: str) -> str:
        return self.language.find(f"usage.ending.{state}") or state

    def spender(self, kind: SpenderKind, name: str) -> str:
        return self.text(f"spender.{kind.value}", name=name)

    def book(self, book: Book) -> str:
        return "OpenAI" if book is Book.OPENAI else self.text("fakeModel")

    def range(self, days: int) -> str:
        return self.text("today") if days == 1 else self.text("dayCount", count=days)

    def period(self, days: Days) -> str:
        first, last = self.language.day(days.first), self.language.day(days.last)
        return self.text("periodDay", day=first) if days.count == 1 else self.text("period", first=first, last=last)

    def numbers(self, rows: Iterable[tuple[str, Sums, str | None]], total: Sums, *columns: Column) -> Numbers:
        shown = [column for column in columns if column.always or column.of(total)]

        def cells(sums: Sums) -> list[str]:
            return [self.cell(column, sums) for column in shown]

        lines = [Line(name, cells(sums), address) for name, sums, address in rows]
        return Numbers([self.text(f"column.{column.name}") for column in shown], lines, cells(total))

    def cell(self, column: Column, sums: Sums) -> str:
        value = column.of(sums)
        return self.language.dollars_in_a_column(value) if column.is_money else self.language.number(value)

    def totals(self, total: Sums) -> Sequence[Total]:
        dollars, number = self.language.dollars, self.language.number
        cost = [self.text("costReported", amount=dollars(total.provider_nano_usd))]
        if total.estimated_nano_usd:
            cost.append(self.text("costEstimated", amount=dollars(total.estimated_nano_usd)))
        still_open = [self.text("stillOpen", number=number(total.reserved_calls))] if total.reserved_calls else []
        cached, reasoning = self.tokens(total.cached_tokens), self.tokens(total.reasoning_tokens)
        return [
            Total(self.text("cost"), dollars(total.cost_nano_usd), cost),
            Total(self.text("column.calls"), number(total.calls), still_open),
            Total(
                self.text("column.tokensIn"),
                self.tokens(total.prompt_tokens),
                [self.text("ofThemCached", number=cached)] if total.cached_tokens else [],
            ),
            Total(
                self.text("column.tokensOut"),
                self.tokens(total.completion_tokens),
                [self.text("ofThemReasoning", number=reasoning)] if total.reasoning_tokens else [],
            ),
        ]

    def remarks(self, total: Sums) -> Iterable[str]:
        dollars = self.language.dollars
        if total.unknown_calls:
            yield self.text("unknownRemark", count=total.unknown_calls, amount=dollars(total.unknown_nano_usd))
        if total.reserved_calls:
            yield self.text("openRemark", count=total.reserved_calls, amount=dollars(total.reserved_nano_usd))

    def budget(self, use: BudgetUse) -> Budget:
        whole = use.kind is SpenderKind.OTHERS
        name = self.text("everybody") if whole else self.spender(use.kind, use.name)
        used, daily, left = map(self.language.dollars, (use.used_nano_usd, use.daily_nano_usd, use.left_nano_usd))
        words = self.text("budget", used=used, daily=daily, left=left, percent=use.used_percent)
        return Budget(name, use.used_percent, words)

    def model_rows(self, report: Report) -> list[tuple[str, str, int, int]]:
        """Return what the dearest models cost, and all others as one."""
        models = list(report.by_model.items())
        shown, rest = (models, []) if len(models) <= MOST_ROWS else (models[: MOST_ROWS - 1], models[MOST_ROWS - 1 :])
        if rest:
            others = self.text("otherModels", count=len(rest))
            shown = [*shown, (others, sum((sums for _, sums in rest), start=Sums()))]
        whole = report.total.cost_nano_usd
        return [
            (
                name,
                f"{self.dollars(sums.cost_nano_usd)} · {_percent(sums.cost_nano_usd, whole)}",
                sums.provider_nano_usd,
                sums.estimated_nano_usd,
            )
            for name, sums in shown
        ]

    def calls(self, part: int, whole: int) -> str:
        return f"{self.language.number(part)} · {_percent(part, whole)}"


def _plain(rows: Iterable[tuple[str, Sums]]) -> Iterable[tuple[str, Sums, None]]:
    return ((name, sums, None) for name, sums in rows)


def _percent(part: int, whole: int) -> str:
    if not part:
        return "0 %"
    percent = 100 * part / whole
    return "< 1 %" if percent < 1 else f"{percent:.0f} %"


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
