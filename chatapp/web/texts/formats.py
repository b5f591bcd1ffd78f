"""How each language writes numbers, money and days, and which plural it counts with.

Source: Unicode CLDR, as Babel 2.19 has it. A test compares with that; to install it, with its hundreds of languages,
takes 36 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chatapp.domain.entities import NANO_USD_PER_USD

MOST_DECIMALS = Decimal("0.001")
OTHER = "other"
NO_BREAK_SPACE, RIGHT_TO_LEFT_MARK = "\u00a0", "\u200f"


@dataclass(frozen=True, slots=True)
class Format:
    """One language's. ``plurals`` tells for each form but ``other`` which counts take it; the first that fits does.

    Whole numbers have three digits behind the last ``group`` sign, and ``digits_a_group`` between two.
    """

    plurals: Mapping[str, Callable[[int], bool]]
    months: tuple[str, ...]
    group: str = ","
    decimal: str = "."
    digits_a_group: int = 3
    day_pattern: str = "{day} {month}"
    money_pattern: str = "${amount}"

    def plural(self, count: int) -> str:
        """Return the name of the plural that a count takes."""
        return next((name for name, fits in self.plurals.items() if fits(count)), OTHER)

    def number(self, value: int) -> str:
        """Return a whole number that is not negative."""
        digits = str(value)
        groups = [digits[-3:]]
        end = len(digits) - 3
        while end > 0:
            groups.append(digits[max(end - self.digits_a_group, 0) : end])
            end -= self.digits_a_group
        return self.group.join(reversed(groups))

    def rounded(self, value: Decimal) -> str:
        """Return a number with at most three decimals."""
        whole, _, decimals = f"{value.quantize(MOST_DECIMALS)}".partition(".")
        return self._joined(int(whole), decimals.rstrip("0"))

    def money(self, nano_usd: int, least_decimals: int) -> str:
        """Return US dollars, exactly, with so many decimals at least."""
        whole, rest = divmod(nano_usd, NANO_USD_PER_USD)
        decimals = f"{rest:09}".rstrip("0").ljust(least_decimals, "0")
        return self.money_pattern.format(amount=self._joined(whole, decimals))

    def day_and_month(self, value: date) -> str:
        """Return a date whose year is known."""
        return self.day_pattern.format(day=value.day, month=self.months[value.month - 1])

    def day(self, value: date) -> str:
        """Return a date."""
        return f"{self.day_and_month(value)} {value.year}"

    def _joined(self, whole: int, decimals: str) -> str:
        return self.number(whole) + (self.decimal + decimals if decimals else "")


FORMATS = {
    "en": Format(
        {"one": lambda count: count == 1},
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"),
    ),
    "es": Format(
        {"one": lambda count: count == 1, "many": lambda count: count != 0 and count % 1_000_000 == 0},
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
        group=".",
        decimal=",",
        money_pattern=f"{{amount}}{NO_BREAK_SPACE}$",
    ),
    "hi": Format(
        {"one": lambda count: count in (0, 1)},
        ("जन॰", "फ़र॰", "मार्च", "अप्रैल", "मई", "जून", "जुल॰", "अग॰", "सित॰", "अक्टू॰", "नव॰", "दिस॰"),
        digits_a_group=2,
    ),
    "ar": Format(
        {
            "zero": lambda count: count == 0,
            "one": lambda count: count == 1,
            "two": lambda count: count == 2,
            "few": lambda count: count % 100 in range(3, 11),
            "many": lambda count: count % 100 in range(11, 100),
        },
        (
            *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
            *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
        ),
        money_pattern=f"{RIGHT_TO_LEFT_MARK}{{amount}}{NO_BREAK_SPACE}$",
    ),
    "de": Format(
        {"one": lambda count: count == 1},
        ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
        group=".",
        decimal=",",
        day_pattern="{day}. {month}",
        money_pattern=f"{{amount}}{NO_BREAK_SPACE}$",
    ),
}
"""By the codes of the languages. English dates are those of the British."""
