"""``provkit tag``, ``note`` and ``rm``: say more about runs, or take them away."""

from __future__ import annotations

import click

from provkit.app.mend import add_note, add_tags, delete_runs
from provkit.app.project import Project
from provkit.app.selection import RunFilter
from provkit.cli import output, words
from provkit.cli.filters import filter_options
from provkit.cli.params import RUN
from provkit.cli.runs import write_runs
from provkit.cli.session import pass_project


@click.command()
@click.argument("run", metavar="RUN", type=RUN)
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take them off.")
@pass_project
def tag(project: Project, run: str, tags: tuple[str, ...], remove: bool) -> None:
    r"""Add tags to a run.

    \b
    Examples:
      provkit tag latest final 'for the paper'
      provkit tag 7 draft --remove
    """
    add_tags(project, run, tags, remove=remove)


@click.command()
@click.argument("run", metavar="RUN", type=RUN)
@click.argument("text", metavar="TEXT")
@pass_project
def note(project: Project, run: str, text: str) -> None:
    r"""Add a note to a run. Notes are kept in the order of time.

    \b
    Example:
      provkit note 7 'sensor 3 was broken that day'
    """
    add_note(project, run, text)


@click.command()
@click.argument("runs", metavar="RUN...", type=RUN, nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only say which runs it would be.")
@click.option("--purge", is_flag=True, help="Leave no tombstone; lineage then ends there.")
@filter_options
@pass_project
def rm(
    project: Project, chosen: RunFilter, runs: tuple[str, ...], dry_run: bool, purge: bool
) -> None:
    r"""Delete runs by name or filter.

    A tombstone stays, so that files made from their outputs keep their lineage.
    Archived bytes stay until `provkit gc`.

    \b
    Examples:
      provkit rm 3 4
      provkit rm --status failed --until 2026-01-31 --dry-run
    """
    gone = delete_runs(project, runs, chosen, dry_run=dry_run, purge=purge)
    if not gone.runs:
        output.say("No run matches.")
    elif gone.done:
        kept = "purged" if gone.purged else "deleted"
        output.say(f"{words.count(len(gone.runs), 'run')} {kept}.")
    else:
        write_runs(gone.runs)
        output.say(f"Dry run: {words.count(len(gone.runs), 'run')} would be deleted.")
