"""The pages carry the licence of everything that is in them.

What is in them is read from esbuild's own account of a build that this test makes, not from a list.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "chatapp" / "web"
LICENCE_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: what its licence file must be quoted with."""

    heading: str
    texts: tuple[str, ...]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Package]:
    folder = tmp_path_factory.mktemp("bundle")
    [esbuild] = (ROOT / "node_modules" / "@esbuild").glob("*/bin/esbuild")
    entries = sorted({path for page in WEB.joinpath("templates").glob("*.html") for path in entries_of(page)})
    options = ["--bundle", "--format=esm", f"--outdir={folder}", f"--metafile={folder}/meta.json"]
    options += ["--loader:.woff2=file", "--loader:.woff=empty", "--loader:.ttf=empty"]
    subprocess.run([esbuild, *entries, *options, "--log-level=error"], cwd=ROOT, check=True)
    inputs = json.loads((folder / "meta.json").read_text())["inputs"]
    homes = {home_of(Path(name)) for name in inputs if name.startswith("node_modules/")}
    return [package_in(ROOT / home) for home in sorted(homes)]


@pytest.fixture(scope="module")
def notices() -> str:
    return (WEB / "static" / "THIRD-PARTY.txt").read_text()


def entries_of(page: Path) -> list[str]:
    """Return the sources of the files that a template asks for."""
    names = [part.split("'")[0] for part in page.read_text().split("asset('")[1:]]
    return [f"chatapp/web/frontend/{name}" for name in names if name.endswith((".js", ".css"))]


def home_of(path: Path) -> Path:
    """Return the folder of the package that a bundled file comes from."""
    depth = 3 if path.parts[1].startswith("@") else 2
    return Path(*path.parts[:depth])


def package_in(home: Path) -> Package:
    """Return the package as it was installed."""
    about = json.loads((home / "package.json").read_text())
    texts = [path.read_text().strip() for path in home.iterdir() if path.name.upper().startswith(LICENCE_NAMES)]
    return Package(f"{about['name']} {about['version']} ({about['license']})", tuple(texts))


def missing(packages: list[Package], notices: str) -> list[str]:
    """Return the packages whose name, version or licence text is not among the notices."""
    return [
        package.heading
        for package in packages
        if not package.texts or not all(text in notices for text in (package.heading, *package.texts))
    ]


def test_every_bundled_package_is_named_with_its_licence(packages: list[Package], notices: str) -> None:
    assert packages
    assert missing(packages, notices) == []


def test_a_package_without_its_licence_text_is_found_out(packages: list[Package], notices: str) -> None:
    first = packages[0]
    assert missing(packages, notices.replace(first.texts[0], "")) == [first.heading]
    assert missing([Package("left-pad 1.0.0 (MIT)", ("Text",))], notices) == ["left-pad 1.0.0 (MIT)"]


def test_what_a_bundled_bundle_holds_is_quoted_too(notices: str) -> None:
    beside = ROOT / "node_modules" / "swagger-ui-dist" / "swagger-ui-bundle.js.LICENSE.txt"
    assert beside.read_text().strip() in notices
