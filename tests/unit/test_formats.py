"""Numbers, money, days and plurals are those of CLDR, as Babel has them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.entities import NANO_USD_PER_USD
from chatapp.web.texts.formats import FORMATS
from chatapp.web.texts.language import CODES

LOCALES = {code: Locale.parse("en_GB" if code == "en" else code) for code in CODES}
COUNTS = st.one_of(st.integers(0, 250), st.integers(0, 10**13), st.integers(0, 20).map(lambda count: count * 1_000_000))


def test_each_language_has_its_formats() -> None:
    assert tuple(FORMATS) == CODES


@pytest.mark.parametrize("code", CODES)
@given(count=COUNTS)
def test_counts_and_whole_numbers(code: str, count: int) -> None:
    assert FORMATS[code].plural(count) == LOCALES[code].plural_form(count)
    assert FORMATS[code].number(count) == format_decimal(count, locale=LOCALES[code])


@pytest.mark.parametrize("code", CODES)
@given(value=st.decimals(0, 10**6, places=5))
def test_rounded_numbers(code: str, value: Decimal) -> None:
    assert FORMATS[code].rounded(value) == format_decimal(value, locale=LOCALES[code])


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("least_decimals", [0, 2, 4])
@given(nano_usd=st.integers(0, 10**16))
def test_money(code: str, least_decimals: int, nano_usd: int) -> None:
    decimals = "0" * least_decimals + "#" * (9 - least_decimals)
    pattern = LOCALES[code].currency_formats["standard"].pattern.replace("¤", "$").replace("0.00", f"0.{decimals}")
    dollars = Decimal(nano_usd) / NANO_USD_PER_USD

    expected = format_decimal(dollars, pattern, LOCALES[code], decimal_quantization=False)
    assert FORMATS[code].money(nano_usd, least_decimals) == expected


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 28])
def test_days(code: str, month: int, day: int) -> None:
    value = date(2026, month, day)

    assert FORMATS[code].day(value) == format_skeleton("yMMMd", value, locale=LOCALES[code])
    assert FORMATS[code].day_and_month(value) == format_skeleton("MMMd", value, locale=LOCALES[code])
