"""The settings as a page shows them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from chatapp.settings.settings import Settings


def settings_table() -> str:
    """Return the settings as the Markdown table of the README."""
    rows = ["| name | default | meaning |", "| --- | --- | --- |"]
    for setting in fields(Settings):
        about = setting.metadata
        rows.append(f"| `{about['name']}` | {about['shown'] or _default(setting.default)} | {about['meaning']} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value is None or value == ():
        return "–"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
