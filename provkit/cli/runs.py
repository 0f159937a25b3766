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
    """Print a table of runs."""
    rows = [
        (
            run.seq,
            run.status,
            words.local_time(run.started),
            words.duration(run.elapsed_s),
            run.program,
            run.used,
            run.generated,
            ", ".join(run.tags),
            run.record[:8],
        )
        for run in found
    ]
    output.write_table(
        ("run", "status", "started", "took", "program", "used", "made", "tags", "id"),
        rows,
        right=("run", "took", "used", "made"),
    )


def _cells(run: RunSummary) -> list[object]:
    row = run.to_json()
    row["command"], row["tags"] = join(run.command), ", ".join(run.tags)
    return [row[name] for name in RUN_COLUMNS]
