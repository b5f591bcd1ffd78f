"""Charts as shares of 100: where their bars are, and what stands beside them. A template draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from chatapp.web.texts.language import Language

FEWEST_SLOTS = 7
"""So few days have their bars as if they were more: else one day's would fill the chart."""

BAR_SHARE = 0.72
LEAST_HEIGHT = 0.8
ROUND = (2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
MOST_ROWS = 10
ROW_EM = 3.0
LONGEST_LABEL_CHARACTERS = 36


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, of the first or the second series; all in per cent of the chart."""

    series: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """What belongs to one day: its slot, what is told of it, and its bars, one on the other."""

    x: str
    width: str
    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """A column for each day; ``scale`` are the words at its top, its middle and its foot, ``dates`` those below it."""

    columns: Sequence[Column]
    scale: Sequence[str]
    dates: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chart: its words, where they stand (in ``em``), and its bars below them."""

    label: str
    value: str
    text_y: str
    bar_y: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class RowChart:
    """Lines with bars, the longest one as wide as the chart; ``height`` in ``em``."""

    rows: Sequence[Row]
    height: str


def column_chart(
    days: Sequence[tuple[date, int, int]], tell: Callable[[int], str], names: tuple[str, str], language: Language
) -> ColumnChart:
    """Return the chart of two series that are put one on the other, by day."""
    top = ceiling(max((first + second for _, first, second in days), default=0))
    slot = 100 / max(len(days), FEWEST_SLOTS)
    start = (100 - slot * len(days)) / 2
    columns = []
    for number, (day, *values) in enumerate(days):
        x = start + number * slot
        title = f"{language.day(day)}: {tell(sum(values))}"
        if all(values):
            title += " (" + ", ".join(f"{name} {tell(value)}" for name, value in zip(names, values, strict=True)) + ")"
        columns.append(Column(_share(x), _share(slot), title, _stack(x, slot, values, top)))
    return ColumnChart(columns, [tell(top), tell(top // 2), tell(0)], _dates([day for day, *_ in days], language))


def row_chart(rows: Sequence[tuple[str, str, int, int]]) -> RowChart:
    """Return the chart of a few lines: label, words, and two series one after the other."""
    longest = max((first + second for *_, first, second in rows), default=0) or 1
    shown = []
    for number, (label, value, *parts) in enumerate(rows):
        bars, x = [], 0.0
        for series, part in enumerate(parts):
            if part:
                width = max(100 * part / longest, LEAST_HEIGHT)
                bars.append(Bar(series, _share(x), "0", _share(width), "0"))
                x += width
        short = label if len(label) <= LONGEST_LABEL_CHARACTERS else f"{label[: LONGEST_LABEL_CHARACTERS - 1]}…"
        shown.append(Row(short, value, f"{number * ROW_EM + 1.1:g}em", f"{number * ROW_EM + 1.6:g}em", bars))
    return RowChart(shown, f"{len(rows) * ROW_EM:g}em")


def ceiling(value: int) -> int:
    """Return a round number that is not below ``value`` and hardly above it; its half is round, too."""
    power = 1
    while ROUND[-1] * power < value:
        power *= 10
    return next(step * power for step in ROUND if step * power >= value)


def _stack(x: float, slot: float, values: Sequence[int], top: int) -> Sequence[Bar]:
    bars, foot = [], 100.0
    for series, value in enumerate(values):
        if value:
            height = max(100 * value / top, LEAST_HEIGHT)
            foot -= height
            inner = slot * (1 - BAR_SHARE) / 2
            bars.append(Bar(series, _share(x + inner), _share(foot), _share(slot * BAR_SHARE), _share(height)))
    return bars


def _dates(days: Sequence[date], language: Language) -> Sequence[str]:
    chosen = days if len(days) < 3 else (days[0], days[len(days) // 2], days[-1])
    return [language.day_and_month(day) for day in chosen]


def _share(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"
