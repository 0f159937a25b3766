"""Every process of a run that lives, as the supervisor of the notify recorder knows them.

A process is met at its first held call. From then on a pidfd tells when it
ends, so that a process id used again is never taken for the old one.
"""

# ruff: noqa: PTH116 - bytes, and no pathlib in this process

from __future__ import annotations

import os
import select

from provkit.capture.notify_proc import look_up, pidfd_of
from provkit.capture.notify_run import Process, TracedRun

_THREADS_LIMIT = 4096
_ANCESTORS_LIMIT = 64


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
        pid, parent, user, pidfd = look_up(thread)
        process = self.processes.get(pid)
        parents: list[Process] = []
        if process is None:
            if pidfd < 0:
                pidfd = pidfd_of(pid)
            chain = [(pid, parent, user, pidfd)]
            while parent not in self.processes and len(chain) < _ANCESTORS_LIMIT:
                if parent in (0, 1, self._own):
                    break
                pid, parent, user, pidfd = look_up(parent)
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

    def drop(self, pidfd: int) -> None:
        """Hear no more of a pidfd with which something is wrong."""
        self._poll.unregister(pidfd)
        process = self._by_pidfd.pop(pidfd, None)
        if process is not None:
            self.processes.pop(process.pid, None)

    def forget_folders(self) -> None:
        """A folder was renamed: read every working directory anew."""
        for process in self.processes.values():
            process.folder = b""

    def free_descriptors(self) -> None:
        """Close what can be opened again."""
        for process in self.processes.values():
            process.close_memory()
