"""Measures this project beside nginx, the limit, and the plainest implementation, and prints one table.

``make bench`` runs it. docs/performance.md says what the figures mean.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.install_size import installed_mib
from bench.loads import IDLE, KEPT_LOADS, LOADS, Load
from bench.options import Options, read_options
from bench.processes import Processes
from bench.rounds import Rig, Subject, play_rounds, say
from bench.servers import nginx, plain, project
from bench.starting import DidNotStart
from bench.table import markdown
from bench.upstream import start_upstream

HERE = Path(__file__).parent
PROJECT = HERE.parent
BUILD = HERE / ".build"
NEEDED = ("go", "nginx")


def main() -> None:
    """Measure, print, and end everything that was started, also on Ctrl+C."""
    options = read_options()
    _require_tools()
    raise_open_files()
    try:
        build()
        with tempfile.TemporaryDirectory(prefix="bench-") as name, Processes() as processes:
            good = _measure(options, processes, Path(name))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Nothing that was started here is left running.")
    except DidNotStart as error:
        sys.exit(str(error))
    sys.exit(0 if good else 1)


def _measure(options: Options, processes: Processes, folder: Path) -> bool:
    """Print the table that was asked for; return whether all went well with this project."""
    # A copy, so that all rounds measure the same code while somebody edits it.
    code = Path(shutil.copytree(PROJECT / "chatapp", folder / "code" / "chatapp"))
    ours = project(code, options.settings)
    subjects: list[Subject] = [ours, *options.others] if options.idle else [nginx(), plain(), ours, *options.others]
    loads: Sequence[Load] = [IDLE] if options.idle else LOADS
    if options.kept:
        stateless, ours = ours, project(code, options.settings, kept=True)
        subjects, loads = [stateless, ours], KEPT_LOADS
    size_mib = None if options.idle or options.kept else _weigh()
    circumstances = _circumstances(options)
    rig = _rig(options, processes, folder)
    results = play_rounds(rig, subjects, loads, options.rounds)
    names = [subject.name for subject in subjects]
    faults = [fault for name in names for fault in results.faults(name)]
    print("", markdown(results, names, ours.name, size_mib), circumstances, *faults, sep="\n\n")
    return not results.faults(ours.name)


def _weigh() -> float:
    say("Weighing what has to be installed; the first time, that takes half a minute.")
    return installed_mib(PROJECT, BUILD)


def _rig(options: Options, processes: Processes, folder: Path) -> Rig:
    program = BUILD / "upstream"
    upstream = start_upstream(processes, program, folder, port=options.upstream_port)
    return Rig(processes, BUILD / "load", upstream, start_upstream(processes, program, folder, tls=True))


def _circumstances(options: Options) -> str:
    """Say where and how it was measured; called before anything keeps the machine busy."""
    changed = ", ".join(f"`{name}={value}`" for name, value in options.settings.items()) or "none"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores ({_processor()}), "
        f"load average before {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, "
        f"rounds: {options.rounds}. Settings of chatapp that differ from the defaults, apart from key, provider's "
        f"address and port: {changed}."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _require_tools() -> None:
    if sys.platform != "linux":
        sys.exit("The benchmark reads CPU time and memory as Linux tells them; it runs there only.")
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if missing:
        sys.exit(f"The benchmark needs {' and '.join(missing)} (Debian: apt-get install golang-go nginx).")


def raise_open_files() -> None:
    """Two files a stream, in every program that is started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def build() -> None:
    """Build the load program and the upstream."""
    command = ["go", "build", "-buildvcs=false", "-o", f"{BUILD}/", "./upstream", "./load"]
    subprocess.run(command, cwd=HERE, check=True)


if __name__ == "__main__":
    main()
