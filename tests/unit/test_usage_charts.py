"""Charts of usage: bars in per cent of the chart, and round numbers beside them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.web.texts.language import english
from chatapp.web.usage.charts import ColumnChart, ceiling, column_chart, row_chart
from chatapp.web.usage.writing import tokens

FIRST = date(2026, 11, 1)


def chart_of(*days: tuple[int, int]) -> ColumnChart:
    numbered = [(FIRST + timedelta(days=number), one, other) for number, (one, other) in enumerate(days)]
    return column_chart(numbered, str, ("one", "other"), english())


def test_columns_stand_on_the_foot_one_on_the_other() -> None:
    (column, *_) = chart_of((60, 20), *[(0, 0)] * 9).columns

    assert [(bar.series, bar.y, bar.height) for bar in column.bars] == [(0, "25%", "75%"), (1, "0%", "25%")]
    assert (column.x, column.width) == ("0%", "10%")
    assert column.title == "1 Nov 2026: 80 (one 60, other 20)"


def test_a_day_without_anything_has_no_bar() -> None:
    chart = chart_of((0, 0), (0, 5))

    assert [len(column.bars) for column in chart.columns] == [0, 1]
    assert chart.columns[0].title == "1 Nov 2026: 0"
    assert chart.columns[1].title == "2 Nov 2026: 5"


def test_something_is_never_too_small_to_be_seen() -> None:
    (small, _) = chart_of((1, 0), (10**9, 0)).columns

    assert small.bars[0].height == "0.8%"


def test_few_days_do_not_fill_the_chart() -> None:
    (column,) = chart_of((1, 0)).columns

    assert float(column.width.rstrip("%")) < 15
    assert float(column.x.rstrip("%")) == pytest.approx(42.857, abs=0.01)


@pytest.mark.parametrize(
    ("count", "dates"), [(1, ["1 Nov"]), (2, ["1 Nov", "2 Nov"]), (7, ["1 Nov", "4 Nov", "7 Nov"])]
)
def test_dates_stand_below(count: int, dates: list[str]) -> None:
    assert chart_of(*[(1, 1)] * count).dates == dates


@given(st.integers(0, 10**18))
def test_the_scale_ends_a_little_above_the_highest(value: int) -> None:
    top = ceiling(value)

    assert top % 2 == 0
    assert top >= value
    assert top <= max(2, 2 * value)


def test_rows_are_told_by_the_longest() -> None:
    chart = row_chart([("gpt-4o", "$4", 3, 1), ("x" * 60, "$1", 1, 0), ("free", "$0", 0, 0)])

    assert [[(bar.series, bar.x, bar.width) for bar in row.bars] for row in chart.rows] == [
        [(0, "0%", "75%"), (1, "75%", "25%")],
        [(0, "0%", "25%")],
        [],
    ]
    assert chart.rows[1].label.endswith("x…")
    assert chart.height == "9em"


@pytest.mark.parametrize(
    ("nano_usd", "shown", "in_a_column"),
    [
        (0, "$0", "$0.0000"),
        (1, "< $0.0001", "< $0.0001"),
        (99_999, "< $0.0001", "< $0.0001"),
        (100_000, "$0.0001", "$0.0001"),
        (1_250_000, "$0.0013", "$0.0013"),
        (61_000_000, "$0.061", "$0.0610"),
        (500_000_000, "$0.50", "$0.5000"),
        (999_999_999, "$1.00", "$1.0000"),
        (1_234_567_890, "$1.23", "$1.2346"),
        (12_345_678_900_000, "$12,345.68", "$12,345.6789"),
    ],
)
def test_money_is_told_in_dollars(nano_usd: int, shown: str, in_a_column: str) -> None:
    assert (english().dollars(nano_usd), english().dollars_in_a_column(nano_usd)) == (shown, in_a_column)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999, "999"), (1000, "1k"), (83_762, "83.8k"), (1_200_000, "1.2M"), (12_896_204, "12.9M")],
)
def test_tokens_are_told_in_three_digits(count: int, shown: str) -> None:
    assert tokens(count, english()) == shown
