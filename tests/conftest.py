"""What a whole run must hold: every kind of test at least once, and nothing skipped."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.databases"]

KINDS = {
    "worker class gevent": r"\[(.*-)?gevent(-.*)?\]",
    "worker class gthread": r"\[(.*-)?gthread(-.*)?\]",
    "adapter OpenAIChatModel": r"contracts/test_chat_model.*\[openai",
    "adapter FakeChatModel": r"contracts/test_chat_model.*\[fake",
    "storage memory": r"contracts/test_reply_store.*\[memory",
    "storage SQLite": r"contracts/test_reply_store.*\[sqlite",
    "storage PostgreSQL": r"contracts/test_reply_store.*\[postgresql",
    "browser Chromium": r"integration/browser/",
}
"""What is counted, and how the ids of such tests look."""

ALONE = "alone"
WHOLE_RUN = pytest.StashKey[bool]()
SOAK_LINES = pytest.StashKey[list[str]]()


settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="fail if a kind of test did not run, or one was skipped")
    parser.addoption("--screenshots", type=Path, metavar="FOLDER", help="keep a picture of each state of the pages")
    parser.addoption("--soak", action="store_true", help="run the sweeps and the soak whole, and tell what happened")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[WHOLE_RUN] = config.getoption("--whole")
    config.stash[SOAK_LINES] = []


@pytest.fixture(scope="session")
def soak(pytestconfig: pytest.Config) -> bool:
    """Whether the sweeps and the soak run whole."""
    return bool(pytestconfig.getoption("--soak"))


@pytest.fixture(scope="session")
def screenshots(pytestconfig: pytest.Config) -> Path | None:
    """Where pictures of the pages are kept; None where nobody wants any."""
    folder: Path | None = pytestconfig.getoption("--screenshots")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def soak_lines(pytestconfig: pytest.Config) -> list[str]:
    """Lines that tell what happened, shown after a soak."""
    return pytestconfig.stash[SOAK_LINES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--soak"):
        terminalreporter.section("soak")
        terminalreporter.write("".join(f"{line}\n" for line in config.stash[SOAK_LINES]))
    if not config.stash[WHOLE_RUN]:
        return
    terminalreporter.section("what ran")
    for kind, count in _passed(terminalreporter).items():
        terminalreporter.line(f"{count:5} {kind}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if not session.config.stash[WHOLE_RUN] or exitstatus != pytest.ExitCode.OK:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    is_part = session.config.option.markexpr == ALONE  # the few that measure time, which run by themselves
    missing = [kind for kind, count in _passed(reporter).items() if count == 0 and not is_part]
    skipped = len(reporter.stats.get("skipped", [])) + len(reporter.stats.get("xfailed", []))
    if missing or skipped:
        reporter.line("")
        reporter.line(f"Not a whole run: {skipped} skipped; nothing ran of: {', '.join(missing) or '–'}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _passed(reporter: pytest.TerminalReporter) -> Counter[str]:
    counts = Counter(dict.fromkeys(KINDS, 0))
    for report in reporter.stats.get("passed", []):
        for kind, pattern in KINDS.items():
            counts[kind] += bool(re.search(pattern, report.nodeid))
    return counts
