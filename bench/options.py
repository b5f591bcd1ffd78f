"""What the person who measures may choose."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import dataclass, fields
from pathlib import Path

from bench.servers import Dialect, RunningServer
from chatapp.settings import Settings

ROUNDS = 5
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure, and how often."""

    rounds: int
    idle: bool
    kept: bool
    settings: dict[str, str]
    others: list[RunningServer]
    upstream_port: int


def read_options() -> Options:
    """Read the command line, or end with a sentence about what is wrong with it."""
    parser = ArgumentParser(
        prog="make bench",
        description='Measure this project, as in: make bench ARGS="--quick". See docs/performance.md.',
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--rounds",
        type=int,
        choices=range(1, MOST_ROUNDS + 1),
        default=ROUNDS,
        metavar="N",
        help=f"{ROUNDS} by default",
    )
    length.add_argument("--quick", action="store_true", help="one round: a first look, no more")
    length.add_argument("--idle", action="store_true", help="hold 2,000 idle streams instead, and ask for /health")
    parser.add_argument("--kept", action="store_true", help="measure kept conversations beside stateless answers")
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="a setting of this project"
    )
    parser.add_argument(
        "--other", type=_other, action="append", default=[], metavar="NAME=URL,PID", help="one more server, running"
    )
    parser.add_argument(
        "--upstream-port", type=int, default=0, metavar="PORT", help="for --other: http://127.0.0.1:PORT/v1"
    )
    given = parser.parse_args()
    rounds = 1 if given.quick or given.idle else given.rounds
    return Options(rounds, given.idle, given.kept, dict(given.set), given.other, given.upstream_port)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in {setting.metadata["name"] for setting in fields(Settings)}:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE with a setting of this project")
    return name, value


def _other(text: str) -> RunningServer:
    name, _, rest = text.partition("=")
    url, _, pid = rest.rpartition(",")
    if not name or not url.startswith("http://") or not pid.isdigit() or not Path(f"/proc/{pid}").is_dir():
        raise ArgumentTypeError(f"{text!r} is not NAME=URL,PID with the id of a running process")
    dialect = Dialect.OPENAI if url.endswith(Dialect.OPENAI.route) else Dialect.CHAT
    return RunningServer(name, dialect, url, int(pid))
