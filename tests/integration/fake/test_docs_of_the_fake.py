"""The examples on the page about the fake, run as a reader would run them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.fake.script_file import read_script
from chatapp.fake.server import FakeServer
from tests.integration.app_under_test import events_in
from tests.integration.fake.examples import BLOCKS, SHOWN, Block, Reader
from tests.integration.terminal import python

OPENAI = "https://api.openai.com/v1"
PYTHON = [block for block in BLOCKS if block.language == "python"]
COMMANDS = [block for block in BLOCKS if block.language == "sh"]
RECORDING = "Record and replay"
SECTIONS = list(dict.fromkeys(block.section for block in COMMANDS if block.section != RECORDING))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody with an account at a provider, which is the fake as well."""
    with FakeServer() as provider:
        someone = Reader(tmp_path, places={OPENAI: provider.url})
        someone.write_files()
        yield someone
        someone.leave()


def test_every_block_is_of_a_kind_that_is_run() -> None:
    files = [block.file or "" for block in BLOCKS if block.language in ("toml", "js")]

    assert {block.language for block in BLOCKS} == {"python", "toml", "js", "sh", "text"}
    assert len(files) >= 2
    assert all(any(file and file in block.text for block in COMMANDS) for file in files)


def test_every_python_example_passes(tmp_path: Path) -> None:
    Reader(tmp_path).write_files()
    for number, block in enumerate(PYTHON, 1):
        (tmp_path / f"test_{number}.py").write_text(block.text, "utf-8")

    ended = python(tmp_path, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:cacheprovider")

    assert f"\n{len(PYTHON)} passed" in ended.stdout, ended.stdout + ended.stderr


def test_a_cancelled_stream_takes_fewer_than_ten_lines() -> None:
    (example,) = [block.text for block in PYTHON if "cancelled_after_characters ==" in block.text]

    assert len(example.splitlines()) < 10
    assert len(ast.parse(example).body) == 2


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "toml"], ids=lambda block: block.file)
def test_a_script_of_the_page_can_be_read(tmp_path: Path, block: Block) -> None:
    (tmp_path / "script.toml").write_text(block.text, "utf-8")

    assert read_script(tmp_path / "script.toml").rules


@pytest.mark.parametrize("section", SECTIONS)
def test_the_commands_of_a_section_do_what_it_says(reader: Reader, section: str) -> None:
    for block in [block for block in COMMANDS if block.section == section]:
        shown = reader.there(reader.run(block.text))
        if id(block) in SHOWN:
            assert shown == SHOWN[id(block)]
        elif "/chat/stream" in block.text:
            assert events_in(shown)[-1]["done"]
        elif '"stream": true' in block.text:
            assert shown.endswith("data: [DONE]\n\n")
        elif "curl" in block.text:
            assert "error" not in json.loads(shown)


def test_what_was_recorded_is_played_again(reader: Reader) -> None:
    record, ask, replay, ask_again = [block.text for block in COMMANDS if block.section == RECORDING]
    reader.run(record)
    recorded = reader.run(ask)
    reader.run(replay)

    assert reader.run(ask_again) == recorded
    assert json.loads(recorded)["choices"]
    assert [file.stat().st_mode & 0o777 for file in (reader.folder / "cassettes").glob("*.json")] == [0o600]
