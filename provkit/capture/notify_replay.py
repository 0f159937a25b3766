"""Read the trace of the notify recorder and tell an observer what it says.

Used while the command runs, a piece at a time; works as well on the trace of a
run whose ``provkit run`` was killed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from provkit.capture.observer import Observer
from provkit.capture.tree import Identity

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE_BYTES = 1 << 20
_ESCAPED = re.compile(rb"\\(.)")
_MEANING = {b"n": b"\n", b"t": b"\t"}

_Fields = list[bytes]


class Replay:
    """Tells an observer the lines of a trace, as far as they are written.

    Args:
        staging: Folder with the trace and the saved bytes.
        observer: Who is told.

    Raises:
        OSError: There is no trace.
    """

    def __init__(self, staging: str, observer: Observer) -> None:
        self._staging = staging
        self._observer = observer
        self._handle = os.open(f"{staging}/trace", os.O_RDONLY | os.O_CLOEXEC)
        self._rest = b""
        self._tellers: dict[bytes, Callable[[_Fields], None]] = {
            b"P": self._process,
            b"E": self._end,
            b"R": self._read,
            b"W": self._write,
            b"O": self._still_open,
            b"M": self._rename,
            b"D": self._delete,
            b"L": self._link,
            b"T": self._list,
            b"!": self._blind,
        }

    def advance(self) -> None:
        """Tell what was written since the last time. Never raises."""
        while True:
            try:
                piece = os.read(self._handle, _PIECE_BYTES)
            except OSError as error:
                self._observer.problem(f"the trace cannot be read: {error.strerror}")
                return
            if not piece:
                return
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                self._tell(line)

    def close(self) -> None:
        """Tell the rest and let the trace go."""
        self.advance()
        os.close(self._handle)

    def _tell(self, line: bytes) -> None:
        kind, *fields = line.split(b"\t")
        try:
            self._tellers[kind](fields)
        except (KeyError, ValueError, IndexError, OverflowError):
            self._observer.problem("a line of the trace is damaged and was left out")

    def _process(self, fields: _Fields) -> None:
        pid, at, parent, sources, sinks, directory, executable, *command = fields
        self._observer.process(
            int(pid),
            parent=int(parent) or None,
            command=[unescape(word) for word in command],
            directory=unescape(directory),
            executable=unescape(executable),
            at=_time(at),
            reads_from=_names(sources) if directory else None,
            writes_to=_names(sinks) if directory else None,
        )

    def _end(self, fields: _Fields) -> None:
        pid, at, status, cpu, memory = fields
        code = os.waitstatus_to_exitcode(int(status)) if status else None
        self._observer.ended(
            int(pid),
            exit_code=128 - code if code is not None and code < 0 else code,
            cpu_s=int(cpu) / 1e6 if cpu else None,
            peak_memory_bytes=int(memory) if memory else None,
            at=_time(at),
        )

    def _read(self, fields: _Fields) -> None:
        pid, at, *identity, path = fields
        self._observer.read(int(pid), unescape(path), at=_time(at), seen=_identity(identity))

    def _write(self, fields: _Fields) -> None:
        pid, at, *identity, staged, why, how, path = fields
        self._observer.write(
            int(pid),
            unescape(path),
            at=_time(at),
            fresh=how == b"f",
            append=how == b"a",
            seen=_identity(identity),
            staged=self._copy(staged),
            why=unescape(why),
        )

    def _still_open(self, fields: _Fields) -> None:
        pid, at, path = fields
        self._observer.write(int(pid), unescape(path), at=_time(at))

    def _rename(self, fields: _Fields) -> None:
        pid, at, *identity, staged, why, path, target = fields
        self._observer.renamed(
            int(pid),
            unescape(path),
            unescape(target),
            at=_time(at),
            seen=_identity(identity),
            staged=self._copy(staged),
            why=unescape(why),
        )

    def _delete(self, fields: _Fields) -> None:
        pid, at, *identity, staged, why, path = fields
        self._observer.deleted(
            int(pid),
            unescape(path),
            at=_time(at),
            seen=_identity(identity),
            staged=self._copy(staged),
            why=unescape(why),
        )

    def _link(self, fields: _Fields) -> None:
        pid, at, how, path, target = fields
        self._observer.linked(
            int(pid), unescape(path), unescape(target), at=_time(at), symbolic=how == b"s"
        )

    def _list(self, fields: _Fields) -> None:
        pid, at, path = fields
        self._observer.listed(int(pid), unescape(path), at=_time(at))

    def _blind(self, fields: _Fields) -> None:
        self._observer.cannot_see(unescape(fields[0]))

    def _copy(self, name: bytes) -> str | None:
        return f"{self._staging}/{name.decode('ascii')}" if name else None


def unescape(field: bytes) -> str:
    """A field of the trace as text; inverse of :func:`provkit.capture.notify_trace.escape`."""
    if b"\\" in field:
        field = _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), field)
    return os.fsdecode(field)


def _names(field: bytes) -> list[str]:
    return [unescape(name) for name in field.split(b"\0") if name]


def _time(field: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int(field))


def _identity(fields: _Fields) -> Identity | None:
    found = Identity(*map(int, fields))
    return None if found.ino < 0 else found
