"""Read the log of ``strace -f -y -z -ttt`` and tell an observer what it says.

Only calls that succeeded are in it (``-z``), each on one line, and descriptors
come with their absolute path (``-y``), so that ``openat`` needs no further
look. For calls that take a plain path the working directory of each process is
followed.
"""

# Plain os: no path of ours is built here.
# ruff: noqa: PTH114, PTH118, PTH120

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from provkit.capture.observer import Observer
from provkit.capture.opened import GONE, Folders, tell_opened
from provkit.capture.tree import identify

CALLS = (
    "open", "openat", "openat2", "creat", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "unlink", "unlinkat", "truncate", "execve", "execveat", "chdir",
    "fchdir", "clone", "clone3", "fork", "vfork", "io_uring_setup",
)  # fmt: skip
"""What is traced, where the machine has it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINE = re.compile(rb"(\d+) +(\d+)\.(\d{6}) (.*)\Z", re.DOTALL)
_CALL = re.compile(rb"(\w+)\((.*)\) += (\d+)(?:<((?:[^<>\\]|\\.)*)>)?", re.DOTALL)
_END = re.compile(rb"\+\+\+ (?:exited with (\d+)|killed by (\w+)|superseded by .*) .*", re.DOTALL)
_NAME = re.compile(
    rb'(?:AT_FDCWD|\b\d+)<((?:[^<>\\]|\\.)*)>|"((?:[^"\\]|\\.)*)"(?:\.\.\.)?', re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}
_PIECE_BYTES = 1 << 20
_FLAG = re.compile(rb"\bO_[A-Z]+")
_O_PATH = 0o10000000
_WHY = "strace tells of it when it is written already"


class StraceLog:
    """Tells an observer the lines of a log, as far as they are written.

    Args:
        path: The log.
        observer: Who is told.
        command: Process id of the command.
        directory: Its working directory.

    Attributes:
        over: The end of the command was read.
    """

    def __init__(self, path: str, observer: Observer, *, command: int, directory: str) -> None:
        self.over = False
        self._path = path
        self._observer = observer
        self._command = command
        self._handle = -1
        self._rest = b""
        self._groups: dict[int, int] = {command: command}
        self._parents: dict[int, int] = {}
        self._folders: dict[int, str] = {command: directory}
        self._resolved = Folders()
        self._programs: dict[int, tuple[list[str], str]] = {}
        self._told: set[int] = set()
        self._early: dict[int, list[tuple[datetime, bytes]]] = {}
        self._tellers: dict[bytes, Callable[[int, datetime, _Names, bytes, bytes], None]] = {
            **dict.fromkeys((b"open", b"openat", b"openat2", b"creat"), self._open),
            **dict.fromkeys((b"rename", b"renameat", b"renameat2"), self._rename),
            **dict.fromkeys((b"link", b"linkat"), self._link),
            **dict.fromkeys((b"symlink", b"symlinkat"), self._symlink),
            **dict.fromkeys((b"unlink", b"unlinkat"), self._unlink),
            **dict.fromkeys((b"execve", b"execveat"), self._execute),
            **dict.fromkeys((b"chdir", b"fchdir"), self._chdir),
            b"truncate": self._truncate,
            b"io_uring_setup": self._io_uring,
        }

    def advance(self) -> None:
        """Tell what was written since the last time. Never raises."""
        try:
            if self._handle < 0:
                self._handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            while piece := os.read(self._handle, _PIECE_BYTES):
                *lines, self._rest = (self._rest + piece).split(b"\n")
                for line in lines:
                    try:
                        self._take(line)
                    except (ValueError, IndexError, KeyError, OverflowError):
                        self._observer.problem("a line of strace could not be read")
        except FileNotFoundError:
            return  # strace has not begun
        except OSError as error:
            self._observer.problem(f"the log of strace cannot be read: {error.strerror}")

    def close(self) -> None:
        """Tell the rest, that of processes of unknown parents too."""
        self.advance()
        for pid in list(self._early):
            self._know(pid, None)
        if self._handle >= 0:
            os.close(self._handle)

    def _take(self, line: bytes) -> None:
        found = _LINE.match(line)
        if found is None:
            return
        thread, seconds, micros, what = found.groups()
        at = _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros))
        pid = self._groups.get(int(thread))
        if pid is None:  # its parent's clone has not returned yet
            self._early.setdefault(int(thread), []).append((at, what))
        else:
            self._tell(int(thread), pid, at, what)

    def _tell(self, thread: int, pid: int, at: datetime, what: bytes) -> None:
        ended = _END.match(what)
        if ended:
            self._end(thread, pid, at, ended)
            return
        call = _CALL.match(what)
        if call is None:
            return
        name, arguments, value, path = call.groups()
        if name in (b"clone", b"clone3", b"fork", b"vfork"):
            self._know(int(value), pid, is_thread=b"CLONE_THREAD" in arguments)
            return
        teller = self._tellers.get(name)
        if teller is not None:
            if teller is not self._chdir:
                self._introduce(self._parents.get(pid) if name[:4] == b"exec" else pid, at)
            teller(pid, at, self._names(pid, arguments), arguments, path or b"")

    def _know(self, new: int, parent: int | None, *, is_thread: bool = False) -> None:
        """A thread or process is known from now on; tell what it did meanwhile."""
        if new in self._groups and new not in self._early:
            return
        self._groups[new] = parent if is_thread and parent is not None else new
        if not is_thread:
            if parent is not None:
                self._parents[new] = parent
            self._folders[new] = self._folders.get(parent or self._command, "/")
        for at, what in self._early.pop(new, ()):
            self._tell(new, self._groups[new], at, what)

    def _introduce(self, pid: int | None, at: datetime) -> None:
        """Tell of a process that was forked and has not become another program."""
        if pid is None or pid in self._told:
            return
        parent = self._parents.get(pid)
        self._introduce(parent, at)
        self._programs[pid] = self._programs.get(parent or 0, ([], ""))
        self._begin(pid, at)

    def _begin(self, pid: int, at: datetime) -> None:
        words, executable = self._programs[pid]
        self._told.add(pid)
        self._observer.process(
            pid,
            parent=self._parents.get(pid),
            command=words,
            directory=self._folders.get(pid, "/"),
            executable=executable,
            at=at,
        )

    def _end(self, thread: int, pid: int, at: datetime, ended: re.Match[bytes]) -> None:
        del self._groups[thread]
        if thread != pid:
            return
        self._told.discard(pid)
        code = int(ended[1]) if ended[1] else None
        if ended[2]:
            code = 128 + _signal_number(ended[2].decode("ascii"))
        if pid == self._command:  # who waits for it knows more
            self.over = True
        else:
            self._observer.ended(pid, exit_code=code, at=at)

    def _names(self, pid: int, arguments: bytes) -> _Names:
        """Folder and name of each path argument."""
        names, folder = [], self._folders.get(pid, "/")
        for found in _NAME.finditer(arguments):
            if found[2] is None:
                folder = _text(found[1])
            else:
                names.append((folder, _text(found[2])))
                folder = self._folders.get(pid, "/")
        return names

    def _full(self, name: tuple[str, str]) -> str:
        """Absolute path of a name, the symbolic links of its folder resolved."""
        return self._resolved.real(os.path.join(*name))

    def _open(self, pid: int, at: datetime, names: _Names, arguments: bytes, path: bytes) -> None:
        where = _text(path)
        if not where.startswith("/") or where.endswith(" (deleted)"):
            return
        words = _FLAG.findall(_NAME.sub(b"", arguments))
        flags = 0
        for word in words:
            flags |= int(getattr(os, word.decode("ascii"), 0))
        if not words:  # creat(2)
            flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        if flags & _O_PATH:
            return
        if names and self._full(names[0]) != where and os.path.islink(self._full(names[0])):
            self._observer.read(pid, self._full(names[0]), at=at)
        tell_opened(self._observer, pid, where, flags, at=at, why=_WHY)

    def _truncate(self, pid: int, at: datetime, names: _Names, _a: bytes, _p: bytes) -> None:
        self._observer.write(pid, self._full(names[0]), at=at, why=_WHY)

    def _rename(self, pid: int, at: datetime, names: _Names, _a: bytes, _p: bytes) -> None:
        path, target = self._full(names[0]), self._full(names[1])
        now = identify(target) or GONE
        self._observer.renamed(pid, path, target, at=at, seen=None if now.is_folder else now)

    def _link(self, pid: int, at: datetime, names: _Names, _a: bytes, _p: bytes) -> None:
        self._observer.linked(
            pid, self._full(names[0]), self._full(names[1]), at=at, symbolic=False
        )

    def _symlink(self, pid: int, at: datetime, names: _Names, _a: bytes, _p: bytes) -> None:
        path = self._full(names[1])
        target = self._full((os.path.dirname(path), names[0][1]))
        self._observer.linked(pid, target, path, at=at, symbolic=True)

    def _unlink(self, pid: int, at: datetime, names: _Names, arguments: bytes, _p: bytes) -> None:
        if not arguments.endswith(b"AT_REMOVEDIR"):
            self._observer.deleted(pid, self._full(names[0]), at=at, seen=GONE)

    def _execute(self, pid: int, at: datetime, names: _Names, _a: bytes, _p: bytes) -> None:
        executable = os.path.realpath(self._full(names[0]))
        self._programs[pid] = [name for _folder, name in names[1:]], executable
        self._begin(pid, at)
        self._observer.read(pid, executable, at=at)

    def _chdir(self, pid: int, _at: datetime, names: _Names, arguments: bytes, _p: bytes) -> None:
        if names:
            self._folders[pid] = os.path.realpath(self._full(names[0]))
        elif found := _NAME.search(arguments):
            self._folders[pid] = _text(found[1])

    def _io_uring(self, pid: int, _at: datetime, _n: _Names, _a: bytes, _p: bytes) -> None:
        self._observer.cannot_see(
            f"process {pid} uses io_uring: files that it opens that way are not seen"
        )


_Names = list[tuple[str, str]]


def _text(escaped: bytes) -> str:
    """A string or path as strace quotes it, unquoted."""
    return os.fsdecode(_ESCAPE.sub(_unescape, escaped))


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes((int(code, 8) & 0xFF,))
    if code[:1] == b"x" and len(code) == 3:
        return bytes.fromhex(code[1:].decode("ascii"))
    return _LETTERS.get(code, code)


def _signal_number(name: str) -> int:
    return int(getattr(signal, name, 0))
