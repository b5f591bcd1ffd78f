"""The command line: ``chatapp serve``, ``doctor``, ``ask``, ``fake`` and ``db``."""

from __future__ import annotations

import click

from chatapp import __version__
from chatapp.cli.ask import ask
from chatapp.cli.db import db
from chatapp.cli.doctor import doctor
from chatapp.cli.fake import fake
from chatapp.cli.serve import serve


@click.group()
@click.version_option(__version__, prog_name="chatapp")
def main() -> None:
    """A chat page, a chat widget and an API for OpenAI models, over your own key."""


for command in (serve, doctor, ask, fake, db):
    main.add_command(command)
