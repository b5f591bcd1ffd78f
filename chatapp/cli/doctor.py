"""``chatapp doctor``."""

from __future__ import annotations

import click

from chatapp.cli.start import settings
from chatapp.doctor import Finding, Verdict, examine

MARKS = {Verdict.GOOD: "ok     ", Verdict.NOTE: "note   ", Verdict.WRONG: "WRONG  "}


@click.command()
def doctor() -> None:
    """Look for what is wrong, and say how to mend it."""
    findings = examine(settings())
    for finding in findings:
        _show(finding)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise SystemExit(1)


def _show(finding: Finding) -> None:
    click.echo(MARKS[finding.verdict] + finding.sentence)
    if finding.advice:
        click.echo(" " * 7 + finding.advice)
