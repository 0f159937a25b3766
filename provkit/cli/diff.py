"""``provkit diff``: what differs between two runs."""

from __future__ import annotations

import re

import click

from provkit.app.diff import Difference, diff_runs
from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.params import RUN
from provkit.cli.session import pass_project

_MARKS = {"same": "=", "changed": "≠", "only-left": "-", "only-right": "+"}
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@click.command()
@click.argument("left", metavar="RUN", type=RUN)
@click.argument("right", metavar="RUN", type=RUN)
@click.option("--all", "whole", is_flag=True, help="What is the same, too.")
@output.format_options("table", "json", "csv")
@pass_project
def diff(project: Project, left: str, right: str, whole: bool, fmt: str) -> None:
    r"""Compare two runs: program, parameters, environment, inputs, outputs.

    Marks: `≠` changed, `-` only in the first, `+` only in the second, `=` same.

    \b
    Examples:
      provkit diff 3 latest
      provkit diff 3 4 --json | jq '.outputs[] | select(.finding != "same")'
    """
    found = diff_runs(project, left, right)
    if fmt == "json":
        output.write_json(found.to_json())
        return
    if fmt == "csv":
        output.write_csv(found.columns, found.rows)
        return
    shown = [entry for entry in found.entries if whole or entry.finding != "same"]
    if shown:
        titles = ("", "part", "name", f"run {found.left_seq}", f"run {found.right_seq}")
        output.write_table(titles, [_row(entry) for entry in shown])
    same = sum(entry.finding == "same" for entry in found.entries)
    if found.is_same:
        output.say(f"Nothing differs ({same} things compared).")
    elif not whole:
        output.say(f"{same} more are the same: --all")


def _row(entry: Difference) -> tuple[str, ...]:
    return (
        _MARKS[entry.finding],
        entry.part,
        entry.name,
        *(_short(value) for value in (entry.left, entry.right)),
    )


def _short(value: str | None) -> str:
    if value is None:
        return ""
    return value[:12] if _SHA256.match(value) else value
