"""``provkit paths``: ways that fit a regular expression of steps."""

from __future__ import annotations

import click

from provkit.app.paths import PathAnswer, PathQuestion, find_paths
from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.session import pass_project
from provkit.cli.text import printable
from provkit.lineage.network import JOINS, By


@click.command()
@click.argument("expression", metavar="EXPRESSION")
@click.option("--from", "begin", metavar="T", help="Where a way begins: a file, FILE@RUN or run.")
@click.option("--to", "end", metavar="T", help="Where it ends.")
@click.option(
    "--limit", metavar="K", type=click.IntRange(min=1), default=10, show_default=True,
    help="How many ways, the shortest first.",
)  # fmt: skip
@click.option(
    "--by",
    type=click.Choice(JOINS),
    default="content",
    show_default=True,
    help="Weakest join of runs: one unchanged version, equal bytes, or one path.",
)
@output.format_options("table", "json")
@pass_project
def paths(
    project: Project,
    expression: str,
    begin: str | None,
    end: str | None,
    limit: int,
    by: By,
    fmt: str,
) -> None:
    r"""Find ways through runs and files that fit an expression, and print them.

    Steps are `used`, `wasGeneratedBy`, `wasDerivedFrom`; `^` goes against one, `/` joins,
    `|` chooses, `* + ?` repeat, `.` is any. `[program=*.R]` tests the node reached: path, sha256
    of files, program, run, user, status, tag of runs.

    \b
    Examples:
      provkit paths '(wasGeneratedBy/used)+' --from results/plot.png --to data/raw.csv
      provkit paths '(wasGeneratedBy[program=clean.R]/used)+' --from results/plot.png
      provkit paths '^used[user=ann]/^wasGeneratedBy' --json
    """
    question = PathQuestion(expression=expression, begin=begin, end=end, by=by, most=limit)
    found = find_paths(project, question)
    if fmt == "json":
        output.write_json(found.to_json())
    elif not found.ways:
        output.say("No way fits.")
    else:
        _write(found)


def _write(found: PathAnswer) -> None:
    names = {file.id: file.path for file in found.files}
    for run in found.runs:
        names[run.id] = f"run {run.seq} ({run.program})" if run.seq is not None else run.id
    for way in found.ways:
        output.write(printable(" → ".join(names[node] for node in way)))
