"""Processes, and the run that they belong to, as the supervisor of the notify recorder traces it.

A supervisor serves one run, and every ``provkit run`` started inside it.
"""

# ruff: noqa: PTH115 - bytes, and no pathlib in this process

from __future__ import annotations

import os

from provkit.capture.notify_proc import Vanished, descriptor, descriptors, inherited
from provkit.capture.notify_staging import Staging
from provkit.capture.notify_trace import Trace, escape

UNSAVED = b"\t"
"""Saved, when there was nothing to save."""

_NOTHING = b"0\t-1\t0\t0\t0\t0"
_SYSTEM = (b"/usr/", b"/lib/", b"/lib64/", b"/etc/", b"/bin/")
_SEEN_LIMIT, _OUTPUTS_LIMIT = 10_000, 1_000
_CMDLINE_BYTES = 1 << 16
_PATH_BYTES, _FIRST_BYTES = 4096, 256


class Process:
    """One process that is alive.

    Attributes:
        pid: Its process id (that of its thread group).
        parent: Process id of its parent when it was met.
        pidfd: Tells its end.
        user: Its effective user when it was met.
        run: The run that its events belong to.
        hosts: The run that its children belong to, when it is a nested recorder.
        root: Root folder, when it is not ours; else empty.
        folder: Working directory, or empty when it must be read anew.
        chdir: Thread that is just changing the working directory, or 0.
        seen: Path to version of what it has read, so that repetitions are told once.
        outputs: Paths that it may have open for writing, and their descriptors (-1: not
            known; else it was still open when it read something).
        told: The trace has a line about it.
        quiet: It is provkit at work: what it opens is not told.
    """

    __slots__ = (
        "chdir", "folder", "hosts", "memory", "outputs", "parent", "pid", "pidfd", "quiet", "root",
        "run", "seen", "told", "user",
    )  # fmt: skip

    def __init__(self, pid: int, parent: int, user: int, pidfd: int, run: TracedRun) -> None:
        self.pid = pid
        self.parent = parent
        self.user = user
        self.pidfd = pidfd
        self.run = run
        self.hosts: TracedRun | None = None
        self.memory = -1
        self.root = b""
        self.folder = b""
        self.chdir = 0
        self.seen: dict[bytes, int] = {}
        self.outputs: dict[bytes, int] = {}
        self.told = False
        self.quiet = False

    def read_path(self, address: int, limit: int = _PATH_BYTES) -> bytes:
        """The zero-ended text at an address, without its zero.

        Raises:
            Vanished: It cannot be read, or is longer than the limit.
        """
        for fresh in (False, True):
            if self.memory < 0 or fresh:
                self.open_memory()
            try:
                found = os.pread(self.memory, _FIRST_BYTES, address)
                end = found.find(b"\0")
                if end < 0 and found:
                    found = os.pread(self.memory, limit, address)
                    end = found.find(b"\0")
            except (OSError, OverflowError):
                continue
            if end >= 0:
                return found[:end]
        raise Vanished

    def read_bytes(self, address: int, size: int) -> bytes:
        """Bytes at an address; fewer where the memory ends.

        Raises:
            Vanished: None can be read.
        """
        if self.memory < 0:
            self.open_memory()
        try:
            return os.pread(self.memory, size, address)
        except (OSError, OverflowError) as error:
            raise Vanished from error

    def open_memory(self) -> None:
        """Open, or open again, the memory: exec gives a process a new one.

        Raises:
            Vanished: It is closed to us.
        """
        self.close_memory()
        try:
            self.memory = os.open(b"/proc/%d/mem" % self.pid, os.O_RDONLY)
        except OSError as error:
            raise Vanished from error

    def close_memory(self) -> None:
        """Forget the memory, which is about to be replaced."""
        if self.memory >= 0:
            os.close(self.memory)
            self.memory = -1

    def working_folder(self, thread: int) -> bytes:
        """Working directory of a thread of this process.

        It is remembered until a chdir is seen. While one thread is in the middle
        of it nothing is remembered; the next call of that thread shows it is over.

        Raises:
            Vanished: It cannot be read.
        """
        if self.folder:
            return self.folder
        try:
            found = os.readlink(b"/proc/%d/cwd" % thread)
        except OSError as error:
            raise Vanished from error
        if self.chdir in (0, thread):
            self.folder = found
            self.chdir = 0
        return found

    def look_around(self) -> None:
        """Read anew what a new program may have changed: root folder and memory."""
        self.close_memory()
        try:
            root = os.readlink(b"/proc/%d/root" % self.pid)
        except OSError:
            return
        self.root = b"" if root == b"/" else root


