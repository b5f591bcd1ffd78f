"""The command line: ``chatapp serve``, ``doctor``, ``ask``, ``usage``, ``fake``, ``db`` and ``catalog``."""

from __future__ import annotations

from importlib import import_module

import click

from chatapp import __version__

COMMANDS = ("ask", "catalog", "db", "doctor", "fake", "serve", "usage")


class Commands(click.Group):
    """Imports a command when somebody asks for it: what one needs would take the others half a second and more."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"chatapp.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="chatapp")
def main() -> None:
    """A chat page, a chat widget and an API for OpenAI models, over your own key."""
