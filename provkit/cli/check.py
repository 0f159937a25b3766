"""``provkit check``: PROV constraints, provkit's own promises, and shapes."""

from __future__ import annotations

import click

from provkit.app.project import Project
from provkit.app.soundness import check_graph
from provkit.cli import output, words
from provkit.cli.session import pass_project
from provkit.cli.text import printable

_DIFFERENT = 4


@click.command()
@click.option("--shapes/--no-shapes", default=True, help="Check shapes (SHACL) too.")
@output.format_options("table", "json")
@pass_project
def check(project: Project, shapes: bool, fmt: str) -> int:
    r"""Check that the graph is sound.

    The constraints of PROV (uniqueness, order of events, types, what is
    impossible), what provkit promises besides, and the shapes of runs and models.
    Exit code 4 when something is broken.

    \b
    Examples:
      provkit check
      provkit check --no-shapes --json
    """
    found = check_graph(project, shapes=shapes)
    if shapes and not found.shapes:
        output.say("Shapes are not checked: pip install 'provkit[shacl]'")
    if fmt == "json":
        output.write_json(found.to_json())
    else:
        for finding in found.findings:
            output.write(printable(f"{finding.rule}: {finding.message}"))
            for node in finding.nodes:
                output.write(printable(f"  {node}"))
            output.write(printable(f"  see {finding.source}"))
        said = words.count(len(found.findings), "finding")
        output.say("Sound." if not found.findings else f"{said}.")
    return _DIFFERENT if found.findings else 0
