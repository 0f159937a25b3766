"""``provkit ask``: questions of the catalogue, and of a workflow."""

from __future__ import annotations

from typing import Any

import click

from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.errors import UsageError
from provkit.query.catalog import Column, Query

_WORKFLOW = ("outputs", "inputs-of", "outputs-of")
_SHORT_HASH = 12


@click.command()
@click.argument("question", metavar="[QUESTION]", required=False)
@click.argument("values", metavar="[K=V]...", nargs=-1)
@click.option("--script", metavar="FILE", multiple=True, help="Ask the workflow of this script.")
@click.option("--workflow", metavar="NAME", help="Top-level block to use (the first).")
@click.option("--all", "everything", is_flag=True, help="List every query, not only questions.")
@output.format_options("table", "json", "csv")
@pass_session
def ask(
    session: Session,
    question: str | None,
    values: tuple[str, ...],
    script: tuple[str, ...],
    workflow: str | None,
    everything: bool,
    fmt: str,
) -> None:
    r"""Ask a question of the catalogue; without one, list them.

    What is asked for may be left out where the list says so; then all is told. With --script, ask
    the workflow of a script: `outputs`, `inputs-of NAME`, `outputs-of NAME`.

    \b
    Examples:
      provkit ask
      provkit ask readers path=data/raw.csv
      provkit ask stale-outputs --json | jq -r '.[].path'
      provkit ask inputs-of plot --script clean.R
    """
    if script:
        _ask_workflow(script, workflow, question, values, fmt)
    elif question is None:
        _list(fmt, everything=everything)
    else:
        _ask_project(session, question, values, fmt)


def _ask_workflow(
    script: tuple[str, ...],
    workflow: str | None,
    question: str | None,
    values: tuple[str, ...],
    fmt: str,
) -> None:
    from provkit.app.graphs import ask_workflow  # noqa: PLC0415 - other questions need no scripts
    from provkit.app.workflows import ScriptOptions  # noqa: PLC0415 - likewise

    if question not in _WORKFLOW:
        raise UsageError(
            f"a script cannot be asked for {question or 'nothing'!r}",
            hint=f"ask {', '.join(_WORKFLOW)}",
        )
    wanted = 0 if question == "outputs" else 1
    if len(values) != wanted:
        raise UsageError(
            f"{question} takes {'one name' if wanted else 'no name'}",
            hint=f"provkit ask {question}{' NAME' if wanted else ''} --script FILE",
        )
    names = ask_workflow(ScriptOptions(files=script, workflow=workflow), question, *values)
    if fmt == "json":
        output.write_json(list(names))
    elif fmt == "csv":
        output.write_csv(("name",), [(name,) for name in names])
    else:
        for name in names:
            output.write(name)


def _list(fmt: str, *, everything: bool) -> None:
    from provkit.app.questions import list_questions  # noqa: PLC0415 - scripts need it not

    found = list_questions(everything=everything)
    if fmt == "json":
        output.write_json([_describe(query) for query in found])
        return
    rows = [(_short(query), _parameters(query), query.summary) for query in found]
    if fmt == "csv":
        output.write_csv(("question", "parameters", "summary"), rows)
    else:
        output.write_table(("question", "with", "what it asks"), rows)
        output.say("Ask one: provkit ask QUESTION [NAME=VALUE]…; what is in [ ] may be left out.")


def _short(query: Query) -> str:
    return query.name.removeprefix("questions/")


def _parameters(query: Query) -> str:
    return " ".join(
        f"{each.name}=" if each.required else f"[{each.name}=]" for each in query.parameters
    )


def _describe(query: Query) -> dict[str, Any]:
    return {
        "name": _short(query),
        "summary": query.summary,
        "parameters": [
            {
                "name": each.name,
                "kind": each.kind,
                "required": each.required,
                "meaning": each.meaning,
            }
            for each in query.parameters
        ],
        "columns": [
            {"name": each.name, "kind": each.kind, "meaning": each.meaning}
            for each in query.columns
        ],
        "sources": list(query.sources),
    }


def _ask_project(session: Session, question: str, words: tuple[str, ...], fmt: str) -> None:
    from provkit.app.questions import ask_question, read_values  # noqa: PLC0415 - scripts need it not

    found = ask_question(session.project, question, read_values(words))
    if fmt == "json":
        output.write_json(found.to_json())
    elif fmt == "csv":
        output.write_csv(found.columns, found.rows)
    elif not found.rows:
        output.say("Nothing.")
    else:
        rows = [
            [
                _shown(column, cell, found.numbers)
                for column, cell in zip(found.header, row, strict=True)
            ]
            for row in found.rows
        ]
        numeric = [c.name for c in found.header if c.kind in ("run", "integer", "number")]
        output.write_table(found.columns, rows, right=numeric)


def _shown(column: Column, cell: Any, numbers: Any) -> Any:
    """A cell for people: runs by number, hashes by their start, times as here."""
    if cell is None:
        return None
    if column.kind == "run":
        return numbers.get(cell, cell)
    if column.kind == "sha256":
        return str(cell)[:_SHORT_HASH]
    if column.kind == "time":
        from provkit.cli.words import local_time  # noqa: PLC0415 - few answers have times
        from provkit.times import read_time  # noqa: PLC0415 - likewise

        return local_time(read_time(str(cell)))
    return f"{cell:.3f}" if isinstance(cell, float) else cell