class TracedRun:
    """Where the events of a run go, and what must not be told twice.

    Attributes:
        version: Grows whenever the run changes files; what was read at one version
            of the files need not be told again.
        system_folders: What is in there is noise, whatever the rules in force.
        special_folders: Those, and where there are no files; a name in one needs a closer look.
        system: Names of the operating system's own files that were told.
        over: Nothing is told any more.
    """

    def __init__(self, root: bytes, trace: Trace, staging: Staging) -> None:
        self._inside = root.rstrip(b"/") + b"/"
        self.system_folders = tuple(each for each in _SYSTEM if not root.startswith(each))
        self.special_folders = (*self.system_folders, b"/proc/", b"/sys/", b"/dev/")
        self.trace = trace
        self.staging = staging
        self.version = 0
        self.system: set[bytes] = set()
        self.over = False
        self._last_write = (0, b"")

    def save(self, path: bytes, info: os.stat_result, *, doomed: bool = False) -> bytes:
        """Save the bytes that the run is about to destroy; the two fields that say so."""
        return b"\t".join(self.staging.save(path, info, doomed=doomed))

    def read(self, process: Process, path: bytes, info: os.stat_result, at: int) -> bytes | None:
        """Lines for a file opened for reading; None when it says nothing new."""
        seen = process.seen
        if seen.get(path) == self.version:
            return None
        if len(seen) > _SEEN_LIMIT:
            seen.clear()
        seen[path] = self.version
        line = b"R\t%d\t%d\t%s\t%s" % (process.pid, at, identity(info), escape(path))
        if process.outputs and not path.startswith(self.system_folders):
            closed = self.close_outputs(process, at)
            return closed + b"\n" + line if closed else line
        return line

    def write(
        self, process: Process, path: bytes, was: os.stat_result | None, how: bytes, at: int
    ) -> bytes | None:
        """Line for a file opened for writing; None when it says nothing new."""
        outputs = process.outputs
        if len(outputs) > _OUTPUTS_LIMIT:
            outputs.clear()
        outputs[path] = -1
        if was is None:
            self.staging.created(path)
            old = _NOTHING + b"\t" + UNSAVED
        elif self._last_write == (process.pid, path):
            return None
        else:
            old = identity(was) + b"\t" + self.save(path, was)
        self._last_write = (process.pid, path)
        self.version += 1
        return b"W\t%d\t%d\t%s\t%s\t%s" % (process.pid, at, old, how, escape(path))

    def close_outputs(self, process: Process, at: int, *, all_: bool = False) -> bytes:
        """Lines for outputs of a process that it was still writing when it last read something.

        What is open for writing while something else is read can hold some of it.
        The process is held at a reading, so what is open can be looked up; an output
        is told again once, when it is found closed (or ``all_``, at the end).
        """
        pid, outputs = process.pid, process.outputs
        numbers: list[int] | None = None
        lines = []
        for path, number in list(outputs.items()):
            if all_ or descriptor(pid, number) != path:
                found = -1
                if not all_:
                    numbers = descriptors(pid) if numbers is None else numbers
                    found = next((n for n in numbers if descriptor(pid, n) == path), -1)
                if found >= 0:
                    outputs[path] = found
                    continue
                del outputs[path]
                if number >= 0:
                    lines.append(b"O\t%d\t%d\t%s" % (pid, at, escape(path)))
        if lines:
            self._last_write = (0, b"")
            self.version += 1
        return b"\n".join(lines)

    def change(self, kind: bytes, process: Process, at: int, *fields: bytes) -> bytes:
        """Line for a rename, a deletion or a link."""
        self.version += 1
        self._last_write = (0, b"")
        return b"\t".join((kind, b"%d\t%d" % (process.pid, at), *fields))

    def started(
        self, process: Process, thread: int, at: int, executable: bytes, command: list[bytes]
    ) -> bytes:
        """Lines for a process that begins, or begins another program."""
        sources, sinks = inherited(process.pid)
        process.told = True
        process.quiet = False
        process.seen = {}
        # What was open for writing before the run began counts when it is of the project.
        outputs = process.outputs
        kept = {sink: 1 for sink in sinks if sink in outputs or sink.startswith(self._inside)}
        process.outputs = {path: n for path, n in outputs.items() if path not in kept}
        closed = self.close_outputs(process, at, all_=True)
        process.outputs = kept
        try:
            folder = process.working_folder(thread)
        except Vanished:
            folder = b""
        fields = [
            b"P\t%d\t%d\t%d" % (process.pid, at, process.parent),
            *(escape(b"\0".join(names)) for names in (sources, sinks)),
            *(escape(part) for part in (folder, executable, *command)),
        ]
        line = b"\t".join(fields)
        return closed + b"\n" + line if closed else line

    def met(self, process: Process, at: int) -> bytes:
        """Line for a process that was forked and now does something of its own."""
        process.told = True
        pid = process.pid
        try:
            handle = os.open(b"/proc/%d/cmdline" % pid, os.O_RDONLY)
            try:
                command = os.read(handle, _CMDLINE_BYTES).rstrip(b"\0").split(b"\0")
            finally:
                os.close(handle)
            executable = os.readlink(b"/proc/%d/exe" % pid)
            folder = process.working_folder(pid)
        except (OSError, Vanished):
            command, executable, folder = [], b"", b""
        head = b"P\t%d\t%d\t%d\t\t" % (pid, at, process.parent)
        return b"\t".join([head, *(escape(part) for part in (folder, executable, *command))])

    def close(self) -> None:
        """The run is over: what its survivors do is not told."""
        if not self.over:
            self.over = True
            self.trace.close()
            self.staging.close()


def identity(info: os.stat_result) -> bytes:
    """The fields by which a file is known again."""
    return b"%d\t%d\t%d\t%d\t%d\t%d" % (
        info.st_dev,
        info.st_ino,
        info.st_size,
        info.st_mtime_ns,
        info.st_ctime_ns,
        info.st_mode,
    )
