"""``provkit infer``: add what the graph implies, in a graph of its own."""

from __future__ import annotations

import click

from provkit.app.project import Project
from provkit.app.soundness import SLOW_FOR_OWLRL, infer_graph
from provkit.cli import output, words
from provkit.cli.session import pass_project


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["rules", "owlrl"]),
    default="rules",
    show_default=True,
    help="What works it out; owlrl is slow and independent.",
)
@output.format_options("table", "json")
@pass_project
def infer(project: Project, engine: str, fmt: str) -> None:
    r"""Add what the graph implies.

    Plain relations from qualified ones, inverses, more general types and
    relations, who was informed by whom. It goes into the graph
    https://w3id.org/provkit/id/inferred, stays out of exports, and goes away
    when a new record changes what it was made from.

    \b
    Examples:
      provkit infer
      provkit infer --engine owlrl --json
    """
    done = infer_graph(project, engine=engine)
    if engine == "owlrl" and done.over > SLOW_FOR_OWLRL:
        output.say(f"owlrl is slow over {done.over} triples; --engine rules gives the same.")
    if fmt == "json":
        output.write_json(done.to_json())
        return
    if done.by_term:
        output.write_table(["implied", "triples"], done.by_term.items(), right=["triples"])
    output.say(
        f"{words.count(done.triples, 'statement')} implied by {words.count(done.over, 'other')}."
    )
