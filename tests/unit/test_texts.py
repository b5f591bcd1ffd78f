"""The catalogue of texts: whole in every language, and nothing in it that nobody says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from chatapp.web.errors import HTTP_ERRORS, STATUS_BY_CODE
from chatapp.web.texts.language import CODES, PLACEHOLDER, Language, english, languages
from chatapp.web.texts.preferences import THEMES
from chatapp.web.usage.writing import CALLS_MADE, MONEY, TOKENS

WEB = Path(__file__).parents[2] / "chatapp" / "web"
OTHERS = CODES[1:]
FORM = re.compile(r"_(zero|one|two|few|many|other)$")
COUNTLESS = {"zero", "one", "two"}
"""Forms that may say the number as a word."""

THE_SAME = {
    "de": {
        "scripts.direction",
        "scripts.both",  # a comma
        "scripts.chat",  # the German word
        "page.chat",
        "page.widget",  # the German word
        "chat.title",
        "page.service",  # the German word
        "usage.periodDay",  # a date, and "in UTC"
    },
    "es": {
        "scripts.direction",
        "scripts.both",  # a comma
        "scripts.chat",  # the Spanish word
        "page.chat",
        "page.widget",  # the Spanish word
        "chat.title",
        "scripts.tokens_one",  # the Spanish word
        "scripts.tokens_other",
    },
    "hi": {"scripts.direction", "scripts.both"},
    "ar": set(),
}
"""What may read as it does in English, and why."""


def stem(name: str) -> str:
    return FORM.sub("", name)


def forms(language: Language) -> dict[str, set[str]]:
    """Return the texts that have plurals, with their forms."""
    found: dict[str, set[str]] = {}
    for name in language.words:
        if form := FORM.search(name):
            found.setdefault(stem(name), set()).add(form[1])
    return found


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def said() -> Iterator[str]:
    """Yield the names of all texts that templates, modules and scripts say."""
    for path in WEB.glob("templates/*.html"):
        yield from re.findall(r"""text\("([\w.]+)"[,)]""", path.read_text("utf-8"))
    yield from (f"usage.{name}" for name in re.findall(r'text\("([\w.]+)"', (WEB / "usage/writing.py").read_text()))
    yield from (f"usage.column.{column.name}" for column in (*CALLS_MADE, *MONEY, *TOKENS))
    yield from (f"page.theme.{theme}" for theme in THEMES)
    yield from (f"problems.{code}" for code in (*STATUS_BY_CODE, *(code for code, _ in HTTP_ERRORS.values())))
    scripts = {path: path.read_text("utf-8") for path in WEB.glob("frontend/**/*.js")}
    asked = {name for text in scripts.values() for name in re.findall(r"(?<![/\w])texts\.(\w+)", text)}
    own = scripts[WEB / "frontend/texts.js"]
    filled = dict(re.findall(r"^  (\w+): \((.*?)(?=^  \w+: |^\};)", own, re.MULTILINE | re.DOTALL))
    for name in asked & filled.keys():
        yield from (f"scripts.{each}" for each in re.findall(r'say(?:Counted)?\("(\w+)"', filled[name]))
    yield from (f"scripts.{name}" for name in asked - filled.keys() - {"problems"})
    yield from ("language", "scripts.direction", "scripts.sources")
    yield from ("usage.ending", "usage.spender")  # by the domain's own names


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_every_text_and_no_other(code: str) -> None:
    assert {stem(name) for name in languages()[code].words} == {stem(name) for name in english().words}


@pytest.mark.parametrize("code", CODES)
def test_a_counted_text_has_the_forms_of_its_language(code: str) -> None:
    language = languages()[code]
    needed = {*language.format.plurals, "other"}

    assert forms(language) == dict.fromkeys(forms(english()), needed)


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_fills_in_the_same(code: str) -> None:
    for name, text in languages()[code].words.items():
        form = FORM.search(name)
        needed = placeholders(english().words[f"{stem(name)}_other" if form else name])
        if form and form[1] in COUNTLESS and "count" not in placeholders(text):
            needed.remove("count")
        assert placeholders(text) == needed, name


@pytest.mark.parametrize("code", OTHERS)
def test_what_reads_as_in_english_is_meant_to(code: str) -> None:
    words = english().words

    same = {name for name, text in languages()[code].words.items() if text == words.get(name)}

    assert same == THE_SAME[code]


def test_every_text_is_said_somewhere() -> None:
    names = set(said())

    def is_said(name: str) -> bool:
        return stem(name) in names or name.rpartition(".")[0] in names

    assert [name for name in english().words if not is_said(name)] == []


def test_every_text_that_a_page_says_is_there() -> None:
    known = {stem(name) for name in english().words} | {name.rpartition(".")[0] for name in english().words}

    assert [name for name in said() if name not in known] == []


def test_what_is_filled_in_cannot_be_markup() -> None:
    assert languages()["de"].text("chat.retiredFor", model="<b>") == "abgeschaltet, stattdessen &lt;b&gt;"


@pytest.mark.parametrize(
    ("code", "number", "money", "day"),
    [
        ("en", "1,234,567", "$1,234.50", "2 Nov 2026"),
        ("es", "1.234.567", "1.234,50\xa0$", "2 nov 2026"),
        ("hi", "12,34,567", "$1,234.50", "2 नव॰ 2026"),
        ("ar", "1,234,567", "\u200f1,234.50\xa0$", "2 نوفمبر 2026"),
        ("de", "1.234.567", "1.234,50\xa0$", "2. Nov. 2026"),
    ],
)
def test_numbers_money_and_days_are_written_as_in_their_language(code: str, number: str, money: str, day: str) -> None:
    language = languages()[code]

    assert language.number(1_234_567) == number
    assert language.dollars(1_234_500_000_000) == money
    assert language.day(date(2026, 11, 2)) == day


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "نموذج آخر"), (2, "نموذجان آخران"), (3, "\u20683\u2069 نماذج أخرى"), (11, "\u206811\u2069 نموذجًا آخر")],
)
def test_arabic_counts_in_its_own_way(count: int, text: str) -> None:
    assert languages()["ar"].text("usage.otherModels", count=count) == text
