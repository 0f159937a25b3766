"""``provkit init``: make a project."""

from __future__ import annotations

from pathlib import Path

import click

from provkit import __version__
from provkit.app.project import create_project, project_root
from provkit.cli import output
from provkit.cli.session import Session, pass_session


@click.command()
@click.argument("folder", metavar="[DIR]", required=False)
@pass_session
def init(session: Session, folder: str | None) -> None:
    r"""Make a project in DIR, by default here. Safe to repeat.

    A first `provkit run` makes one too.

    \b
    Examples:
      provkit init
      provkit init analysis/
    """
    place = folder or session.project_dir or "."
    Path(place).mkdir(parents=True, exist_ok=True)
    root = project_root(place)
    existed = Path(root, ".provkit").exists()
    project = create_project(root, version=__version__)
    output.say(f"{'already a project' if existed else 'project made'}: {project.folder}")
