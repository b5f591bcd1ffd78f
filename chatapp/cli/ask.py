"""``chatapp ask``."""

from __future__ import annotations

import click

from chatapp.cli.start import settings
from chatapp.client import ChatClient, ChatError


@click.command()
@click.argument("message")
@click.option("--url", help="The server.  [default: the one of your settings]")
@click.option("--model", help="One of GET /models.")
@click.option("--system", help="Instructions for this answer.")
def ask(message: str, url: str | None, model: str | None, system: str | None) -> None:
    """Ask MESSAGE and show the answer as it comes."""
    password = None
    if url is None:
        own = settings()
        url, password = own.address, own.password
    try:
        with ChatClient(url, password=password).stream(message, model=model, system=system) as answer:
            for text in answer:
                click.echo(text, nl=False)
            click.echo()
    except ChatError as error:
        if error.partial:
            click.echo()
        raise click.ClickException(str(error)) from error
