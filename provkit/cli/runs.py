"""``provkit runs``: the run list."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import join

import click

from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import RunFilter
from provkit.app.summary import RUN_COLUMNS, RunSummary
from provkit.cli import output, words
from provkit.cli.filters import filter_options
from provkit.cli.session import pass_project

_LEAST = {
    "run": 0, "status": 0, "started": 60, "took": 90, "program": 0, "used": 90, "made": 90,
    "tags": 0, "id": 100,
}  # fmt: skip
"""Columns, and how wide the terminal must be to show them."""
_RIGHT = ("run", "took", "used", "made")


@click.command()
@filter_options
@output.format_options("table", "json", "csv")
@pass_project
def runs(project: Project, chosen: RunFilter, fmt: str) -> None:
    r"""List runs, the newest first. All filters given must hold.

    Globs: `*` and `?`; a path matches from any folder on.

    \b
    Examples:
      provkit runs --status failed --since 2026-01-01
      provkit runs --file 'results/*.csv' --limit 3
      provkit runs --tag final --json | jq -r '.[].id'
    """
    found = list_runs(project, chosen)
    if fmt == "json":
        output.write_json(found.to_json())
    elif fmt == "csv":
        output.write_csv(RUN_COLUMNS, map(_cells, found))
    elif found.runs:
        write_runs(found)
    elif chosen.is_empty:
        output.say("No run is recorded yet. Record one: provkit run -- COMMAND")
    else:
        output.say("No run matches.")
    for path in found.damaged:
        output.say(f"provkit: damaged record, not listed: {path} (see `provkit fsck`)")


def write_runs(found: Iterable[RunSummary]) -> None:
    """Print a table of runs; a narrow terminal shows fewer columns."""
    columns = output.terminal_columns()
    titles = [title for title, least in _LEAST.items() if columns is None or columns >= least]
    rows = [[_shown(run)[title] for title in titles] for run in found]
    output.write_table(titles, rows, right=_RIGHT)


def _shown(run: RunSummary) -> dict[str, object]:
    return {
        "run": run.seq,
        "status": run.status,
        "started": words.local_time(run.started),
        "took": words.duration(run.elapsed_s),
        "program": run.program,
        "used": run.used,
        "made": run.generated,
        "tags": ", ".join(run.tags),
        "id": run.record[:8],
    }


def _cells(run: RunSummary) -> list[object]:
    row = run.to_json()
    row["command"], row["tags"] = join(run.command), ", ".join(run.tags)
    return [row[name] for name in RUN_COLUMNS]
