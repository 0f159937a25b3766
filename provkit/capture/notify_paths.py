"""Which file a held call names: absolute, with the folders' symbolic links resolved.

The kernel resolves the same name a moment later. The supervisor answers one
call after another, so no traced process can change a name in between.
"""

# ruff: noqa: PTH115 - bytes, and no pathlib in this process

from __future__ import annotations

import os

from provkit.capture.notify_proc import descriptor
from provkit.capture.notify_run import Process

AT_FDCWD = -100

_IGNORED = (b"/proc/", b"/sys/", b"/dev/")
_SHARED_MEMORY = b"/dev/shm/"  # where many work, because it is fast
_STREAMS = {b"/dev/stdin": 0, b"/dev/stdout": 1, b"/dev/stderr": 2}
_DESCRIPTORS = (b"/dev/fd/", b"/proc/self/fd/", b"/proc/thread-self/fd/")
_FOLDERS_LIMIT = 20_000


class Paths:
    """Turns the names that processes pass into real paths.

    Attributes:
        folders: Folder as named, absolute, to real path; empty for the root.
    """

    def __init__(self) -> None:
        self.folders: dict[bytes, bytes] = {}
        self._writable: dict[bytes, bool] = {}

    def locate(self, process: Process, thread: int, folder: int, name: bytes) -> bytes | None:
        """The path that a name stands for; None when it is no file that counts.

        Args:
            process: Who passes it.
            thread: Which of its threads.
            folder: Descriptor that relative names start from, or :data:`AT_FDCWD`.
            name: As passed.

        Raises:
            Vanished: The process is gone.
        """
        if name[:1] == b"/":
            if name.startswith(_IGNORED) and not name.startswith(_SHARED_MEMORY):
                return behind(thread, name)
            head, _, last = name.rpartition(b"/")
            if process.root:
                head = process.root + head
        else:
            base = start(process, thread, folder)
            if not base:
                return None
            head, slash, last = name.rpartition(b"/")
            if not slash:
                if last not in (b"", b".", b".."):
                    return (b"" if base == b"/" else base) + b"/" + last
                head = base
            else:
                head = base + b"/" + head
        real = self.folders.get(head)
        if real is None:
            real = self._resolve(head)
        if last in (b"", b".", b".."):
            return os.path.realpath(head + b"/" + last)
        path = real + b"/" + last
        return None if path.startswith(_IGNORED) and not path.startswith(_SHARED_MEMORY) else path

    def _resolve(self, head: bytes) -> bytes:
        real = os.path.realpath(head or b"/")
        if real == b"/":
            real = b""
        if len(self.folders) > _FOLDERS_LIMIT:
            self.folders.clear()
        self.folders[head] = real
        return real

    def may_create(self, path: bytes) -> bool:
        """Whether a file can be made at a path, as far as its folder says."""
        folder = path.rpartition(b"/")[0] or b"/"
        found = self._writable.get(folder)
        if found is None:
            found = os.access(folder, os.W_OK | os.X_OK)
            if len(self._writable) > _FOLDERS_LIMIT:
                self._writable.clear()
            if found:  # a folder that is not there yet will be looked at again
                self._writable[folder] = found
        return found

    def forget(self) -> None:
        """A folder or a symbolic link changed: resolve anew."""
        self.folders.clear()
        self._writable.clear()


def start(process: Process, thread: int, folder: int) -> bytes:
    """Where relative names start; empty when that is no folder."""
    if folder == AT_FDCWD:
        return process.working_folder(thread)
    base = descriptor(thread, folder)
    return base if base[:1] == b"/" else b""


def behind(thread: int, name: bytes) -> bytes | None:
    """The file behind ``/dev/stdin``, ``/dev/fd/N``, ``/proc/self/exe``; None for all else."""
    if name == b"/proc/self/exe":
        try:
            return os.readlink(b"/proc/%d/exe" % thread)
        except OSError:
            return None
    number = _STREAMS.get(name, -1)
    if number < 0:
        for prefix in _DESCRIPTORS:
            if name.startswith(prefix) and name[len(prefix) :].isdigit():
                number = int(name[len(prefix) :])
    if number < 0:
        return None
    found = descriptor(thread, number)
    return found if found[:1] == b"/" and not found.startswith(_IGNORED) else None


def permits(info: os.stat_result, path: bytes, *, write: bool, read: bool, user: int) -> bool:
    """Whether a process of that user may open a file, by its permission bits if they say so."""
    if user == 0:
        return True
    mode = info.st_mode
    if (not read or mode & 0o444 == 0o444) and (not write or mode & 0o222 == 0o222):
        return True
    wanted = (0o400 if read else 0) | (0o200 if write else 0)
    if info.st_uid == user and mode & wanted == wanted:
        return True
    if user != os.geteuid():
        return True  # we cannot try in the name of somebody else
    return os.access(path, (os.R_OK if read else 0) | (os.W_OK if write else 0))
