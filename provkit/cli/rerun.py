"""``provkit rerun``: run again from archived program and inputs."""

from __future__ import annotations

import click

from provkit.app.project import Project
from provkit.app.rerun import rerun as run_again
from provkit.cli import output, words
from provkit.cli.params import RUN
from provkit.cli.session import pass_project

_DIFFERENCE = 4


@click.command()
@click.argument("run", metavar="RUN", type=RUN)
@click.option("--in", "folder", metavar="DIR", help="Where to: an empty or new folder.")
@output.format_options("table", "json")
@pass_project
def rerun(project: Project, run: str, folder: str | None, fmt: str) -> int:
    r"""Run a run again from its archived program and inputs, and compare its outputs.

    It happens in a folder of its own; the project's files are not touched.
    Exits with 4 when an output or the exit code differs.

    \b
    Examples:
      provkit rerun latest
      provkit rerun 7 --in /tmp/again --json | jq .changed
    """
    found = run_again(project, run, folder)
    if fmt == "json":
        output.write_json(found.to_json())
    else:
        rows = [
            (finding, path)
            for finding in ("changed", "missing", "unknown", "same")
            for path in getattr(found, finding)
        ]
        if rows:
            output.write_table(("output", "path"), rows)
    if found.expected_exit_code not in (None, found.exit_code):
        output.say(f"Exit code {found.exit_code}, not {found.expected_exit_code} as before.")
    if found.is_same:
        output.say(f"{words.count(len(found.same), 'output')} came out the same.")
        return 0
    output.say(f"Something differs. It ran in {found.folder}")
    return _DIFFERENCE
