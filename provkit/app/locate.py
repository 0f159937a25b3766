"""Find the project in force: the one named, else the first one upwards from here."""

# Plain os.path: pathlib costs 5 ms, and every command passes here.
# ruff: noqa: PTH109, PTH112, PTH119, PTH120

from __future__ import annotations

import os
from collections.abc import Mapping

from provkit.errors import UsageError

FOLDER = ".provkit"
"""Name of the folder that makes another one a project."""


def locate(
    named: str | None = None,
    *,
    start: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> str | None:
    """Root of the project in force: ``--project``, ``PROVKIT_PROJECT``, else upwards from here.

    Args:
        named: Folder named with ``--project``.
        start: Where to look upwards from; the working directory by default.
        environ: Where ``PROVKIT_PROJECT`` is looked up.

    Returns:
        None when there is no project at that place.

    Raises:
        UsageError: The folder named is not there.
    """
    named = named or environ.get("PROVKIT_PROJECT") or None
    if named is not None:
        root = project_root(named)
        return root if os.path.lexists(f"{root}/{FOLDER}") else None
    place = os.path.realpath(start or working_directory())
    while not os.path.lexists(f"{place.rstrip('/')}/{FOLDER}"):
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    return place


def project_root(named: str) -> str:
    """Real path of a folder that a user named as project; ``DIR/.provkit`` means ``DIR``.

    Raises:
        UsageError: It is not a folder.
    """
    root = os.path.realpath(named)
    if os.path.basename(root) == FOLDER:
        root = os.path.dirname(root)
    if not os.path.isdir(root):
        raise UsageError(
            f"no such folder: {named}", hint="--project and PROVKIT_PROJECT name a folder"
        )
    return root


def working_directory() -> str:
    """The working directory.

    Raises:
        UsageError: It was deleted.
    """
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise UsageError("the working directory is gone", hint="cd to a folder") from error
