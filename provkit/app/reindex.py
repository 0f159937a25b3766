"""Make the index anew from the records, beside the old one, then swap."""

# ruff: noqa: PTH104, PTH112 - os is loaded, pathlib may not be

from __future__ import annotations

import os
import shutil

from provkit.app.folder import ProjectFolder, not_usable
from provkit.app.ingest import ingest
from provkit.errors import StoreError, StoreLockedError
from provkit.store.oxigraph import OxigraphStore


def reindex(project: ProjectFolder, *, wait_s: float = 5.0) -> int:
    """Make the index anew; the old one answers until the new one is whole.

    Returns:
        How many graphs there are.

    Raises:
        StoreLockedError: Another process held the index all the time.
        ProjectError: The folder cannot be written.
    """
    place, growing, old = (project.path(name) for name in ("store", "store.new", "store.old"))
    try:
        for leftover in (growing, old):
            if os.path.isdir(leftover):
                shutil.rmtree(leftover)
        holder = _hold(place, wait_s)
        try:
            with OxigraphStore(growing) as store:
                ingest(project, store)
                store.optimize()
                graphs = len(store.graphs())
        finally:
            if holder is not None:
                holder.close()
        if os.path.isdir(place):
            os.rename(place, old)
        os.rename(growing, place)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise not_usable(place, error) from error
    return graphs


def _hold(place: str, wait_s: float) -> OxigraphStore | None:
    """The old index, held so that nobody uses it meanwhile; None when it is beyond opening."""
    try:
        return OxigraphStore(place, wait_s=wait_s)
    except StoreLockedError:
        raise
    except StoreError:
        return None
