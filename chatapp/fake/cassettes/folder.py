"""A folder of cassettes: one readable file per exchange, numbered in the order in which they ended."""

from __future__ import annotations

import json
import os
import re
import tempfile
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec

from chatapp.fake.cassettes.cassette import Cassette

NUMBERED = re.compile(r"^(\d+)-.*\.json$")
VISIBLE = re.compile(r"^[^.].*\.json$", re.DOTALL)
"""Hidden files are not ours: some systems make a second one, with what they know of the first."""
LONGEST_NAME = 80
NO_PIECES = '"pieces": []'
UNUSABLE = (ValueError, RecursionError, msgspec.ValidationError)


class BadCassette(ValueError):
    """A cassette, or a folder of them, cannot be used; the sentence names it and the reason."""


class CassetteWriter:
    """Writes cassettes into a folder, which it makes. Another may write into the same: no file is ever replaced.

    The prompts and the answers are in the files, so nobody else on the machine can read them (mode 0600).

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()

    def write(self, cassette: Cassette) -> Path:
        """Write one, whole or not at all; return its file. May be called from any thread.

        Raises:
            OSError: it cannot be written.
            BadCassette: it could not be read again, and would make the whole folder unusable.
        """
        try:
            data = as_text(cassette)
            _from_text(data)
        except UNUSABLE as error:
            raise BadCassette(f"The cassette could not be read again: {error}.") from error
        with self._lock:
            unfinished, path = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")  # readable by us alone
            try:
                with os.fdopen(unfinished, "wb") as writer:
                    writer.write(data)
                return self._named(Path(path), _name(cassette))
            finally:
                Path(path).unlink(missing_ok=True)

    def _named(self, whole: Path, name: str) -> Path:
        """Give a file that is whole its name, with the next number that is free; return it under that."""
        numbers = (int(found[1]) for file in self._folder.iterdir() if (found := NUMBERED.match(file.name)))
        for number in count(max(numbers, default=0) + 1):
            file = self._folder / f"{number:04}-{name}.json"
            with suppress(FileExistsError):  # another recorder was faster
                file.hardlink_to(whole)
                return file
        raise AssertionError("There is always another number.")


def read_folder(folder: Path) -> dict[str, Cassette]:
    """Return the cassettes in a folder, by the names of their files, in the order of their numbers.

    Raises:
        BadCassette: there is no such folder, no cassette in it, or one that cannot be used.
    """
    try:
        files = sorted((file for file in folder.iterdir() if VISIBLE.match(file.name)), key=_place)
    except OSError as error:
        raise BadCassette(f"The folder of cassettes {folder} cannot be read: {error.strerror}.") from error
    if not files:
        raise BadCassette(f"There is no cassette in the folder {folder}.")
    return {file.name: read_cassette(file) for file in files}


def read_cassette(file: Path) -> Cassette:
    """Return the cassette in a file.

    Raises:
        BadCassette: it cannot be read, or something in it is wrong.
    """
    try:
        return _from_text(file.read_bytes())
    except OSError as error:
        raise BadCassette(f"The cassette {file} cannot be read: {error.strerror}.") from error
    except UNUSABLE as error:
        raise BadCassette(f"The cassette {file} cannot be used: {error}.") from error


def as_text(cassette: Cassette) -> bytes:
    """Return a cassette as its file has it: JSON for people to read, with one line for each piece."""
    value = msgspec.to_builtins(cassette)
    pieces = value["response"]["pieces"]
    value["response"]["pieces"] = []
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if pieces:
        before, _, after = text.rpartition(NO_PIECES)
        lines = ",\n".join(f"      {json.dumps(piece, ensure_ascii=False)}" for piece in pieces)
        text = f'{before}"pieces": [\n{lines}\n    ]{after}'
    # Half a character, which JSON can name and UTF-8 cannot, becomes the escape that JSON has for it.
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _from_text(data: bytes) -> Cassette:
    return msgspec.convert(json.loads(data.decode()), Cassette)


def _name(cassette: Cassette) -> str:
    words = f"{cassette.request.method}-{cassette.request.path}".lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:LONGEST_NAME]


def _place(file: Path) -> tuple[int, str]:
    found = NUMBERED.match(file.name)
    return int(found[1]) if found else 0, file.name
