"""What may be imported where, as far as a list of forbidden packages could never be complete."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = sorted((ROOT / "chatapp" / "domain").glob("*.py"))
UNIT_TESTS = sorted((ROOT / "tests" / "unit").glob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """Yield the names of the top packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("file", DOMAIN, ids=lambda file: file.name)
def test_the_domain_imports_the_standard_library_only(file: Path) -> None:
    assert set(imported(file)) - {"chatapp"} <= sys.stdlib_module_names


def test_the_client_needs_requests_alone() -> None:
    assert set(imported(ROOT / "chatapp" / "client.py")) - sys.stdlib_module_names == {"requests"}


@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda file: file.name)
def test_unit_tests_need_neither_provider_nor_database(file: Path) -> None:
    assert not {"openai", "sqlalchemy"} & set(imported(file))
