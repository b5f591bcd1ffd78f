"""``chatapp db``: the commands for the database that conversations are kept in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatapp.adapters.sql.copying import Progress
from chatapp.adapters.sql.tools import StorageTools
from chatapp.bootstrap import rotate_key, storage_tools
from chatapp.cli.start import refusals, settings

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

CHECKS = 5


@click.group()
def db() -> None:
    """Look after the database that conversations are kept in."""


@db.command()
def upgrade() -> None:
    """Bring the tables up to date, as every start does."""
    with _tools() as tools, _progress("Copying the database") as show:
        done = tools.upgrade(show)
    if done is None:
        click.echo("Everything is up to date.")
    elif done.before is None:
        click.echo(f"The tables were made (revision {done.after}).")
    else:
        click.echo(f"The tables were brought from revision {done.before} to {done.after}.")
        if done.copy:
            click.echo(f"A copy from before is at {done.copy}.")


@db.command()
def check() -> None:
    """Look whether the database is whole, and say what it holds."""
    with _tools() as tools, _bar("Checking", CHECKS) as bar:
        report = tools.check(lambda name: bar.update(1, name))
        bar.update(CHECKS - bar.pos)
    log = "" if report.log_bytes is None else f", {_megabytes(report.log_bytes)} in its log"
    click.echo(f"{report.place}: revision {report.revision}, {_megabytes(report.size_bytes)}{log}.")
    click.echo(f"{report.conversations:,} conversations with {report.messages:,} messages.")
    click.echo(f"{report.running:,} answers are being made; {report.unindexed:,} messages are still to be indexed.")
    for problem in report.problems:
        click.echo(f"WRONG  {problem}")
    if report.problems:
        raise SystemExit(1)
    click.echo("ok     Nothing is wrong.")


@db.command()
def reindex() -> None:
    """Make the index anew that conversations are searched by."""
    with _tools() as tools, _progress("Indexing") as show:
        entries = tools.reindex(show)
    click.echo(f"The search index was made anew, with {entries:,} messages and titles.")


@db.command()
@click.argument("target", metavar="PATH", type=click.Path(path_type=Path, dir_okay=False))
def backup(target: Path) -> None:
    """Copy the database to PATH, also while the server runs."""
    with _tools() as tools, _progress("Copying") as show:
        size_bytes = tools.backup(target, show)
    click.echo(f"{target} holds everything up to this moment, {_megabytes(size_bytes)}.")


@db.command("rotate-key")
@click.option("--forget-old", is_flag=True, help="End all tokens that were given out so far.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate(*, forget_old: bool, yes: bool) -> None:
    """Sign visitors' tokens with a new key from now on; those given out so far stay good."""
    if forget_old and not yes:
        click.echo("Every visitor will be a stranger, and nobody can get back to their conversations.")
        click.confirm("Go on?", abort=True)
    with refusals():
        rotate_key(settings(), forget_old=forget_old)
    old = "All older tokens have ended" if forget_old else "Older tokens stay good"
    click.echo(f"There is a new key. {old}; a running server knows within ten seconds.")


@contextmanager
def _tools() -> Iterator[StorageTools]:
    with refusals():
        yield storage_tools(settings())


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """Give what shows progress, on a bar that appears with the first of it."""
    with ExitStack() as stack:
        bars: list[ProgressBar[Any]] = []

        def show(done: int, whole: int) -> None:
            if not bars:
                bars.append(stack.enter_context(_bar(label, whole)))
            bars[0].length = whole
            bars[0].update(done - bars[0].pos)

        yield show


def _bar(label: str, length: int) -> ProgressBar[Any]:
    """Return a bar for a person who looks on; what is piped elsewhere has none."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(length=length, label=label, item_show_func=_name, file=sys.stderr, hidden=hidden)


def _name(current: Any) -> str:
    return current or ""


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:,.1f} MB"
