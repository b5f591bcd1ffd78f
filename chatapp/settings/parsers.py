"""How the text of a setting becomes its value. A ``ValueError`` says what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

USUAL_PORT = re.compile(r"^(http://[^:]+):80$|^(https://[^:]+):443$")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
BASE_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
USD = re.compile(r"\d{1,7}(\.\d{1,9})?", re.ASCII)
NANO_USD_PER_USD = 1_000_000_000
MOST_USD = 1_000_000
HOST_NAME = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


def text(value: str) -> str:
    """Take any text."""
    return value


def base_url(value: str) -> str:
    """Take the address of a server."""
    if not BASE_URL.fullmatch(value):
        raise ValueError("an address like https://host.example/v1")
    return value


def path(value: str) -> Path:
    """Take a path; ``~`` is the home folder."""
    return Path(value).expanduser()


def folder(value: str) -> Path:
    """Take a folder, which stays the same wherever the program goes."""
    return path(value).absolute()


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what takes a whole number within these bounds."""

    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return int(value)

    return parse


def usd(value: str) -> int:
    """Take an amount of US dollars; return it in nano-dollars."""
    if not USD.fullmatch(value) or Decimal(value) > MOST_USD:
        raise ValueError("an amount of US dollars like 5 or 0.50, up to 1,000,000")
    return int(Decimal(value) * NANO_USD_PER_USD)


def seconds(value: str) -> float:
    """Take a number of seconds."""
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not 0 <= number <= 86_400:
        raise ValueError("a number of seconds from 0 to 86,400")
    return number


def patience(value: str) -> float:
    """Take a number of seconds above none."""
    if (number := seconds(value)) == 0:
        raise ValueError("a number of seconds above 0")
    return number


def choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Return what takes one of these words."""

    def parse(value: str) -> StrEnum:
        try:
            return kind(value.lower())
        except ValueError:
            raise ValueError(" or ".join(kind)) from None

    return parse


def listed(item: re.Pattern[str], words: str, *, star: bool = False) -> Callable[[str], tuple[str, ...]]:
    """Return what takes a list with commas; ``star``: or ``*`` for all, or ``none``."""

    def parse(value: str) -> tuple[str, ...]:
        items = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        if star and items == ("none",):
            return ()
        if not (star and items == ("*",)) and not all(item.fullmatch(part) for part in items):
            raise ValueError(words)
        return items

    return parse


_origins = listed(ORIGIN, "*, none, or origins like https://shop.example with commas between them", star=True)


def origins(value: str) -> tuple[str, ...]:
    """Take origins as browsers tell them, without the usual port of http and https; ``*`` for all, or ``none``."""
    return tuple(USUAL_PORT.sub(r"\1\2", item) for item in _origins(value))


hosts = listed(HOST_NAME, "host names like chat.example.com, with commas between them")


def proxies(value: str) -> tuple[str, ...]:
    """Take addresses and networks with commas between them, or ``*``."""
    items = tuple(part.strip() for part in value.split(",") if part.strip())
    if items == ("*",):
        return items
    try:
        return tuple(str(ip_network(item)) for item in items)
    except ValueError:
        raise ValueError("*, or addresses and networks like 10.0.0.0/8, with commas between them") from None
