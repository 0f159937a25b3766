"""A file as the run first met it, and where files go when a folder is renamed."""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH120

from __future__ import annotations

import os
from dataclasses import dataclass
from shutil import copyfile

from provkit.capture.tree import Identity, identify

SAVE_BYTES = 256 << 20
"""Larger files are not copied before they are written over: it would take too long."""

MOST_ENTRIES = 10_000
"""Of a folder that is renamed, so many files are followed."""


@dataclass(slots=True)
class Sight:
    """How a file was when the run first met it.

    Attributes:
        identity: What the file system said; None when it was too late to ask.
        staged: Path of a copy of its bytes in the staging folder.
        why: Why there is no copy although the file changed.
    """

    identity: Identity | None
    staged: str | None = None
    why: str = ""


def moves_of(path: str, target: str) -> list[tuple[str, str]]:
    """Old and new name of each file that a rename moves, told before or after the fact."""
    there, folder = identify(path), identify(os.path.dirname(target))
    arrived = identify(target)
    if there is None and arrived is None:
        return []
    if there is not None and folder is not None and there.dev != folder.dev:
        return []  # renaming across file systems fails
    base = path if there is not None else target
    if not (there or arrived or folder or _NOTHING).is_folder:
        return [(path, target)]
    moves: list[tuple[str, str]] = []
    for top, _, names in os.walk(base):
        start = top[len(base) :]
        moves += [(f"{path}{start}/{name}", f"{target}{start}/{name}") for name in names]
        if len(moves) > MOST_ENTRIES:
            break
    return moves


_NOTHING = Identity(0, 0, 0, 0, 0, 0)


def copy_of(path: str, known: Identity, staging: str) -> tuple[str | None, str]:
    """A copy of a file in the staging folder, or why there is none."""
    if known.size > SAVE_BYTES:
        return None, "too large to save before it was written over"
    copy = f"{staging}/named-{known.dev:x}-{known.ino:x}"
    try:
        copyfile(path, copy)
    except OSError as error:
        return None, f"not saved before it was written over: {error.strerror}"
    now = identify(path)
    return (copy, "") if now is not None and now.same_bytes(known) else (None, "unstable")
