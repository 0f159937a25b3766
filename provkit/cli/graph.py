"""``provkit graph``: graphs of workflows and of runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from provkit.app.graphs import FileSource, hybrid_graph, prospective_graph
from provkit.app.lineage import Way
from provkit.app.pictures import draw_runs, draw_workflow
from provkit.app.run_graphs import Label, RunGraphQuestion, run_graph
from provkit.app.selection import RunFilter
from provkit.app.workflows import ScriptOptions
from provkit.cli import output
from provkit.cli.filters import filter_options
from provkit.cli.pictures import picture_options, put, write_picture
from provkit.cli.session import Session, pass_session
from provkit.errors import UsageError
from provkit.lineage.network import JOINS, By
from provkit.query.workflow import Direction, WorkflowGraph

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def graph() -> None:
    """Draw workflows and runs, as text or picture."""


def direction_options(metavar: str) -> Callable[[F], Callable[..., Any]]:
    """Add ``--upstream-of`` and ``--downstream-of``; gives ``direction`` and ``name``."""

    def decorate(function: F) -> Callable[..., Any]:
        @click.option("--upstream-of", metavar=metavar, help="Only what leads to it.")
        @click.option("--downstream-of", metavar=metavar, help="Only what it leads to.")
        @wraps(function)
        def command(upstream_of: str | None, downstream_of: str | None, **others: Any) -> Any:
            if upstream_of is not None and downstream_of is not None:
                raise UsageError("--upstream-of and --downstream-of exclude each other")
            direction: Direction | None = None
            if upstream_of is not None or downstream_of is not None:
                direction = "downstream" if upstream_of is None else "upstream"
            name = downstream_of if upstream_of is None else upstream_of
            return function(direction=direction, name=name, **others)

        return command

    return decorate


def script_options(function: F) -> Callable[..., Any]:
    """Add ``--script`` and how it is read; gives ``scripts``."""

    @click.option(
        "--script",
        metavar="FILE",
        multiple=True,
        required=True,
        help="Annotated script; - is stdin.",
    )
    @click.option("--language", metavar="L", help="Language, instead of what the file name tells.")
    @click.option("--comment", metavar="D", help="What begins a comment, instead of a language.")
    @click.option("--workflow", metavar="NAME", help="Top-level block to use (the first).")
    @wraps(function)
    def command(
        script: tuple[str, ...],
        language: str | None,
        comment: str | None,
        workflow: str | None,
        **others: Any,
    ) -> Any:
        options = ScriptOptions(files=script, language=language, comment=comment, workflow=workflow)
        return function(scripts=options, **others)

    return command


def file_options(function: F) -> Callable[..., Any]:
    """Add where the files of a run come from; gives ``files``."""

    @click.option("--run", metavar="RUN", help="Files that this run read and wrote.")
    @click.option("--root", metavar="DIR", help="Files below this folder (the project, else here).")
    @click.option("--resources", metavar="LIST", help="YAML file with recorded inputs and outputs.")
    @wraps(function)
    def command(run: str | None, root: str | None, resources: str | None, **others: Any) -> Any:
        files = FileSource(run=run, root=root, resources=resources)
        return function(files=files, **others)

    return command


@graph.command()
@script_options
@direction_options("NAME")
@picture_options(default="text")
def prospective(
    scripts: ScriptOptions,
    direction: Direction | None,
    name: str | None,
    fmt: str,
    target: str | None,
) -> None:
    r"""Draw the workflow that a script means, or what of it leads to or from a data item.

    \b
    Examples:
      provkit graph prospective --script clean.R
      provkit graph prospective --script clean.R --upstream-of plot -o plot.svg
      provkit graph prospective --script clean.R --json | jq '.edges'
    """
    _show(prospective_graph(scripts, direction, name), fmt, target)


@graph.command()
@script_options
@direction_options("NAME")
@file_options
@picture_options(default="text")
@pass_session
def hybrid(
    session: Session,
    scripts: ScriptOptions,
    files: FileSource,
    direction: Direction | None,
    name: str | None,
    fmt: str,
    target: str | None,
) -> None:
    r"""Draw the workflow with the files of a run in it.

    Inputs and outputs of the workflow (orange) list the files that their URI templates name.

    \b
    Examples:
      provkit graph hybrid --script clean.R --run latest
      provkit graph hybrid --script clean.R --root . --upstream-of plot -o plot.svg
    """
    found, findings = hybrid_graph(scripts, files, session.find(), direction, name)
    for finding in findings:
        output.say(str(finding))
    _show(found, fmt, target)


def _show(found: WorkflowGraph, fmt: str, target: str | None) -> None:
    if fmt == "json":
        put((json.dumps(workflow_json(found), indent=2) + "\n").encode(), target)
    else:
        write_picture(draw_workflow(found), fmt, target)


def workflow_json(found: WorkflowGraph) -> dict[str, Any]:
    """The object that ``graph prospective --json`` and ``graph hybrid --json`` print."""
    nodes = []
    for node in found.nodes:
        row: dict[str, Any] = {"id": node.id, "kind": node.kind}
        if node.uris is not None:
            row["uris"] = list(node.uris)
        nodes.append(row)
    return {"nodes": nodes, "edges": [list(edge) for edge in found.edges]}


@graph.command()
@filter_options
@direction_options("TARGET")
@click.option(
    "--by",
    type=click.Choice(JOINS),
    default="content",
    show_default=True,
    help="Weakest join of runs: one unchanged version, equal bytes, or one path.",
)
@click.option(
    "--label",
    type=click.Choice(("path", "content")),
    default="path",
    show_default=True,
    help="What files are one node by.",
)
@picture_options(default="text")
@pass_session
def runs(
    session: Session,
    chosen: RunFilter,
    direction: Direction | None,
    name: str | None,
    by: By,
    label: Label,
    fmt: str,
    target: str | None,
) -> None:
    r"""Draw all runs and files, or what leads to or from a target.

    TARGET is a file, a folder, FILE@RUN, sha256:HASH or a RUN. The filters choose runs.

    \b
    Examples:
      provkit graph runs
      provkit graph runs --upstream-of results/plot.png --label content -o upstream.svg
      provkit graph runs --tag final --json | jq '.nodes[].id'
    """
    way: Way | None = None if direction is None else "up" if direction == "upstream" else "down"
    question = RunGraphQuestion(way=way, target=name, by=by, label=label, runs=chosen)
    found = run_graph(session.project, question)
    if fmt == "json":
        put((json.dumps(found.to_json(), indent=2) + "\n").encode(), target)
    else:
        write_picture(draw_runs(found), fmt, target)
