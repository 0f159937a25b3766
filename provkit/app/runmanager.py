"""The names that RunManager users know, for the project in force.

``listRuns``, ``viewRuns`` and ``deleteRuns`` of recordr and matlab-dataone
(docs/explanation: what provkit takes from them), without their surprises:
deleting without a filter is refused, and a dry run changes nothing.
"""

from __future__ import annotations

from typing import Any

from provkit.app.facade import open_project
from provkit.app.mend import Deletion
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
