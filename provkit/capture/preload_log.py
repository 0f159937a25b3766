"""Read what ``preload_shim.c`` writes, and tell an observer what it says.

The file is mapped by every process of the run; a record that was begun but is
not ready yet makes the reader wait, and is skipped at the end.
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

SIZE_BYTES = 64 << 20
"""Room for some 500,000 calls; what does not fit is counted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = struct.Struct("=QQ")
_RECORD = struct.Struct("=HHIIIIIIIQ")
_MAGIC = 0x706B
_WHY = "the preload recorder tells of it when it is written already"


class PreloadLog:
    """The shared file of one run.

    Args:
        path: Where to make it.
        observer: Who is told.

    Attributes:
        command: Process id of the command, whose end is told by who waits for it.

    Raises:
        OSError: There is no room for it.
    """

    def __init__(self, path: str, observer: Observer) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Not sparse: writing to a mapped page for which there is no room kills the writer.
            os.posix_fallocate(handle, 0, SIZE_BYTES)
            self._map = mmap.mmap(handle, SIZE_BYTES)
        finally:
            os.close(handle)
        self.command = 0
        self._observer = observer
        self._place = _HEAD.size
        self._map[: _HEAD.size] = _HEAD.pack(_HEAD.size, 0)
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
        used = min(_HEAD.unpack_from(self._map)[0], SIZE_BYTES)
        while self._place + _RECORD.size <= used:
            magic, kind, length, ready, texts, pid, parent, flags, _, at = _RECORD.unpack_from(
                self._map, self._place
            )
            if magic == _MAGIC and ready:
                start = self._place + _RECORD.size
                teller = self._tellers.get(kind)
                if teller is not None and length >= _RECORD.size:
                    teller(_Record(pid, parent, flags, at, self._map[start : start + texts]))
            elif not last:
                return
            self._place += length if magic == _MAGIC and length >= _RECORD.size else 8

    def close(self) -> None:
        """Tell the rest and let the file go."""
        self.advance(last=True)
        lost = _HEAD.unpack_from(self._map)[1]
        if lost:
            self._observer.problem(f"{lost} calls are not recorded: the shared file is full")
        self._map.close()

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


class _Record:
    """One record, unpacked."""

    __slots__ = ("at", "flags", "parent", "pid", "texts")

    def __init__(self, pid: int, parent: int, flags: int, micros: int, texts: bytes) -> None:
        self.pid = pid
        self.parent = parent
        self.flags = flags
        self.at = _EPOCH + timedelta(microseconds=micros)
        self.texts = [os.fsdecode(text) for text in texts.split(b"\0")[:-1]]
