"""The names that RunManager users know, for the project in force.

``listRuns``, ``viewRuns``, ``deleteRuns``, ``traceRuns`` and ``plotRuns`` of recordr
and matlab-dataone, without their surprises: deleting without a filter is
refused, a dry run changes nothing, and lineage needs no equal times.
"""

from __future__ import annotations

from typing import Any

from provkit.app.facade import open_project
from provkit.app.lineage import LineageAnswer, Way
from provkit.app.mend import Deletion
from provkit.app.picture import Picture
from provkit.app.summary import RunList
from provkit.app.view import RunView


def list_runs(**filters: Any) -> RunList:
    """Runs of the project in force that match all filters, the newest first."""
    return open_project().runs(**filters)


def view_run(run: str | int = "latest") -> RunView:
    """One run of the project in force."""
    return open_project().show(run)


def delete_runs(
    *runs: str | int, dry_run: bool = False, purge: bool = False, **filters: Any
) -> Deletion:
    """Delete runs of the project in force, by name or by filter.

    Raises:
        UsageError: Neither was given, which would mean every run.
    """
    return open_project().rm(*runs, dry_run=dry_run, purge=purge, **filters)


def trace_runs(run: str | int = "latest", direction: Way = "both", **rules: Any) -> LineageAnswer:
    """What a run was made from and what was made from it, over all runs.

    Args:
        run: A RUN, or any target of ``provkit lineage``.
        direction: ``up`` (backward), ``down`` (forward) or ``both``.
        rules: ``by``, ``evidence`` and ``depth``.
    """
    return open_project().lineage(str(run), direction, **rules)


def plot_runs(target: str | int | None = None, way: Way | None = None, **how: Any) -> Picture:
    """The graph of all runs and their files, or what leads to a target or comes from it."""
    project = open_project()
    found = project.graph_runs(None if target is None else str(target), way, **how)
    return project.plot(found)
