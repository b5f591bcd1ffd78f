"""The command line: ``chatapp serve``, ``chatapp doctor``, ``chatapp ask``, ``chatapp fake``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatapp import __version__
from chatapp.bootstrap import require_startable
from chatapp.client import ChatClient, ChatError
from chatapp.doctor import Finding, Verdict, address, examine, port_trouble
from chatapp.settings import BadSettings, Settings
from chatapp.web.assets import AssetsMissing

if TYPE_CHECKING:
    from chatapp.fake.server.loopback import LoopbackServer

FOLDER = click.Path(path_type=Path, file_okay=False)
MARKS = {Verdict.GOOD: "ok     ", Verdict.NOTE: "note   ", Verdict.WRONG: "WRONG  "}


@click.group()
@click.version_option(__version__, prog_name="chatapp")
def main() -> None:
    """A chat page, a chat widget and an API for OpenAI models, over your own key."""


@main.command()
@click.option("--host", help="Where to listen; 0.0.0.0 is everywhere.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Start the server."""
    if sys.platform == "win32":
        raise click.ClickException("The server runs on Linux and macOS; on Windows, please use WSL.")
    chosen = {"CHATAPP_HOST": host, "CHATAPP_PORT": port, "CHATAPP_WORKERS": workers}
    os.environ.update({name: str(value) for name, value in chosen.items() if value is not None})
    _require_startable(_settings())
    _raise_open_files()
    # In place of this process, so that whoever started it and stops it deals with gunicorn alone.
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app"]
    os.execv(sys.executable, gunicorn)  # noqa: S606 - no shell is wanted


@main.command()
def doctor() -> None:
    """Look for what is wrong, and say how to mend it."""
    findings = examine(_settings())
    for finding in findings:
        _show(finding)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise SystemExit(1)


@main.command()
@click.argument("message")
@click.option("--url", help="The server.  [default: the one of your settings]")
@click.option("--model", help="One of GET /models.")
@click.option("--system", help="Instructions for this answer.")
def ask(message: str, url: str | None, model: str | None, system: str | None) -> None:
    """Ask MESSAGE and show the answer as it comes."""
    if url is None:
        url = address(_settings())
    try:
        with ChatClient(url).stream(message, model=model, system=system) as answer:
            for text in answer:
                click.echo(text, nl=False)
            click.echo()
    except ChatError as error:
        if error.partial:
            click.echo()
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=9000, show_default=True, help="0 takes a free one.")
@click.option("--script", type=click.Path(path_type=Path), help="A TOML file that says what to answer.")
@click.option("--record", type=FOLDER, help="Pass everything on to --upstream, and keep it in this folder.")
@click.option("--upstream", help="The provider to record, like https://api.openai.com/v1.")
@click.option("--replay", type=FOLDER, help="Answer from what was recorded in this folder.")
@click.option("--at-once", is_flag=True, help="Replay without the recorded pauses.")
def fake(
    port: int, script: Path | None, record: Path | None, upstream: str | None, replay: Path | None, at_once: bool
) -> None:
    """Play OpenAI on this machine: by a script, by a recording, or by itself."""
    if sum(chosen is not None for chosen in (script, record, replay)) > 1:
        raise click.UsageError("Please choose one of --script, --record and --replay.")
    if (record is None) != (upstream is None):
        raise click.UsageError("--record and --upstream belong together.")
    if at_once and replay is None:
        raise click.UsageError("--at-once belongs to --replay.")
    try:
        if record is not None and upstream is not None:
            server: LoopbackServer = _recorder(record, upstream, port)
        else:
            server = _player(script, port) if replay is None else _replayer(replay, port, at_once=at_once)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    try:
        server.start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise click.ClickException(f"Port {port} cannot be used: {reason}. Choose another one with --port.") from error
    _raise_open_files()
    click.echo(f"OPENAI_BASE_URL={server.url}")
    if record is None and replay is None:
        click.echo(f"See the calls at {server.url.removesuffix('v1')}")
    click.echo("Ctrl+C stops it.")
    _wait_for_the_end()
    server.close()


def _settings() -> Settings:
    try:
        return Settings.from_env()
    except BadSettings as error:
        raise click.ClickException(str(error)) from error


def _require_startable(settings: Settings) -> None:
    """Say in one sentence here what the server itself would say in many lines, and several times."""
    try:
        require_startable(settings)
    except (BadSettings, AssetsMissing) as error:
        raise click.ClickException(str(error)) from error
    if trouble := port_trouble(settings):
        raise click.ClickException(f"{trouble} Set CHATAPP_PORT to another one, or end what uses it.")


def _raise_open_files() -> None:
    """Ask for as many open files as allowed: every answer needs two, and the usual soft limit is 1,024."""
    import resource  # there is none on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _player(script: Path | None, port: int) -> LoopbackServer:
    # Imported where they are needed: the other commands start sooner without.
    from chatapp.adapters.catalog_file import read_catalog
    from chatapp.fake.model import ScriptedModel
    from chatapp.fake.script_file import read_script
    from chatapp.fake.server import FakeServer

    model = ScriptedModel(read_script(script)) if script else ScriptedModel()
    return FakeServer(model, read_catalog(), port=port)


def _recorder(folder: Path, upstream: str, port: int) -> LoopbackServer:
    from chatapp.fake.cassettes import RecordingServer

    return RecordingServer(folder, upstream, port=port)


def _replayer(folder: Path, port: int, *, at_once: bool) -> LoopbackServer:
    from chatapp.fake.cassettes import ReplayingServer

    return ReplayingServer(folder, at_once=at_once, port=port)


def _wait_for_the_end() -> None:
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    end.wait()


def _show(finding: Finding) -> None:
    click.echo(MARKS[finding.verdict] + finding.sentence)
    if finding.advice:
        click.echo(" " * 7 + finding.advice)
