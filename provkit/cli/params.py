"""Kinds of arguments that Tab can complete."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from provkit.app.project import find_project
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.errors import ProvkitError

_MOST = 50


class RunName(click.types.StringParamType):
    """A RUN: a number, the start of a run id, or ``latest``."""

    name = "run"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """The newest runs, with their program as help."""
        try:
            project = find_project()
            found = list_runs(project, read_filter(limit=_MOST)) if project else ()
        except ProvkitError:
            return []
        items = [CompletionItem("latest")]
        items += [CompletionItem(str(run.seq), help=run.program) for run in found]
        return [item for item in items if str(item.value).startswith(incomplete)]


RUN = RunName()
