"""``provkit reindex``: make the index anew. Alone in its module, for it needs the engine."""

from __future__ import annotations

import click

from provkit.app.project import Project
from provkit.app.reindex import reindex as make_index
from provkit.cli import output, words
from provkit.cli.session import pass_project


@click.command()
@pass_project
def reindex(project: Project) -> None:
    r"""Make the index anew from the records. Nothing recorded is touched.

    \b
    Example:
      provkit reindex
    """
    output.say(f"Indexed {words.count(make_index(project), 'graph')}.")
