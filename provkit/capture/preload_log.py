"""Read what ``preload_shim.c`` writes, and tell an observer what it says.

The files are mapped by every process of the run, each used until it is full; the
next is made when one is half full. A record that was begun but is not ready yet
makes the reader wait, and is skipped at the end.
"""

# Plain os: pathlib costs 5 ms, and a log has many lines.
# ruff: noqa: PTH118, PTH120

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from provkit.capture.observer import Observer
from provkit.capture.opened import GONE, Folders, tell_opened
from provkit.capture.tree import identify

SIZE_BYTES = 8 << 20
"""Of one file: room for some 60,000 calls."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = struct.Struct("=QQ")
_RECORD = struct.Struct("=HHIIIIIIIQ")
_MAGIC = 0x706B
_PATIENCE = 5
_WHY = "the preload recorder tells of it when it is written already"


class PreloadLog:
    """The shared files of one run.

    Args:
        path: Where to make them, without their number.
        observer: Who is told.

    Attributes:
        command: Process id of the command, whose end is told by who waits for it.

    Raises:
        OSError: There is no room for the first.
    """

    def __init__(self, path: str, observer: Observer) -> None:
        self.command = 0
        self._path = path
        self._maps = [_make(f"{path}.0")]
        self._number = 0
        self._place = _HEAD.size
        self._waited = 0
        self._observer = observer
        self._folders = Folders()
        self._programs: dict[int, tuple[list[str], str, str]] = {}
        self._tellers: dict[int, Callable[[_Record], None]] = {
            ord(kind): teller
            for kind, teller in {
                "P": self._begin,
                "F": self._fork,
                "E": self._end,
                "O": self._open,
                "T": self._truncate,
                "M": self._rename,
                "D": self._delete,
                "L": self._link,
                "S": self._symlink,
            }.items()
        }

    def advance(self, *, last: bool = False) -> None:
        """Tell what was written since the last time.

        Args:
            last: Nobody writes any more: skip what was never finished.
        """
        self._make_next()
        while self._read_on(last=last) and self._number + 1 < len(self._maps):
            self._number += 1
            self._place = _HEAD.size

    def _read_on(self, *, last: bool) -> bool:
        """Tell what is ready in the file at hand; whether that was all it will ever hold."""
        data = self._maps[self._number]
        used: int = _HEAD.unpack_from(data)[0]
        end = min(used, SIZE_BYTES)
        while self._place + _RECORD.size <= end:
            magic, kind, length, ready, texts, pid, parent, flags, _, at = _RECORD.unpack_from(
                data, self._place
            )
            if magic == _MAGIC and ready:
                self._waited = 0
                start = self._place + _RECORD.size
                teller = self._tellers.get(kind)
                if teller is not None and length >= _RECORD.size:
                    try:
                        teller(_Record(pid, parent, flags, at, data[start : start + texts]))
                    except (ValueError, IndexError, OverflowError):  # written over by its program
                        self._observer.problem("a record of preload could not be read")
            elif not last and (used <= SIZE_BYTES or self._waited < _PATIENCE):
                self._waited += 1  # somebody is writing it; or, at the end, it was too little
                return False
            self._place += length if magic == _MAGIC and length >= _RECORD.size else 8
        return used > SIZE_BYTES

    def _make_next(self) -> None:
        """Make the next file in time."""
        if _HEAD.unpack_from(self._maps[-1])[0] > SIZE_BYTES // 2:
            try:
                self._maps.append(_make(f"{self._path}.{len(self._maps)}"))
            except OSError as error:
                self._observer.problem(f"no room for the log of preload: {error.strerror}")

    def close(self) -> None:
        """Tell the rest and let the files go."""
        self.advance(last=True)
        lost = sum(_HEAD.unpack_from(data)[1] for data in self._maps)
        if lost:
            self._observer.problem(f"{lost} calls are not recorded: the shared file was full")
        for data in self._maps:
            data.close()

    def _begin(self, record: _Record) -> None:
        executable, directory, *command = record.texts
        self._programs[record.pid] = command, directory, executable
        self._tell_process(record)
        if executable:
            self._observer.read(record.pid, executable, at=record.at)

    def _fork(self, record: _Record) -> None:
        self._programs[record.pid] = self._programs.get(record.parent, ([], "/", ""))
        self._tell_process(record)

    def _tell_process(self, record: _Record) -> None:
        command, directory, executable = self._programs[record.pid]
        self._observer.process(
            record.pid,
            parent=record.parent,
            command=command,
            directory=directory,
            executable=executable,
            at=record.at,
        )

    def _end(self, record: _Record) -> None:
        self._programs.pop(record.pid, None)
        if record.pid != self.command:
            self._observer.ended(record.pid, exit_code=record.flags & 0xFF, at=record.at)

    def _open(self, record: _Record) -> None:
        path = self._folders.real(record.texts[0])
        tell_opened(self._observer, record.pid, path, record.flags, at=record.at, why=_WHY)

    def _truncate(self, record: _Record) -> None:
        path = self._folders.real(record.texts[0])
        self._observer.write(record.pid, path, at=record.at, why=_WHY)

    def _rename(self, record: _Record) -> None:
        path, target = map(self._folders.real, record.texts[:2])
        now = identify(target) or GONE
        seen = None if now.is_folder else now
        self._observer.renamed(record.pid, path, target, at=record.at, seen=seen)

    def _delete(self, record: _Record) -> None:
        path = self._folders.real(record.texts[0])
        self._observer.deleted(record.pid, path, at=record.at, seen=GONE)

    def _link(self, record: _Record) -> None:
        path, target = map(self._folders.real, record.texts[:2])
        self._observer.linked(record.pid, path, target, at=record.at, symbolic=False)

    def _symlink(self, record: _Record) -> None:
        text, name = record.texts[:2]
        target = self._folders.real(name)
        path = os.path.normpath(os.path.join(os.path.dirname(target), text))
        self._observer.linked(record.pid, path, target, at=record.at, symbolic=True)


def _make(path: str) -> mmap.mmap:
    """A new shared file. Not sparse: a page for which there is no room would kill its writer."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, SIZE_BYTES)
        data = mmap.mmap(handle, SIZE_BYTES)
    finally:
        os.close(handle)
    data[: _HEAD.size] = _HEAD.pack(_HEAD.size, 0)
    return data


class _Record:
    """One record, unpacked."""

    __slots__ = ("at", "flags", "parent", "pid", "texts")

    def __init__(self, pid: int, parent: int, flags: int, micros: int, texts: bytes) -> None:
        self.pid = pid
        self.parent = parent
        self.flags = flags
        self.at = _EPOCH + timedelta(microseconds=micros)
        self.texts = [os.fsdecode(text) for text in texts.split(b"\0")[:-1]]
