"""Tell an observer of an opened file by the flags it was opened with, after the fact.

For recorders that read a log: the file may have changed or gone since.
"""

# Plain os: a log has many lines.
# ruff: noqa: PTH118

from __future__ import annotations

import os
import stat
from datetime import datetime

from provkit.capture.observer import Observer
from provkit.capture.tree import Identity

GONE = Identity(0, 0, 0, 0, 0, stat.S_IFREG)
"""Of a file that was there, since a call on it succeeded, but is not any more."""

_FOLDERS_LIMIT = 10_000


def tell_opened(
    observer: Observer, pid: int, path: str, flags: int, *, at: datetime, why: str
) -> None:
    """Tell that a process has opened a file: what the flags allow counts as done.

    Args:
        observer: Who is told.
        pid: The process.
        path: Absolute path.
        flags: As for ``open(2)``.
        at: When.
        why: Why the bytes before are not saved.
    """
    if observer.hides(path):
        return
    if flags & os.O_DIRECTORY:
        observer.listed(pid, path, at=at)
        return
    access = flags & os.O_ACCMODE
    fresh = bool(flags & (os.O_TRUNC | os.O_EXCL))
    reads = access != os.O_WRONLY and not fresh
    if reads and not flags & os.O_CREAT:
        tell_read(observer, pid, path, at=at)
    if access != os.O_RDONLY or fresh or flags & os.O_CREAT:
        append = bool(flags & os.O_APPEND)
        seen = observer.before_run(path)
        observer.write(pid, path, at=at, fresh=fresh, append=append, seen=seen, why=why)
    if reads and flags & os.O_CREAT:
        # Perhaps it was not there: then the writing, told first, makes it no input.
        tell_read(observer, pid, path, at=at)


def tell_read(observer: Observer, pid: int, path: str, *, at: datetime) -> None:
    """Tell that a process has opened a file for reading, whatever became of it since."""
    seen = observer.before_run(path)
    if seen is None and not os.path.lexists(path):
        seen = GONE
    observer.read(pid, path, at=at, seen=seen)


class Folders:
    """Resolves the symbolic links in the folder of a path, remembering what they were."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def real(self, path: str) -> str:
        """An absolute path with its folder resolved and its last name as it is."""
        folder, last = os.path.split(path)
        if last in ("", ".", ".."):
            return os.path.realpath(path)
        found = self._known.get(folder)
        if found is None:
            if len(self._known) > _FOLDERS_LIMIT:
                self._known.clear()
            found = self._known[folder] = os.path.realpath(folder)
        return os.path.join(found, last)
