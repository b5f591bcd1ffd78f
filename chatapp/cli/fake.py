"""``chatapp fake``."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatapp.cli.start import raise_open_files

if TYPE_CHECKING:
    from chatapp.fake.server.loopback import LoopbackServer

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
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
    raise_open_files()
    click.echo(f"OPENAI_BASE_URL={server.url}")
    if record is None and replay is None:
        click.echo(f"See the calls at {server.url.removesuffix('v1')}")
    click.echo("Ctrl+C stops it.")
    _wait_for_the_end()
    server.close()


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
