"""``chatapp serve``."""

from __future__ import annotations

import logging.config
import os
import sys

import click

from chatapp.adapters.log_lines import JsonLines, TextLines, logging_config
from chatapp.adapters.sql.preparing import prepare
from chatapp.adapters.sql.revisions import BadDatabase
from chatapp.adapters.system import port_trouble
from chatapp.cli.start import raise_open_files, settings
from chatapp.settings import Settings


@click.command()
@click.option("--host", help="Where to listen; 0.0.0.0 is everywhere.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Start the server."""
    if sys.platform == "win32":
        raise click.ClickException("The server runs on Linux and macOS; on Windows, please use WSL.")
    chosen = {"CHATAPP_HOST": host, "CHATAPP_PORT": port, "CHATAPP_WORKERS": workers}
    os.environ.update({name: str(value) for name, value in chosen.items() if value is not None})
    _require_startable(settings())
    raise_open_files()
    # In place of this process, so that whoever started it and stops it deals with gunicorn alone.
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app"]
    os.execv(sys.executable, gunicorn)  # noqa: S606 - no shell is wanted


def _require_startable(chosen: Settings) -> None:
    """Say in one sentence here what the server itself would say in many lines, and several times.

    What needs more than this to be imported, it says by itself, and as briefly (``gunicorn_conf``).
    """
    if trouble := port_trouble(chosen.host, chosen.port):
        raise click.ClickException(f"{trouble} Set CHATAPP_PORT to another one, or end what uses it.")
    logging.config.dictConfig(logging_config(TextLines if sys.stderr.isatty() else JsonLines))
    try:  # last, as a server that runs already must not lose its tables
        prepare(chosen.database_address)
    except BadDatabase as error:
        raise click.ClickException(str(error)) from error
