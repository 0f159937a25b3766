"""What a held call means: one handler per call, each gives the lines that tell it."""

# ruff: noqa: PTH116, PTH118 - bytes, and no pathlib in this process

from __future__ import annotations

import os
import time
from stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG

from provkit.capture.notify_opens import Opens, join, signed
from provkit.capture.notify_paths import AT_FDCWD, Paths
from provkit.capture.notify_proc import Vanished, descriptor
from provkit.capture.notify_processes import Table
from provkit.capture.notify_run import UNSAVED, Process, identity
from provkit.capture.notify_trace import escape
from provkit.capture.seccomp import Abi

TYPE_CHECKING = False  # see seccomp
if TYPE_CHECKING:
    from collections.abc import Callable

    Lines = bytes | None
    Handler = Callable[[Process, int, int, int, int, int, int], Lines]

_AT_REMOVEDIR, _AT_EMPTY_PATH = 0x200, 0x1000
_RENAME_NOREPLACE, _RENAME_EXCHANGE = 1, 2
_ENTRIES_LIMIT = 10_000
_ARGUMENTS_LIMIT, _ARGUMENT_BYTES = 2000, 1 << 17


class Calls(Opens):
    """Handlers for the calls of one ABI.

    A handler gets the process, the thread and the first five arguments, and
    returns lines of the trace (joined by line ends) or None.

    Raises:
        Vanished: From any handler: the process is gone.
    """

    def __init__(self, abi: Abi, paths: Paths, table: Table) -> None:
        super().__init__(paths)
        self._word = abi.word_bytes
        self._table = table
        self.handlers: dict[int, Handler] = {
            number: getattr(self, f"_{name}") for name, number in abi.calls.items()
        }

    # Renaming, deleting, linking

    def _rename(self, p: Process, t: int, old: int, new: int, _c: int, _d: int, _e: int) -> Lines:
        return self._renames(p, t, (AT_FDCWD, old), (AT_FDCWD, new), 0)

    def _renameat(
        self, p: Process, t: int, from_: int, old: int, to: int, new: int, _e: int
    ) -> Lines:
        return self._renames(p, t, (signed(from_), old), (signed(to), new), 0)

    def _renameat2(
        self, p: Process, t: int, from_: int, old: int, to: int, new: int, flags: int
    ) -> Lines:
        return self._renames(p, t, (signed(from_), old), (signed(to), new), flags)

    def _renames(
        self, process: Process, thread: int, old: tuple[int, int], new: tuple[int, int], flags: int
    ) -> Lines:
        source = self._paths.locate(process, thread, old[0], process.read_path(old[1]))
        target = self._paths.locate(process, thread, new[0], process.read_path(new[1]))
        if source is None or target is None:
            return None
        try:
            info = os.lstat(source)
        except OSError:
            return None
        try:
            there = os.lstat(target)
        except OSError:
            there = None
        if flags & _RENAME_EXCHANGE:
            return self._exchanges(process, source, target, info) if there else None
        if there is not None:
            same = (info.st_dev, info.st_ino) == (there.st_dev, there.st_ino)
            mixed = (S_IFMT(info.st_mode) == S_IFDIR) != (S_IFMT(there.st_mode) == S_IFDIR)
            if flags & _RENAME_NOREPLACE or same or mixed:
                return None
        elif not self._paths.may_create(target):
            return None
        run = process.run
        saved = UNSAVED if there is None else run.save(target, there, doomed=True)
        run.staging.moved(source, target)
        return self._moved(process, info, saved, source, target)

    def _exchanges(
        self, process: Process, source: bytes, target: bytes, info: os.stat_result
    ) -> Lines:
        """Two names change places: told as three renames by way of a name of ours."""
        aside = source + b".provkit-aside"
        lines = None
        for each, to in ((source, aside), (target, source), (aside, target)):
            process.run.staging.moved(each, to)
            lines = join(lines, self._moved(process, info, UNSAVED, each, to))
        return lines

    def _moved(
        self, process: Process, info: os.stat_result, saved: bytes, source: bytes, target: bytes
    ) -> Lines:
        """Lines for a rename, one for each file when it is of a folder."""
        run, at = process.run, time.time_ns() // 1000
        kind = S_IFMT(info.st_mode)
        if kind != S_IFREG:
            self._forget_folders()
        if kind != S_IFDIR:
            names = escape(source), escape(target)
            return run.change(b"M", process, at, identity(info), saved, *names)
        lines = None
        for path, there in _files_below(source):
            to = target + path[len(source) :]
            run.staging.moved(path, to)
            names = escape(path), escape(to)
            line = run.change(b"M", process, at, identity(there), UNSAVED, *names)
            lines = join(lines, line)
        return lines

    def _forget_folders(self) -> None:
        self._paths.forget()
        self._table.forget_folders()

    def _unlink(self, p: Process, t: int, path: int, _b: int, _c: int, _d: int, _e: int) -> Lines:
        return self._unlinks(p, t, AT_FDCWD, path)

    def _unlinkat(
        self, p: Process, t: int, folder: int, path: int, flags: int, _d: int, _e: int
    ) -> Lines:
        if flags & _AT_REMOVEDIR:
            self._paths.forget()
            return None
        return self._unlinks(p, t, signed(folder), path)

    def _unlinks(self, process: Process, thread: int, folder: int, address: int) -> Lines:
        path = self._paths.locate(process, thread, folder, process.read_path(address))
        if path is None:
            return None
        try:
            info = os.lstat(path)
        except OSError:
            return None
        kind = S_IFMT(info.st_mode)
        if kind == S_IFDIR or not self._paths.may_create(path):
            return None
        if kind == S_IFLNK:
            self._paths.forget()
        run, at = process.run, time.time_ns() // 1000
        saved = run.save(path, info, doomed=True)
        return run.change(b"D", process, at, identity(info), saved, escape(path))

    def _link(self, p: Process, t: int, old: int, new: int, _c: int, _d: int, _e: int) -> Lines:
        return self._links(p, t, (AT_FDCWD, old), (AT_FDCWD, new), 0)

    def _linkat(
        self, p: Process, t: int, from_: int, old: int, to: int, new: int, flags: int
    ) -> Lines:
        return self._links(p, t, (signed(from_), old), (signed(to), new), flags)

    def _links(
        self, process: Process, thread: int, old: tuple[int, int], new: tuple[int, int], flags: int
    ) -> Lines:
        name = process.read_path(old[1])
        target = self._paths.locate(process, thread, new[0], process.read_path(new[1]))
        if not name and flags & _AT_EMPTY_PATH:
            source: bytes | None = descriptor(thread, old[0])
        else:
            source = self._paths.locate(process, thread, old[0], name)
        if source is None or target is None or not self._can_appear(target):
            return None
        run, at = process.run, time.time_ns() // 1000
        if source.endswith(b" (deleted)"):  # a file that had no name so far (O_TMPFILE)
            return run.write(process, target, None, b"f", at)
        if not os.path.lexists(source):
            return None
        run.staging.created(target)
        return run.change(b"L", process, at, b"h", escape(source), escape(target))

    def _symlink(self, p: Process, t: int, text: int, new: int, _c: int, _d: int, _e: int) -> Lines:
        return self._symlinks(p, t, text, AT_FDCWD, new)

    def _symlinkat(
        self, p: Process, t: int, text: int, folder: int, new: int, _d: int, _e: int
    ) -> Lines:
        return self._symlinks(p, t, text, signed(folder), new)

    def _symlinks(self, process: Process, thread: int, text: int, folder: int, new: int) -> Lines:
        points_to = process.read_path(text)
        path = self._paths.locate(process, thread, folder, process.read_path(new))
        if path is None or not self._can_appear(path):
            return None
        self._paths.forget()
        process.run.staging.created(path)
        target = os.path.normpath(os.path.join(path.rpartition(b"/")[0] or b"/", points_to))
        at = time.time_ns() // 1000
        return process.run.change(b"L", process, at, b"s", escape(target), escape(path))

    def _can_appear(self, path: bytes) -> bool:
        return not os.path.lexists(path) and self._paths.may_create(path)

    # Processes

    def _execve(
        self, p: Process, t: int, path: int, arguments: int, _c: int, _d: int, _e: int
    ) -> Lines:
        return self._executes(p, t, AT_FDCWD, p.read_path(path), arguments)

    def _execveat(
        self, p: Process, t: int, folder: int, path: int, arguments: int, _d: int, flags: int
    ) -> Lines:
        name = p.read_path(path)
        if not name and flags & _AT_EMPTY_PATH:
            name = b"/proc/self/fd/%d" % signed(folder)
        return self._executes(p, t, signed(folder), name, arguments)

    def _executes(
        self, process: Process, thread: int, folder: int, name: bytes, arguments: int
    ) -> Lines:
        path = self._paths.locate(process, thread, folder, name)
        command = self._read_command(process, arguments)
        process.look_around()
        if path is None:
            return None
        path = os.path.realpath(path)
        try:
            info = os.stat(path)
        except OSError:
            return None
        if S_IFMT(info.st_mode) != S_IFREG or not info.st_mode & 0o111:
            return None
        at = time.time_ns() // 1000
        lines = process.run.started(process, thread, at, path, command)
        return join(lines, process.run.read(process, path, info, at))

    def _read_command(self, process: Process, address: int) -> list[bytes]:
        """The argument vector that a program is started with."""
        words: list[bytes] = []
        room = _ARGUMENT_BYTES
        try:
            while len(words) < _ARGUMENTS_LIMIT and room > 0:
                size = min(32 * self._word, 4096 - address % 4096)
                block = process.read_bytes(address, size)
                if not block:
                    break
                for offset in range(0, len(block), self._word):
                    pointer = int.from_bytes(block[offset : offset + self._word], "little")
                    if not pointer:
                        return words
                    words.append(process.read_path(pointer, _ARGUMENT_BYTES))
                    room -= len(words[-1])
                address += size
        except Vanished:  # a word longer than the kernel takes
            words.append(b"\xe2\x80\xa6")
        return words

    def _chdir(self, p: Process, t: int, _a: int, _b: int, _c: int, _d: int, _e: int) -> Lines:
        p.folder = b""
        p.chdir = t
        return None

    _fchdir = _chdir

    def _io_uring_setup(
        self, p: Process, _t: int, _a: int, _b: int, _c: int, _d: int, _e: int
    ) -> Lines:
        return b"!\tprocess %d uses io_uring: files that it opens that way are not seen" % p.pid


def _files_below(folder: bytes) -> list[tuple[bytes, os.stat_result]]:
    """Files and links in a folder that is about to be renamed, up to a limit."""
    found = []
    for top, _folders, names in os.walk(folder):
        for name in names:
            path = top + b"/" + name
            try:
                found.append((path, os.lstat(path)))
            except OSError:
                continue
        if len(found) > _ENTRIES_LIMIT:
            break
    return found
