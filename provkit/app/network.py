"""The network that lineage walks over, from a file when that is up to date.

``index/lineage`` holds it, with the state of the project's records that it was
made from. As long as no record came or went, lineage needs neither the store
nor its lock: it answers while a server holds the store, at the price of a look at
two folders. Else the store is brought up to date and the file made anew.
"""

# Plain os: every question about lineage passes here.
# ruff: noqa: PTH108, PTH116, PTH208

from __future__ import annotations

import json
import os

from provkit import __version__
from provkit.app.folder import ProjectFolder, recorder_is_alive
from provkit.app.project import Project
from provkit.lineage.index import open_index, write_index
from provkit.lineage.network import Adjacency
from provkit.query.catalog import catalog


def open_network(project: Project) -> Adjacency:
    """The network of a project, with every record that is there now.

    Raises:
        ProjectError: Another process held the store all the time, and the file was not up to date.
    """
    generation = records_generation(project)
    path = project.path("index", "lineage")
    found = open_index(path, generation)
    if found is not None:
        return found
    # Lazy: with an index that is up to date, nothing of the engine is needed.
    from provkit.query.flow import load_network  # noqa: PLC0415

    with project.store() as store:
        network = load_network(store)
    try:
        write_index(path, network, generation)
    except OSError:
        return network  # a project on a full or read-only disk can be asked all the same
    return network


def forget_network(project: ProjectFolder) -> None:
    """Throw the file away, because the store changed without a record: inferred statements."""
    try:
        os.unlink(project.path("index", "lineage"))
    except FileNotFoundError:
        return


def records_generation(project: ProjectFolder) -> str:
    """What the index depends on: records that are there, rules, and this program.

    Names are counted beside the folder's time, whose grain may be coarse. A
    record that is open counts by its size and whether its recorder lives.
    """
    about: list[object] = [__version__]
    about += [catalog[name].version for name in catalog.names("hybrid")]
    for folder in (project.path("runs"), project.path("records")):
        names = os.listdir(folder)
        about += [os.stat(folder).st_mtime_ns, len(names)]
        for name in sorted(name for name in names if name.endswith(".open")):
            path = f"{folder}/{name}"
            try:
                about += [name, os.stat(path).st_size, recorder_is_alive(path)]
            except FileNotFoundError:  # sealed just now
                about.append(name)
    return json.dumps(about)
