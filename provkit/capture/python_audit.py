"""The ``python`` recorder: every Python process of the run tells what it opens.

``bootstrap/`` is put in front of ``PYTHONPATH``; each Python that starts below
the command then installs an audit hook and appends what it sees to one spool
file, whose order is the order in which things happened. Programs that are not
Python are known by name only, and what code in C opens by itself is not seen.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH118, PTH119, PTH120, PTH123

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from provkit.capture.child import Attention
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.sight import SAVE_BYTES
from provkit.capture.snapshot import tell_end, tell_start
from provkit.capture.tree import Identity

BOOTSTRAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap")  # noqa: PTH100
_POLL_S = 0.25
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*\Z")
_DEAF = re.compile(r"-[bBdiOqsuvxP]*[IES]")
_ESCAPES = {b"\\t": b"\t", b"\\n": b"\n", b"\\\\": b"\\"}
_ESCAPED = re.compile(rb"\\[tn\\]")


class PythonRecorder:
    """Runs a command; the Python processes in it are watched from within."""

    name = "python"
    blind: tuple[str, ...] = (
        "files opened by programs that are not Python, and by Python started with -I, -E or -S",
        "files that extension modules open by themselves (HDF5, NetCDF, GDAL, Arrow)",
        "files opened relative to a folder's descriptor",
    )

    def preflight(self, watch: Watch) -> Verdict:
        """Works for any command; suits those that start Python."""
        why = "the command is not Python"
        if is_python(watch):
            words = [word for word in watch.command[1:2] if word.startswith("-")]
            why = f"Python is started with {words[0]}" if words and _DEAF.match(words[0]) else ""
        return Verdict(works=True, suits=not why, why_not=why)

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end."""
        path, added = open_spool(watch)
        watch = replace(watch, environment={**watch.environment, **added})
        with Attention() as attention:
            pid = attention.start(watch)
            tell_start(watch, observer, pid)
            spool = SpoolReader(path, watch, observer, pid)
            ending = attention.wait(pid, idle=spool.read_on, every_s=_POLL_S, resized=watch.resized)
        spool.read_on()
        spool.close()
        spool.tell_unwatched()
        if is_python(watch) and not spool.heard:
            observer.problem("this Python did not load the audit hook: nothing was seen")
        tell_end(observer, pid, ending)
        survivors = observer.living()
        if survivors:
            observer.cannot_see(
                f"{survivors} processes went on after the command ended; what they do later is"
                " not recorded"
            )
        return ending


def open_spool(watch: Watch) -> tuple[str, dict[str, str]]:
    """Path of a new spool, and the variables that lead Python processes to it."""
    path = f"{watch.staging}/python.spool"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path, {
        "PYTHONPATH": ":".join(filter(None, (BOOTSTRAP, watch.environment.get("PYTHONPATH")))),
        "PROVKIT_SPOOL": path,
        "PROVKIT_ROOT": watch.project,
        "PROVKIT_SAVE_BYTES": str(SAVE_BYTES),
        "PROVKIT_BEGAN": str(time.time_ns()),
    }


def is_python(watch: Watch) -> bool:
    """Whether the command is a Python interpreter, or a script whose first line names one."""
    if _PYTHON.match(os.path.basename(watch.executable)):
        return True
    try:
        with open(watch.executable, "rb") as file:
            line = file.read(256).partition(b"\n")[0]
    except OSError:
        return False
    words = [os.path.basename(word) for word in os.fsdecode(line).removeprefix("#!").split()]
    return line.startswith(b"#!") and any(_PYTHON.match(word) for word in words[:3])


