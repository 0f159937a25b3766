"""``provkit yw add``: put workflow models on record."""

from __future__ import annotations

import click

from provkit.app.models import add_models
from provkit.app.workflows import ScriptOptions
from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.cli.yw_options import script_options, warn


@click.command()
@script_options
@click.option("--together", is_flag=True, help="All files are one text: a block spans them.")
@output.format_options("table", "json")
@pass_session
def add(session: Session, scripts: ScriptOptions, together: bool, fmt: str) -> None:
    r"""Put the workflow models of scripts into the project, beside its runs.

    The model of a program that ran is there already. A script that did not run
    here is archived with its model; so is one whose block spans several files.

    \b
    Examples:
      provkit yw add clean.R plot.R
      provkit yw add prepare.py plot.py --together
    """
    project, made = session.find_or_create()
    added = add_models(project, scripts, together=together)
    if made:
        output.say(f"Made a project in {project.root}.")
    for each in added:
        warn(each.findings)
    if fmt == "json":
        output.write_json([each.to_json() for each in added])
        return
    rows = [
        (each.workflow, ", ".join(each.sources) or "-", "added" if each.new else "there already")
        for each in added
    ]
    output.write_table(("workflow", "sources", ""), rows)
