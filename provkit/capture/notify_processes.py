"""The processes of a run, as the supervisor of the notify recorder knows them.

A process is met at its first held call. From then on a pidfd tells when it
ends, so that a process id used again is never taken for the old one, and its
memory stays open for reading the names it passes.
"""

# ruff: noqa: PTH115, PTH116, PTH208 - bytes, and no pathlib in this process

from __future__ import annotations

import os
import select
import struct
from fcntl import ioctl

TYPE_CHECKING = False  # typing would double the start of the supervisor
if TYPE_CHECKING:
    from provkit.capture.notify_run import TracedRun

_PATH_BYTES, _FIRST_BYTES = 4096, 256
_STATUS_BYTES = 4096
_THREADS_LIMIT = 4096
_ANCESTORS_LIMIT = 64
_DESCRIPTORS_LIMIT = 256

# ioctl PIDFD_GET_INFO (Linux 6.13) with the first 64 bytes of struct pidfd_info:
# mask, cgroup, pid, process, parent, real user and group, effective user, …, exit code.
_GET_INFO = 0xC040FF0B
_INFO = struct.Struct("=QQ11Ii")
_ASK_PLAIN = _INFO.pack(1, *[0] * 13)
_ASK_EXIT = _INFO.pack(1 << 3, *[0] * 13)


