"""``provkit lineage``: what a file was made from, and what was made from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from provkit.app.lineage import LineageAnswer, LineageQuestion, ask_lineage
from provkit.app.pictures import draw_lineage
from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.lineage_page import write_page
from provkit.cli.pictures import picture_options, put, write_picture
from provkit.cli.session import pass_project
from provkit.lineage.network import EVIDENCE, JOINS
from provkit.lineage.walk import Rules

F = TypeVar("F", bound=Callable[..., Any])

_CSV = ("from", "to", "kind", "carrier", "from_name", "to_name")


def question_options(function: F) -> Callable[..., Any]:
    """Add TARGET and what narrows or widens the answer; gives ``question``."""

    @click.argument("asked", metavar="TARGET")
    @click.option("--up", "way", flag_value="up", default=True, help="What it was made from.")
    @click.option("--down", "way", flag_value="down", help="What was made from it.")
    @click.option("--both", "way", flag_value="both", help="Both.")
    @click.option(
        "--by",
        type=click.Choice(JOINS),
        default="content",
        show_default=True,
        help="Weakest join of runs: one unchanged version, equal bytes, or one path.",
    )
    @click.option(
        "--evidence",
        type=click.Choice(EVIDENCE),
        default="workflow",
        show_default=True,
        help="Weakest reason that ties an output to some inputs only; assumed: to all.",
    )
    @click.option("--depth", metavar="N", type=click.IntRange(min=0), help="Across N runs at most.")
    @click.option("--through", metavar="GLOB", help="Only ways through such a file or program.")
    @click.option(
        "--paths", metavar="K", type=click.IntRange(min=1), help="Also the K shortest ways."
    )
    @wraps(function)
    def command(
        asked: str,
        way: Any,
        by: Any,
        evidence: Any,
        depth: int | None,
        through: str | None,
        paths: int | None,
        **others: Any,
    ) -> Any:
        question = LineageQuestion(
            target=asked,
            way=way,
            rules=Rules(by=by, evidence=evidence, depth=depth),
            through=through,
            paths=paths or 0,
        )
        return function(question=question, **others)

    return command


@click.command()
@question_options
@picture_options("table", "csv", "turtle", default="table")
@pass_project
def lineage(project: Project, question: LineageQuestion, fmt: str, target: str | None) -> None:
    r"""Show what a file was made from, run by run; --down: what was made from it.

    TARGET is a file (its latest version), a folder, FILE@RUN, sha256:HASH or a RUN.

    \b
    Examples:
      provkit lineage results/plot.png
      provkit lineage data/raw.csv --down
      provkit lineage results/plot.png@3 --json | jq -r '.runs[].program'
      provkit lineage results/plot.png -o lineage.svg
    """
    found = ask_lineage(project, question)
    for remark in found.remarks:
        output.say(remark)
    if fmt == "json":
        put((json.dumps(found.to_json(), indent=2) + "\n").encode(), target)
    elif fmt == "turtle":
        put(found.to_turtle().encode(), target)
    elif fmt == "csv":
        output.write_csv(_CSV, _rows(found))
    elif fmt == "table":
        write_page(found)
    else:
        write_picture(draw_lineage(found.lineage), fmt, target)


def _rows(found: LineageAnswer) -> list[tuple[str, ...]]:
    names = {file.id: file.path for file in found.lineage.files}
    names |= {run.id: run.program for run in found.lineage.runs}
    return [(*edge, names[edge.source], names[edge.target]) for edge in found.lineage.edges]
