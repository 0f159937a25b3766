"""A frozen copy of the index that a server may read while others record and ask."""

from __future__ import annotations

import os

from provkit.app.project import Project
from provkit.errors import StoreError
from provkit.store.oxigraph import OxigraphStore


def generation(project: Project) -> str:
    """A text that is another one when a record was sealed or a statement made since."""
    folders = (project.path("runs"), project.path("records"))
    return " ".join(str(os.stat(folder).st_mtime_ns) for folder in folders)  # noqa: PTH116


def take_snapshot(project: Project, folder: str) -> None:
    """Put a snapshot of the index, brought up to date, into a new folder.

    It is made of hard links in milliseconds; the index is held no longer than that.

    Raises:
        StoreError: The graph is on another server, or the index was held all the time.
    """
    with project.store() as store:
        if not isinstance(store, OxigraphStore):
            raise StoreError("only the embedded index can be copied", hint="ask its server itself")
        store.backup(folder)
