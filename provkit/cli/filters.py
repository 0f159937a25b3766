"""The filter options that ``runs``, ``rm``, ``graph runs`` and ``package`` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from provkit.app.selection import STATUSES, RunFilter, read_filter

_OPTIONS = (
    click.option("--id", metavar="ID", help="Start of the run id."),
    click.option("--program", metavar="GLOB", help="Script or program."),
    click.option("--file", metavar="GLOB", multiple=True, help="File read, written or run."),
    click.option("--hash", metavar="SHA256", multiple=True, help="Start of such a file's hash."),
    click.option("--tag", metavar="GLOB", multiple=True, help="Tag; repeated: all of them."),
    click.option("--user", metavar="GLOB", help="Who ran it."),
    click.option("--status", type=click.Choice(STATUSES), help="How it ended."),
    click.option("--since", metavar="TIME", help="Started then or later; local without zone."),
    click.option("--until", metavar="TIME", help="Started then or earlier; a day counts whole."),
    click.option("--error", metavar="GLOB", help="Part of the error message."),
    click.option("--seq", metavar="A:B", help="Run numbers; also 7, 3: and :9."),
    click.option("--limit", metavar="N", type=click.IntRange(min=0), help="The N newest."),
)
_NAMES = (
    "id", "program", "file", "hash", "tag", "user", "status", "since", "until", "error", "seq",
    "limit",
)  # fmt: skip


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the filters to a command, which gets them as one ``chosen: RunFilter``.

    Paths given to ``--file`` and ``--program`` that start with ``/``, ``./`` or
    ``../`` are from the working directory, as everywhere on a command line.
    """

    @click.pass_context
    def call(context: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        words = {name: kwargs.pop(name) for name in _NAMES}
        words["file"] = tuple(_from_project(context, glob) for glob in words["file"])
        if words["program"] is not None:
            words["program"] = _from_project(context, words["program"])
        chosen: RunFilter = read_filter(**words)
        return context.invoke(function, *args, chosen=chosen, **kwargs)

    wrapped: Callable[..., Any] = update_wrapper(call, function)
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _from_project(context: click.Context, glob: str) -> str:
    if not glob.startswith(("/", "./", "../")):
        return glob
    project = context.obj.find() if context.obj else None
    return glob if project is None else str(project.relative(glob))
