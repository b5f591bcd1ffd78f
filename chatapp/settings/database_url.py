"""The address of the database: what it may be, and how it is told to people."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from chatapp.settings.choices import BadSettings

SQLITE = "sqlite:///"
SQLITE_URL = re.compile(r"sqlite:///(?!:memory:)[^?#]+")
POSTGRESQL_URL = re.compile(r"(?:postgres|postgresql|postgresql\+psycopg)://(\S+)")


def database_url(value: str) -> str:
    """Take the address of a SQLite file or of a PostgreSQL database. It is never shown: it may hold a password.

    Raises:
        BadSettings: it is neither, or what speaks to PostgreSQL is not installed.
    """
    if SQLITE_URL.fullmatch(value):
        return value
    if (found := POSTGRESQL_URL.fullmatch(value)) is None:
        raise BadSettings(
            "CHATAPP_DATABASE_URL is not the address of a database that can be used. It must be like "
            "postgresql://user:password@host/database or sqlite:////path/to/file.db."
        )
    if find_spec("psycopg") is None:
        raise BadSettings(
            "CHATAPP_DATABASE_URL names PostgreSQL, but the package for it is missing. "
            "Install it with: pip install 'chatapp[postgres]'"
        )
    return f"postgresql+psycopg://{found[1]}"


def sqlite_url(file: Path) -> str:
    """Return the address of a SQLite file."""
    return SQLITE + quote(str(file.absolute()))


def place(url: str) -> str:
    """Return where a database is, in words and without a password."""
    if url.startswith(SQLITE):
        return str(Path(unquote(url.removeprefix(SQLITE))).absolute())
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query).get("host", ["this machine"])[0]
    return f"the PostgreSQL database {unquote(parts.path.strip('/')) or parts.username} on {host}"
