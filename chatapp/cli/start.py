"""What several commands begin with."""

from __future__ import annotations

from contextlib import suppress

import click

from chatapp.settings import BadSettings, Settings


def settings() -> Settings:
    """Return the settings, or end the command with the sentence that says what is wrong with them."""
    try:
        return Settings.from_env()
    except BadSettings as error:
        raise click.ClickException(str(error)) from error


def raise_open_files() -> None:
    """Ask for as many open files as allowed: every answer needs two, and the usual soft limit is 1,024."""
    import resource  # there is none on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
