"""``provkit export``: runs in the notations of others."""

from __future__ import annotations

import click

from provkit.app.export import KINDS
from provkit.app.export import export as write_export
from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.session import pass_project
from provkit.files import write_atomically


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option("--as", "to", type=click.Choice(KINDS), required=True, help="What to write.")
@click.option("-o", "target", metavar="FILE", type=click.Path(dir_okay=False), help="Where to.")
@click.option("--inferred", is_flag=True, help="What `provkit infer` added, too.")
@pass_project
def export(
    project: Project, runs: tuple[str, ...], to: str, target: str | None, inferred: bool
) -> None:
    r"""Write runs, the models of their programs and what was said about them.

    Without RUN, all of them. The same graph always gives the same bytes.
    Prolog, SQL and CSV hold the tables of DataONE RunManager.

    \b
    Examples:
      provkit export latest --as prov-n
      provkit export --as trig -o project.trig
      provkit export --as sql | sqlite3 runs.db
    """
    document = write_export(project, runs, to=to, inferred=inferred)
    if target is None:
        output.write(document)
        return
    with write_atomically(target, mode=0o644) as file:
        file.write(document.encode())
