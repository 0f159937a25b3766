"""``provkit ask``: questions of the catalogue, and of a workflow."""

from __future__ import annotations

import click

from provkit.app.graphs import QUESTIONS, ask_workflow
from provkit.app.workflows import ScriptOptions
from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.errors import UsageError


@click.command()
@click.argument("question", metavar="[QUESTION]", required=False)
@click.argument("values", metavar="[K=V]...", nargs=-1)
@click.option("--script", metavar="FILE", multiple=True, help="Ask the workflow of this script.")
@click.option("--workflow", metavar="NAME", help="Top-level block to use (the first).")
@output.format_options("table", "json", "csv")
@pass_session
def ask(
    session: Session,
    question: str | None,
    values: tuple[str, ...],
    script: tuple[str, ...],
    workflow: str | None,
    fmt: str,
) -> None:
    r"""Ask a question of the catalogue; without one, list them.

    With --script, ask the workflow of a script: `outputs`, `inputs-of NAME`, `outputs-of NAME`.

    \b
    Examples:
      provkit ask
      provkit ask readers path=data/raw.csv
      provkit ask inputs-of plot --script clean.R
    """
    if script:
        scripts = ScriptOptions(files=script, workflow=workflow)
        _ask_workflow(scripts, question, values, fmt)


def _ask_workflow(
    scripts: ScriptOptions, question: str | None, values: tuple[str, ...], fmt: str
) -> None:
    if question not in QUESTIONS:
        raise UsageError(
            f"a script cannot be asked for {question or 'nothing'!r}",
            hint=f"ask {', '.join(QUESTIONS)}",
        )
    wanted = 0 if question == "outputs" else 1
    if len(values) != wanted:
        raise UsageError(
            f"{question} takes {'one name' if wanted else 'no name'}",
            hint=f"provkit ask {question}{' NAME' if wanted else ''} --script FILE",
        )
    names = ask_workflow(scripts, question, *values)
    if fmt == "json":
        output.write_json(list(names))
    elif fmt == "csv":
        output.write_csv(("name",), [(name,) for name in names])
    else:
        for name in names:
            output.write(name)
