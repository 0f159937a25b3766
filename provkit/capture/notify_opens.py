"""What it means that a file is opened, to the supervisor of the notify recorder.

A file counts as read or written by the flags it is opened with, never by what
is transferred later: ``copy_file_range``, ``mmap`` and inherited descriptors
need no further look. A call that will fail, as far as can be seen, is not told.
"""

from __future__ import annotations

import os
import time
from stat import S_IFDIR, S_IFLNK, S_IFREG

from provkit.capture.notify_paths import AT_FDCWD, Paths, permits
from provkit.capture.notify_run import Process
from provkit.capture.notify_trace import escape

TYPE_CHECKING = False  # see seccomp
if TYPE_CHECKING:
    Lines = bytes | None

_SYSTEM_LIMIT = 20_000
_NAME_BYTES = 256
_INT, _AT_FDCWD = 0xFFFFFFFF, AT_FDCWD & 0xFFFFFFFF
_DOTS = (b"", b".", b"..")
_KIND = 0o170000
_WRITING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
_EXCLUSIVE = os.O_CREAT | os.O_EXCL
_RESOLVE_IN_ROOT = 0x10

ASK = b"/\1provkit/"
"""Begins the names, which no file can have, by which a nested recorder asks the supervisor."""


class Asked(Exception):  # noqa: N818 - control flow, not an error
    """A held call was a question; the argument is what follows :data:`ASK`."""


class Opens:
    """Handlers for the calls that open a file; see :class:`provkit.capture.notify_calls.Calls`."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def _open(self, p: Process, t: int, path: int, flags: int, _c: int, _d: int, _e: int) -> Lines:
        return self._opens(p, t, AT_FDCWD, p.read_path(path), flags)

    def _creat(self, p: Process, t: int, path: int, _b: int, _c: int, _d: int, _e: int) -> Lines:
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        return self._opens(p, t, AT_FDCWD, p.read_path(path), flags)

    def _openat(
        self, p: Process, t: int, folder: int, path: int, flags: int, _d: int, _e: int
    ) -> Lines:
        """The call that nearly all are: the common case straight on, all else by the long way."""
        try:
            found = os.pread(p.memory, _NAME_BYTES, path)
            name = found[: found.index(b"\0")]
        except (OSError, ValueError, OverflowError):
            name = p.read_path(path)
        head, slash, last = name.rpartition(b"/")
        if slash:
            if name[:1] != b"/":
                head = p.folder + slash + head if folder & _INT == _AT_FDCWD else b"?"
            elif p.root or name.startswith(p.run.special_folders):
                head = b"?"
            real = self._paths.folders.get(head) if p.folder else None
        else:
            real = p.folder if folder & _INT == _AT_FDCWD else None
        if not real or real == b"/" or last in _DOTS:
            return self._opens(p, t, signed(folder), name, flags)
        return self._opens_path(p, real + b"/" + last, flags, 0)

    def _openat2(
        self, p: Process, t: int, folder: int, path: int, how: int, _d: int, _e: int
    ) -> Lines:
        name, wanted = p.read_path(path), p.read_bytes(how, 24)
        flags = int.from_bytes(wanted[:8], "little")
        if int.from_bytes(wanted[16:24], "little") & _RESOLVE_IN_ROOT:
            name = name.lstrip(b"/") or b"."
        if flags & os.O_PATH:
            return None
        return self._opens(p, t, signed(folder), name, flags)

    def _opens(self, process: Process, thread: int, folder: int, name: bytes, flags: int) -> Lines:
        run = process.run
        if name.startswith(run.system_folders) and not flags & _WRITING:
            # Told once in a run, found or not, which halves the work on short processes.
            system = run.system
            if name in system:
                return None
            if len(system) > _SYSTEM_LIMIT:
                system.clear()
            system.add(name)
        path = self._paths.locate(process, thread, folder, name)
        if path is None:
            return None
        return self._opens_path(process, path, flags, 0)

    def _opens_path(  # noqa: PLR0911 - one answer for each thing that may be there
        self, process: Process, path: bytes, flags: int, links: int
    ) -> Lines:
        at = time.time_ns() // 1000
        # To look first is cheaper than to fail, and what is created is mostly not there.
        if flags & os.O_CREAT and not os.access(path, os.F_OK):
            return self._creates(process, path, flags, at)
        try:
            info = os.lstat(path)
        except OSError:
            return self._creates(process, path, flags, at)
        kind = info.st_mode & _KIND
        if kind == S_IFREG:
            if flags & os.O_DIRECTORY or flags & _EXCLUSIVE == _EXCLUSIVE:
                return None
            return self._opens_file(process, path, info, flags, at)
        if kind == S_IFLNK:
            return self._opens_link(process, path, info, flags, links)
        if kind == S_IFDIR and not flags & (os.O_ACCMODE | os.O_CREAT):
            return b"T\t%d\t%d\t%s" % (process.pid, at, escape(path))
        return None

    def _creates(self, process: Process, path: bytes, flags: int, at: int) -> Lines:
        if path.startswith(ASK):
            raise Asked(path[len(ASK) :])
        if not flags & os.O_CREAT or not self._paths.may_create(path):
            return None
        how = b"a" if flags & os.O_APPEND else b"f"
        return process.run.write(process, path, None, how, at)

    def _opens_file(
        self, process: Process, path: bytes, info: os.stat_result, flags: int, at: int
    ) -> Lines:
        access, cuts = flags & os.O_ACCMODE, flags & os.O_TRUNC
        reads, writes = access != os.O_WRONLY, access != os.O_RDONLY or cuts != 0
        if not permits(info, path, write=writes, read=reads, user=process.user):
            return None
        run = process.run
        if not writes:
            return run.read(process, path, info, at)
        lines = None if cuts or not reads else run.read(process, path, info, at)
        how = b"f" if cuts else b"a" if flags & os.O_APPEND else b""
        return join(lines, run.write(process, path, info, how, at))

    def _opens_link(
        self, process: Process, path: bytes, info: os.stat_result, flags: int, links: int
    ) -> Lines:
        """A symbolic link is read itself, and leads to what is opened."""
        if flags & os.O_NOFOLLOW or flags & _EXCLUSIVE == _EXCLUSIVE or links:
            return None
        lines = self._opens_path(process, os.path.realpath(path), flags, links + 1)
        if lines is None:
            return None
        return join(process.run.read(process, path, info, time.time_ns() // 1000), lines)

    def _truncate(
        self, p: Process, t: int, path: int, size: int, _c: int, _d: int, _e: int
    ) -> Lines:
        flags = os.O_WRONLY if size else os.O_WRONLY | os.O_TRUNC
        return self._opens(p, t, AT_FDCWD, p.read_path(path), flags)

    _truncate64 = _truncate


def signed(descriptor_argument: int) -> int:
    """A descriptor argument: 32 bits, with a sign."""
    value = descriptor_argument & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def join(first: Lines, second: Lines) -> Lines:
    """Lines of two things that one call did."""
    if first is None or second is None:
        return second if first is None else first
    return first + b"\n" + second