class SpoolReader:
    """Follows the spool and tells the observer.

    Attributes:
        heard: How many lines came.
    """

    def __init__(self, path: str, watch: Watch, observer: Observer, pid: int) -> None:
        self.heard = 0
        self._file = open(path, "rb")  # noqa: SIM115 - as long as the command
        self._rest = b""
        self._watch = watch
        self._observer = observer
        self._pid = pid
        self._spawned: list[tuple[int, datetime, str, tuple[str, ...]]] = []
        self._readers: dict[bytes, Callable[[int, datetime, list[bytes]], None]] = {
            b"P": self._process,
            b"R": self._read,
            b"W": self._write,
            b"O": self._still_open,
            b"M": self._rename,
            b"D": self._delete,
            b"L": self._link,
            b"S": self._spawn,
            b"E": self._end,
            b"X": self._failure,
        }

    def read_on(self) -> None:
        """Take in what was written since; never raises."""
        for line in self._lines():
            kind, *fields = line.split(b"\t")
            try:
                pid, at = int(fields[0]), datetime.fromtimestamp(int(fields[1]) / 1e9, UTC)
                self._readers[kind](pid, at, [_unescape(field) for field in fields[2:]])
            except (ValueError, IndexError, KeyError, OverflowError):
                self._observer.problem("a line of the Python audit hook could not be read")
            self.heard += 1

    def close(self) -> None:
        """Let go of the spool."""
        self._file.close()

    def tell_unwatched(self) -> None:
        """Programs that were started and did not tell of themselves were not watched."""
        for number, (parent, at, folder, words) in enumerate(self._spawned, start=1):
            self._observer.unwatched.append(
                self._observer.process(
                    -number, parent=parent, command=words, directory=folder, at=at
                )
            )
        self._spawned.clear()

    def _lines(self) -> Iterator[bytes]:
        try:
            data = self._rest + self._file.read()
        except OSError as error:
            self._observer.problem(f"the spool of the audit hook cannot be read: {error.strerror}")
            return
        *lines, self._rest = data.split(b"\n")
        yield from lines

    def _process(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        parent, folder, program = int(fields[0]), os.fsdecode(fields[1]), os.fsdecode(fields[2])
        rest = fields[3:]
        streams = []
        for _ in range(2):
            count = int(rest[0])
            streams.append([os.fsdecode(name) for name in rest[1 : 1 + count]])
            rest = rest[1 + count :]
        words = tuple(os.fsdecode(word) for word in rest)
        for index, spawned in enumerate(self._spawned):
            if spawned[0] in (parent, pid) and spawned[3][1:] == words[1:]:
                del self._spawned[index]
                break
        if pid == self._pid and words == self._watch.command:
            return  # told when it was started
        self._observer.process(
            pid,
            parent=parent if pid != self._pid else None,
            command=words,
            directory=folder,
            executable=program,
            at=at,
            reads_from=streams[0],
            writes_to=streams[1],
        )

    def _read(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        seen = Identity(*map(int, fields[:6]))
        self._observer.read(pid, os.fsdecode(fields[6]), at=at, seen=seen)

    def _write(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        seen = Identity(*map(int, fields[1:7]))
        self._observer.write(
            pid,
            os.fsdecode(fields[9]),
            at=at,
            fresh=fields[0] == b"f",
            append=fields[0] == b"a",
            seen=seen if seen.mode else None,
            staged=self._staged(fields[7]),
            why=os.fsdecode(fields[8]),
        )

    def _still_open(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        self._observer.write(pid, os.fsdecode(fields[0]), at=at)

    def _rename(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        name, why, source, target = fields
        staged = self._staged(name)
        self._observer.renamed(
            pid,
            os.fsdecode(source),
            os.fsdecode(target),
            at=at,
            staged=staged,
            why=os.fsdecode(why),
        )

    def _delete(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        name, why, path = fields
        staged = self._staged(name)
        self._observer.deleted(pid, os.fsdecode(path), at=at, staged=staged, why=os.fsdecode(why))

    def _link(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        self._observer.linked(pid, os.fsdecode(fields[0]), os.fsdecode(fields[1]), at=at)

    def _spawn(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        words = tuple(os.fsdecode(word) for word in fields[1:])
        self._spawned.append((pid, at, os.fsdecode(fields[0]), words))

    def _end(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        self._observer.hide("package", int(fields[2]))
        if pid != self._pid:
            cpu_s, peak_bytes = float(fields[0]), int(fields[1]) or None
            self._observer.ended(pid, cpu_s=cpu_s, peak_memory_bytes=peak_bytes, at=at)

    def _failure(self, pid: int, at: datetime, fields: list[bytes]) -> None:
        text = os.fsdecode(fields[0])
        self._observer.problem(f"the audit hook of process {pid} failed: {text}")

    def _staged(self, name: bytes) -> str | None:
        return f"{self._watch.staging}/{os.fsdecode(name)}" if name else None


def _unescape(data: bytes) -> bytes:
    if b"\\" not in data:
        return data
    return _ESCAPED.sub(lambda found: _ESCAPES[found.group()], data)
