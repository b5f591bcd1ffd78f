"""The built files of the pages: where they are, and how long a browser may keep them."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path

from flask import Response, request, send_from_directory
from werkzeug.exceptions import NotFound

YEAR_SECONDS = 31_536_000
PACKED = ".gz"
"""What the build adds to the name of a file for the same packed with gzip."""

HASHED = re.compile(r".+-[A-Z0-9]{8}\.\w+")
"""Names that the build made of a file's content: what has such a name never changes."""
KINDS = {".woff2": "font/woff2"}
"""What Python does not know everywhere."""


class AssetsMissing(RuntimeError):
    """The pages were never built."""


class Assets:
    """The files of one folder, each with a hash of its content in its address or in its name.

    Raises:
        AssetsMissing: the folder is not there, or empty.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(path for path in folder.glob("*") if path.suffix != PACKED) if folder.is_dir() else []
        if not files:
            raise AssetsMissing("The pages are not built yet: run `make run` (or `pip install -e .`) once.")
        self._folder = folder
        self._packed = {path.stem for path in folder.glob(f"*{PACKED}")}
        self._versions = {path.name: _version(path) for path in files}

    def address(self, name: str) -> str:
        """Return the address of the file ``name``, which changes whenever its content does."""
        return f"/static/{name}?v={self.version(name)}"

    def version(self, name: str) -> str:
        """Return the hash of the content of the file ``name``."""
        if name not in self._versions:
            raise AssetsMissing(f"The page file {name} is not built: run `make run` (or `pip install -e .`) again.")
        return self._versions[name]

    def text(self, name: str) -> str:
        """Return the content of the file ``name``."""
        return (self._folder / name).read_text(encoding="utf-8")

    def send(self, name: str) -> Response:
        """Answer with the file ``name``; one that was asked for by its hash may be kept for a year."""
        if name not in self._versions:
            raise NotFound
        kind = KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        if name in self._packed and request.accept_encodings["gzip"]:
            response = send_from_directory(self._folder, f"{name}{PACKED}", mimetype=kind)
            response.content_encoding = "gzip"
        else:
            response = send_from_directory(self._folder, name, mimetype=kind)
        if name in self._packed:
            response.vary.add("Accept-Encoding")
        response.cache_control.no_cache = None
        # A page of another version may ask for a hash that is not this file's: that answer must not be kept.
        if HASHED.fullmatch(name) or request.args.get("v") == self._versions[name]:
            response.cache_control.public = True
            response.cache_control.max_age = YEAR_SECONDS
            response.cache_control.immutable = True
        else:
            response.cache_control.no_cache = True
        return response


def _version(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
