"""``chatapp usage``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import click

from chatapp.bootstrap import new_usage_link, usage_service
from chatapp.cli.start import refusals, settings
from chatapp.domain.books import Book, SpenderKind, Sums
from chatapp.domain.usage import MOST_DAYS, USUAL_DAYS, BudgetUse, Report
from chatapp.web.texts.language import english

BOOKS = {Book.OPENAI: "OpenAI", Book.FAKE: "The fake model"}
COLUMNS = ("calls", "tokens in", "tokens out", "reported $", "estimated $", "counted $")
GAP = "  "
LINK_ADVICE = "It works once, for ten minutes. Where the server has another name for you, put that in its place."


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=USUAL_DAYS,
    show_default=True,
    help="How many days, up to today; by UTC.",
)
@click.option("--fake/--openai", default=None, help="Whose answers.  [default: those that are in use]")
@click.option("--link", is_flag=True, help="Print a link to the usage page; it works once, for ten minutes.")
def usage(*, days: int, fake: bool | None, link: bool) -> None:
    """Show what answers cost, for whom, and what is left of today's budgets."""
    chosen = settings()
    with refusals():
        if link:
            click.echo(new_usage_link(chosen))
            click.echo(LINK_ADVICE, err=True)
            return
        with usage_service(chosen) as service:
            book = service.book if fake is None else Book.FAKE if fake else Book.OPENAI
            report, budgets = service.report(service.last_days(days), book), service.budgets(book)
    for line in _told(report, budgets):
        click.echo(line.rstrip())


def _told(report: Report, budgets: Sequence[BudgetUse]) -> Iterator[str]:
    days, total = report.days, report.total
    yield f"{BOOKS[report.book]}, {days.first} to {days.last} (UTC)"
    yield ""
    if total.calls:
        spenders = {_spender(spent.kind, spent.short_name): spent.sums for spent in report.spenders}
        by_day = {str(day): sums for day, sums in report.by_day.items() if sums.calls}
        tables: Sequence[tuple[str, Mapping[str, Sums]]] = (
            ("Day", by_day),
            ("Model", report.by_model),
            ("Ending", report.by_ending),
            ("For", spenders),
        )
        for title, rows in tables:
            yield from _table([(title, *COLUMNS), *_rows(rows), ("total", *_cells(total))])
            yield ""
        yield from _remarks(total)
    else:
        yield "Nothing was asked in these days."
        yield ""
    left = ((_name(use), *map(english().dollars_in_a_column, _money(use)), f"{use.used_percent} %") for use in budgets)
    yield from _table([("Today's budgets", "of a day", "used", "left", "used"), *left])


def _rows(rows: Mapping[str, Sums]) -> Iterable[Sequence[str]]:
    return ((name, *_cells(sums)) for name, sums in rows.items())


def _cells(sums: Sums) -> Sequence[str]:
    counts = (sums.calls, sums.prompt_tokens, sums.completion_tokens)
    money = (sums.provider_nano_usd, sums.estimated_nano_usd, sums.charged_nano_usd)
    return (*map("{:,}".format, counts), *(english().dollars_in_a_column(each).replace("$", "") for each in money))


def _money(use: BudgetUse) -> Sequence[int]:
    return use.daily_nano_usd, use.used_nano_usd, use.left_nano_usd


def _name(use: BudgetUse) -> str:
    return "everybody together" if use.kind is SpenderKind.OTHERS else _spender(use.kind, use.name)


def _spender(kind: SpenderKind, name: str) -> str:
    """Return the words of the usage page, as they stand in the midst of a line."""
    words = english().text(f"usage.spender.{kind.value}", name=name).unescape()
    return words[:1].lower() + words[1:]


def _remarks(total: Sums) -> Iterator[str]:
    if total.unknown_calls:
        charged = english().dollars_in_a_column(total.unknown_nano_usd)
        yield f"Calls of which nobody knows the cost: {total.unknown_calls:,}, counted as {charged}"
    if total.reserved_calls:
        reserved = english().dollars_in_a_column(total.reserved_nano_usd)
        yield f"Answers still open: {total.reserved_calls:,}, counted as {reserved}"
    if total.unknown_calls or total.reserved_calls:
        yield ""


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines whose first cells stand to the left of their columns, and all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield GAP.join((first, *others))
