"""A script as a TOML file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec

from chatapp.fake.faults import Fault
from chatapp.fake.script import Script

PLACE = re.compile(r" - at `\$\.?(.*)`$")
INDEX = re.compile(r"\[(\d+)\]")
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
MISSING = re.compile(r"Object missing required field `(.*)`")
NO_SUCH = re.compile(r"Invalid value '(.*)'")  # the one thing that is one of a few is the kind of a fault
OUT_OF_RANGE = "Number out of range"
EXPECTED = re.compile(r"Expected `(.*?)`")
FAULTS = sorted(str(kind.__struct_config__.tag) for kind in get_args(Fault))
KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
"""What TOML's kinds of values are called among people."""


class BadScript(ValueError):
    """A script cannot be used; the sentence names the file, the place and the reason."""


def read_script(path: Path) -> Script:
    """Return the script in the file.

    Raises:
        BadScript: it cannot be read, or something in it is wrong.
    """
    try:
        # Some editors put a byte order mark before UTF-8.
        return msgspec.convert(tomllib.loads(path.read_text("utf-8-sig")), Script)
    except OSError as error:
        raise BadScript(f"The script {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadScript(f"The script {path} cannot be read: it is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadScript(f"The script {path} is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise BadScript(f"The script {path} cannot be used: {in_plain_words(error)}.") from error
    except RecursionError as error:
        raise BadScript(f"The script {path} cannot be used: it is nested too deeply.") from error
    except (OverflowError, ValueError) as error:  # TOML's own errors are above: what is left are endless digits
        raise BadScript(f"The script {path} cannot be used: a number in it is too large.") from error


def in_plain_words(error: msgspec.ValidationError) -> str:
    """Return what is wrong, with the place first: ``rule 2, fault: “code” …``, counted as people count, from 1."""
    reason = str(error)
    place = PLACE.search(reason)
    words = _without_jargon(PLACE.sub("", reason))
    if place is None or not place[1]:
        return words
    where = INDEX.sub(lambda index: f" {int(index[1]) + 1}", place[1]).replace("rules ", "rule ").replace(".", ", ")
    return f"{where}: {words}"


def _without_jargon(words: str) -> str:
    """Return what msgspec says in the words of somebody who wrote TOML; the language's own sentences stay."""
    if unknown := UNKNOWN.fullmatch(words):
        return f"“{unknown[1]}” is not known here"
    if missing := MISSING.fullmatch(words):
        return f"“{missing[1]}” is missing"
    if no_such := NO_SUCH.fullmatch(words):
        return f"there is no “{no_such[1]}”, there are only: {', '.join(FAULTS)}"
    if words == OUT_OF_RANGE:
        return "it is too large"
    if expected := EXPECTED.match(words):
        kinds = [KINDS.get(kind, kind) for kind in expected[1].split(" | ") if kind != "null"]
        return f"it must be {' or '.join(kinds)}"
    return words
