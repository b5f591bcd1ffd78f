"""What several commands begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from chatapp.adapters.sql.revisions import BadDatabase
from chatapp.domain.errors import StorageUnavailable
from chatapp.settings import BadSettings, Settings


@contextmanager
def refusals() -> Iterator[None]:
    """End the command with the sentence that says what is wrong."""
    try:
        yield
    except (BadDatabase, BadSettings, StorageUnavailable) as error:
        raise click.ClickException(str(error)) from error


def settings() -> Settings:
    """Return the settings, or end the command with the sentence that says what is wrong with them."""
    with refusals():
        return Settings.from_env()


def raise_open_files() -> None:
    """Ask for as many open files as allowed: every answer needs two, and the usual soft limit is 1,024."""
    import resource  # there is none on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
