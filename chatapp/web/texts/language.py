"""One language: its words, and its way to write numbers, money and dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from chatapp.domain.entities import NANO_USD_PER_USD
from chatapp.web.texts.formats import FORMATS, Format

FOLDER = Path(__file__).parent
CODES = ("en", "es", "hi", "ar", "de")
"""In the order in which they are offered; the first one is for whoever reads none of them."""

SECTIONS = {"pages": "", "scripts": "scripts.", "chat_page": "scripts.", "problems": "problems."}
"""The files of a language, and what comes before the names of their texts."""

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
ISOLATE = ("\u2068", "\u2069")
"""What stands between them reads in its own direction in the midst of a text that is read from the right."""

CENT_NANO_USD = 10_000_000
LEAST_SHOWN_NANO_USD = 100_000


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language by their names, and how it counts."""

    code: str
    words: Mapping[str, str]
    format: Format

    @property
    def name(self) -> str:
        """Return what it calls itself."""
        return self.words["language"]

    @property
    def direction(self) -> str:
        """Return ``ltr`` or ``rtl``: from which side it is read."""
        return self.words["scripts.direction"]

    def text(self, name: str, /, *, count: int | None = None, **values: object) -> Markup:
        """Return the text of that name as HTML, with ``values`` in its placeholders; ``count`` chooses the plural."""
        if count is not None:
            name = f"{name}_{self.format.plural(count)}"
            values["count"] = self.number(count)
        filled = PLACEHOLDER.sub(
            lambda found: self.isolated(str(escape(values[found[1]]))), str(escape(self.words[name]))
        )
        return Markup(filled)  # noqa: S704 — all its parts are escaped

    def isolated(self, words: str) -> str:
        """Return words that keep their own direction in the midst of others."""
        return f"{ISOLATE[0]}{words}{ISOLATE[1]}" if self.direction == "rtl" else words

    def find(self, name: str) -> Markup | None:
        """Return the text of that name, if there is one."""
        return self.text(name) if name in self.words else None

    def number(self, value: int) -> str:
        """Return a whole number."""
        return self.format.number(value)

    def short(self, value: float) -> str:
        """Return a number in three digits."""
        return self.format.rounded(Decimal(f"{value:.3g}"))

    def day(self, value: date) -> str:
        """Return a date."""
        return self.format.day(value)

    def day_and_month(self, value: date) -> str:
        """Return a date whose year is known."""
        return self.format.day_and_month(value)

    def dollars(self, nano_usd: int) -> str:
        """Return an amount as people read it: two digits below a dollar, whole cents above, never 0 for something."""
        if nano_usd == 0:
            return self.format.money(0, 0)
        if nano_usd < LEAST_SHOWN_NANO_USD:
            return f"< {self.format.money(LEAST_SHOWN_NANO_USD, 4)}"
        unit = CENT_NANO_USD if nano_usd >= NANO_USD_PER_USD else 10 ** (len(str(nano_usd)) - 2)
        return self.format.money((nano_usd + unit // 2) // unit * unit, 2)

    def dollars_in_a_column(self, nano_usd: int) -> str:
        """Return an amount with four places, so that those of a column stand one below the other."""
        if 0 < nano_usd < LEAST_SHOWN_NANO_USD:
            return f"< {self.format.money(LEAST_SHOWN_NANO_USD, 4)}"
        rounded = (nano_usd + LEAST_SHOWN_NANO_USD // 2) // LEAST_SHOWN_NANO_USD * LEAST_SHOWN_NANO_USD
        return self.format.money(rounded, 4)


@cache
def languages() -> Mapping[str, Language]:
    """Return all languages by their codes, in the order in which they are offered."""
    return {code: _read(code) for code in CODES}


def english() -> Language:
    """Return the language of whoever reads none of the others, and of the terminal."""
    return languages()[CODES[0]]


def words_of_widget(code: str) -> dict[str, Any]:
    """Return what the widget's script says in that language, except for what the server's errors mean."""
    return _section(code, "scripts")


def _read(code: str) -> Language:
    words = dict(item for section, prefix in SECTIONS.items() for item in _flat(_section(code, section), prefix))
    return Language(code, words, FORMATS[code])


def _section(code: str, name: str) -> dict[str, Any]:
    section: dict[str, Any] = json.loads((FOLDER / code / f"{name}.json").read_text("utf-8"))
    return section


def _flat(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in section.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")