class Vanished(Exception):  # noqa: N818 - it is no error: processes end when they like
    """The process ended, or its memory is closed to us: the call cannot be told."""


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
    """

    __slots__ = (
        "chdir", "folder", "hosts", "memory", "outputs", "parent", "pid", "pidfd", "root", "run",
        "seen", "told", "user",
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


def descriptor(thread: int, number: int) -> bytes:
    """What stands behind a descriptor: a path, ``pipe:[…]``, or empty."""
    try:
        return os.readlink(b"/proc/%d/fd/%d" % (thread, number))
    except OSError:
        return b""


def descriptors(pid: int) -> list[int]:
    """Numbers of the descriptors of a process, the first few hundred."""
    try:
        return sorted(map(int, os.listdir(b"/proc/%d/fd" % pid)))[:_DESCRIPTORS_LIMIT]
    except (OSError, ValueError):
        return []


def inherited(pid: int) -> tuple[list[bytes], list[bytes]]:
    """What a program that begins can read from and write to: files, pipes, sockets.

    As :func:`provkit.capture.streams.inherited`, but taking standard input for
    a source and the other two for sinks, which spares most of the looking.
    """
    reads: list[bytes] = []
    writes: list[bytes] = []
    for number in descriptors(pid):
        name = descriptor(pid, number)
        if name.startswith(b"socket:"):
            ways: tuple[list[bytes], ...] = (reads, writes)
        elif number <= 2 and name[:1] == b"/" and not name.startswith(b"/dev/"):
            ways = (reads,) if number == 0 else (writes,)
        elif not name.startswith(b"pipe:"):
            continue
        else:
            ways = (reads,) if number == 0 else (writes,)
        if number > 2:
            flags = _flags(pid, number)
            if flags & os.O_CLOEXEC:
                continue
            if name.startswith(b"pipe:"):
                ways = (writes,) if flags & os.O_WRONLY else (reads,)
        for way in ways:
            if name not in way and not name.endswith(b" (deleted)"):
                way.append(name)
    return reads, writes


def _flags(pid: int, number: int) -> int:
    """Flags with which a descriptor was opened."""
    try:
        handle = os.open(b"/proc/%d/fdinfo/%d" % (pid, number), os.O_RDONLY)
        try:
            words = os.read(handle, 512).split()
        finally:
            os.close(handle)
        return int(words[words.index(b"flags:") + 1], 8)
    except (OSError, ValueError, IndexError):
        return os.O_CLOEXEC


def wait_status_of(pidfd: int) -> int | None:
    """How a process ended, as ``wait`` would say; None where the kernel keeps no word.

    Only the parent may wait for a process, but since Linux 6.15 a pidfd tells
    the same once the parent has.
    """
    try:
        answer = _INFO.unpack(ioctl(pidfd, _GET_INFO, _ASK_EXIT))
    except OSError:
        return None
    return int(answer[13]) if answer[0] & (1 << 3) else None


class Table:
    """Every living process that was met, by thread and by process."""

    def __init__(self, poll: select.epoll) -> None:
        self._poll = poll
        self._threads: dict[int, Process] = {}
        self._by_pidfd: dict[int, Process] = {}
        self._own = os.getpid()
        self.processes: dict[int, Process] = {}

    def find(self, thread: int) -> Process | None:
        """The process of a thread met before.

        A thread that is not the first of its process may have ended and given its
        number to another, which nothing tells; so it is looked up.
        """
        process = self._threads.get(thread)
        if process is None or process.pid == thread:
            return process
        try:
            os.stat(b"/proc/%d/task/%d" % (process.pid, thread))
        except OSError:
            del self._threads[thread]
            return None
        return process

    def meet(self, thread: int, run: TracedRun) -> tuple[Process, list[Process]]:
        """The process of a thread seen for the first time, and parents met on the way.

        Args:
            thread: Its id.
            run: The run of processes without a known parent.

        Raises:
            Vanished: It is gone.
        """
        pid, parent, user, pidfd = _look_up(thread)
        process = self.processes.get(pid)
        parents: list[Process] = []
        if process is None:
            if pidfd < 0:
                pidfd = _pidfd(pid)
            chain = [(pid, parent, user, pidfd)]
            while parent not in self.processes and len(chain) < _ANCESTORS_LIMIT:
                if parent in (0, 1, self._own):
                    break
                pid, parent, user, pidfd = _look_up(parent)
                chain.append((pid, parent, user, pidfd))
            for each in reversed(chain):
                process = self._add(*each, run)
                parents.append(process)
            parents.pop()
        elif pidfd >= 0:
            os.close(pidfd)
        assert process is not None  # noqa: S101 - the chain has at least the process itself
        if len(self._threads) > _THREADS_LIMIT:  # nobody tells when a thread ends
            self._threads = {each.pid: each for each in self.processes.values()}
        self._threads[process.pid] = self._threads[thread] = process
        return process, parents

    def _add(self, pid: int, parent: int, user: int, pidfd: int, run: TracedRun) -> Process:
        above = self.processes.get(parent)
        belongs = (above.hosts or above.run) if above else run
        process = Process(pid, parent if above else 0, user, pidfd, belongs)
        process.look_around()
        self.processes[pid] = self._by_pidfd[pidfd] = process
        self._poll.register(pidfd, select.EPOLLIN)
        return process

    def await_burial(self, pidfd: int) -> None:
        """Its end is known; its exit code will be when the parent has waited for it."""
        self._poll.modify(pidfd, 0)

    def by_pidfd(self, pidfd: int) -> Process:
        """The process that a pidfd stands for."""
        return self._by_pidfd[pidfd]

    def forget(self, process: Process) -> None:
        """Let go of a process that has ended."""
        self._by_pidfd.pop(process.pidfd, None)
        self._poll.unregister(process.pidfd)
        os.close(process.pidfd)
        self.processes.pop(process.pid, None)
        if self._threads.get(process.pid) is process:
            del self._threads[process.pid]
        process.close_memory()

    def forget_folders(self) -> None:
        """A folder was renamed: read every working directory anew."""
        for process in self.processes.values():
            process.folder = b""

    def free_descriptors(self) -> None:
        """Close what can be opened again."""
        for process in self.processes.values():
            process.close_memory()


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Vanished from error


def _look_up(thread: int) -> tuple[int, int, int, int]:
    """Process, its parent, its user and, if already open, its pidfd (else -1)."""
    try:
        pidfd = os.pidfd_open(thread)
    except OSError:  # not the first thread of its process
        return (*_read_status(thread), -1)
    try:
        answer = _INFO.unpack(ioctl(pidfd, _GET_INFO, _ASK_PLAIN))
    except OSError:
        try:
            return (*_read_status(thread), pidfd)
        except Vanished:
            os.close(pidfd)
            raise
    return answer[3], answer[4], answer[7], pidfd


def _read_status(thread: int) -> tuple[int, int, int]:
    try:
        handle = os.open(b"/proc/%d/status" % thread, os.O_RDONLY)
        try:
            text = os.read(handle, _STATUS_BYTES)
        finally:
            os.close(handle)
        group, parent, user = (_field(text, name) for name in (b"Tgid:", b"PPid:", b"Uid:"))
        return int(group[0]), int(parent[0]), int(user[1])
    except (OSError, ValueError, IndexError) as error:
        raise Vanished from error


def _field(text: bytes, name: bytes) -> list[bytes]:
    start = text.index(b"\n" + name) + 1 + len(name)
    return text[start : text.index(b"\n", start)].split()
