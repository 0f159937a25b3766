"""``provkit cat`` and ``restore``: the bytes of an archived version."""

from __future__ import annotations

from functools import partial

import click

from provkit.app.files import find_version, open_version, restore_version
from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.session import pass_project
from provkit.files import CHUNK_BYTES

_found = click.option(
    "--found", is_flag=True, help="As the run found the file, before changing it."
)


@click.command()
@click.argument("target", metavar="FILE@RUN")
@_found
@pass_project
def cat(project: Project, target: str, found: bool) -> None:
    r"""Print the bytes of a file as a run left it, verified by hash.

    Without @RUN: the newest version recorded.

    \b
    Examples:
      provkit cat results/table.csv@7 | head
      diff <(provkit cat clean.R@3) <(provkit cat clean.R@4)
    """
    version = find_version(project, target, found=found)
    with open_version(project, version) as file:
        for block in iter(partial(file.read, CHUNK_BYTES), b""):
            output.write_bytes(block)


@click.command()
@click.argument("target", metavar="FILE@RUN")
@click.option("-o", "--output", "to", metavar="PATH", help="Where to, if not to its own place.")
@_found
@pass_project
def restore(project: Project, target: str, to: str | None, found: bool) -> None:
    r"""Bring back a file as a run left it, verified by hash.

    What stands there now is archived first.

    \b
    Examples:
      provkit restore results/table.csv@7
      provkit restore clean.R@3 -o old-clean.R
    """
    done = restore_version(project, find_version(project, target, found=found), to)
    version = done.version
    output.say(f"{done.path} is as run {version.seq} saw it, sha256 {version.sha256[:12]}.")
    if done.replaced and done.replaced != version.sha256:
        output.say(f"What stood there is archived as sha256 {done.replaced}.")
