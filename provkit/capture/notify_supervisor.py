"""The supervisor of the notify recorder answers held calls and writes the trace.

It is a process of its own, between ``provkit run`` and the command, because
the command's calls fail from the moment that nobody answers. So it does little
and outlives what may happen around it: all signals are blocked, it is in a
session of its own, its memory is bounded, a full disk only loses lines (which
are counted), no error ends it, and when ``provkit run`` is killed it goes on.
It stands above the command in the process tree, which is what lets it read its
memory under Yama (``ptrace_scope`` 1), and adopts orphans so that it stays so.

A ``provkit run`` inside a run finds its filter slot taken (the kernel allows one
listener). Its own supervisor then is a *guest*: it holds no calls but asks the
one above, by opening names that no file can have, to trace its children apart:

=============================== ============================================
``/^Aprovkit/hello``            is there a supervisor?
``/^Aprovkit/attach/T/S/ROOT``  my children are another run: T and S are my
                                descriptors of its trace and staging folder
``/^Aprovkit/end``              that run is over: write everything
``/^Aprovkit/quiet``            what I open from now on is provkit's work
``/^Aprovkit/speak``            no longer so
=============================== ============================================

The answer ``ENOANO`` means yes; without a supervisor the kernel says ``ENOENT``.
"""

from __future__ import annotations

import errno
import os
import select
import time
from fcntl import ioctl

from provkit.capture.notify_calls import Calls
from provkit.capture.notify_opens import Asked
from provkit.capture.notify_paths import Paths
from provkit.capture.notify_proc import Vanished, wait_status_of
from provkit.capture.notify_processes import Table
from provkit.capture.notify_run import Process, TracedRun
from provkit.capture.notify_staging import Staging
from provkit.capture.notify_trace import Trace, escape
from provkit.capture.seccomp import (
    ANSWER,
    BLANK_NOTIFICATION,
    CONTINUE,
    NOTIFICATION,
    RECEIVE,
    RESPONSE,
    Kernel,
    Machine,
)

TYPE_CHECKING = False  # see seccomp
if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_S = 0.5
"""How long the command's end is held back for processes that outlive it."""

YES, NO, LOST = errno.ENOANO, errno.EPERM, errno.EIO
"""Answers to a guest."""

_IDLE_S, _WRITE_S, _HURRY_S = 0.5, 0.05, 0.01
_DRAIN_S, _GIVE_UP_S = 0.2, 10.0
_UNKNOWN_STATUS = 255 << 8
_SIGCHLD = 17  # on both machines; the signal module would double the start


class Supervisor:
    """Answers held calls until no process is left that could make one.

    Args:
        kernel: For what Python has no function for.
        machine: Whose calls are held.
        listener: Where they are received.
        run: The run to trace.
        command: Process id of the command, which is our child.
        outcome: Pipe from it, which says why it could not be executed, or closes.
        report: To ``provkit run``.
    """

    def __init__(
        self,
        kernel: Kernel,
        machine: Machine,
        listener: int,
        *,
        run: TracedRun,
        command: int,
        outcome: int,
        report: Report,
    ) -> None:
        self._kernel = kernel
        self._listener = listener
        self._run = run
        self._runs = [run]
        self._command = command
        self._report = report
        self._poll = select.epoll()
        self._poll.register(listener, select.EPOLLIN)
        self._poll.register(outcome, select.EPOLLIN)
        self._outcome = outcome
        self._table = Table(self._poll)
        paths = Paths()
        self._handlers = {
            abi.audit: Calls(abi, paths, self._table).handlers
            for abi in (machine.native, machine.compat)
        }
        self._statuses: dict[int, tuple[int, int, int]] = {}
        self._ended: tuple[int, int, int] | None = None
        self._deadline = 0.0
        self._reported = False
        self._alive = True
        self._polled_since = False
        self._unread = 0
        self._failures = 0
        self._remembers_exits = _kernel_version() >= (6, 15)

    def serve(self) -> None:
        """Answer until the last process that the filter holds is gone."""
        while self._guarded(self._turns):
            pass
        self._deadline = time.monotonic() + _DRAIN_S
        while self._guarded(self._drain) and time.monotonic() < self._deadline + _GIVE_UP_S:
            pass
        self._guarded(self._tell_end)

    def _guarded(self, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - whatever fails in us, the command must go on
            self._note(error)
            time.sleep(0.001)
            return True

    def _note(self, error: Exception) -> None:
        """Count what failed in us, and say where the first time."""
        self._failures += 1
        if self._failures == 1 and not self._run.over:
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else ""
            said = f"{type(error).__name__}: {error} ({where})"
            self._run.trace.add(b"!\t" + escape(b"a call was not understood: " + said.encode()))

    def _drain(self) -> bool:
        """Nobody is held any more: await the last ends, that of the command in any case."""
        if self._ended is not None and (
            not self._table.processes or time.monotonic() > self._deadline
        ):
            return False
        for handle, events in self._poll.poll(_HURRY_S):
            if handle != self._listener:
                self._notice(handle, events)
        self._reap()
        return True

    def _turns(self) -> bool:
        """Wait for things and see to them; False once nobody is left."""
        poll, wait_s = self._poll.poll, _IDLE_S
        held = [(self._listener, select.EPOLLIN)]
        while self._alive:
            ready = poll(wait_s)
            if ready == held:  # nearly always
                self._answer()
                wait_s = _WRITE_S
            elif ready:
                self._polled_since = False
                for handle, events in ready:
                    self._see_to(handle, events)
                    if self._polled_since:
                        break  # the rest may be old, and comes again if it is not
                wait_s = _WRITE_S
            else:
                for run in self._runs:
                    run.trace.flush()
                self._reap()
                wait_s = _IDLE_S
            if self._ended is not None and not self._reported:
                wait_s = _HURRY_S
                if time.monotonic() > self._deadline:
                    self._tell_end()
        return False

    def _see_to(self, handle: int, events: int) -> None:
        if handle != self._listener:
            self._notice(handle, events)
        elif events & select.EPOLLIN:
            self._answer()
        else:
            self._alive = False

    # Held calls

    def _answer(self) -> None:
        listener = self._listener
        try:
            notification = ioctl(listener, RECEIVE, BLANK_NOTIFICATION)
        except OSError:  # it was interrupted before we came
            return
        key, thread, _flags, number, abi, _at, a, b, c, d, e, _f = NOTIFICATION.unpack(notification)
        refusal, flags = 0, CONTINUE
        lines = process = None
        try:
            process = self._table.find(thread) or self._meet(thread)
            lines = self._handlers[abi][number](process, thread, a, b, c, d, e)
            if process.quiet:
                lines = None
            elif lines is not None and not process.told:
                lines = process.run.met(process, time.time_ns() // 1000) + b"\n" + lines
        except Vanished as gone:
            self._unread += 1
            cause = gone.__cause__
            if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
                self._table.free_descriptors()
        except Asked as question:
            refusal, flags = -self._attend(process, question.args[0]), 0
        except Exception as error:  # noqa: BLE001 - the call must be answered
            self._note(error)
        try:
            # Fails when the process was killed or interrupted since: then the call did not
            # happen, and what we read may not even be of that process (NOTIF_ID_VALID).
            ioctl(listener, ANSWER, RESPONSE.pack(key, 0, refusal, flags))
        except OSError:
            return
        if lines is not None and process is not None and not process.run.over:
            process.run.trace.add(lines)

    def _meet(self, thread: int) -> Process:
        """A process seen for the first time; parents met on the way are told first."""
        process, parents = self._table.meet(thread, self._run)
        for each in parents:
            if not each.run.over:
                each.run.trace.add(each.run.met(each, time.time_ns() // 1000))
        return process

    def _attend(self, process: Process | None, question: bytes) -> int:
        """Answer a guest."""
        if process is None or process.user != os.geteuid():
            return NO
        word, _, rest = question.partition(b"/")
        answer = YES
        try:
            if word in (b"quiet", b"speak"):
                process.quiet = word == b"quiet"
                process.seen.clear()  # what was read in quiet was not told
            elif word == b"attach":
                trace, staging, root = rest.split(b"/", 2)
                process.quiet = True
                process.hosts = self._host(process, int(trace), int(staging), b"/" + root)
            elif word == b"end" and process.hosts is not None:
                answer = self._end_hosting(process, process.hosts)
            elif word != b"hello":
                answer = NO
        except (OSError, ValueError):
            answer = NO
        return answer

    def _end_hosting(self, process: Process, run: TracedRun) -> int:
        self._poll_ends()
        run.close()
        self._runs.remove(run)
        process.hosts = None
        return LOST if run.trace.lost else YES

    def _host(self, process: Process, trace: int, staging: int, root: bytes) -> TracedRun:
        fetch = self._kernel.fetch_descriptor
        handle = fetch(process.pidfd, trace)
        try:
            folder = fetch(process.pidfd, staging)
        except OSError:
            os.close(handle)
            raise
        run = TracedRun(root, Trace(handle), Staging(root, folder, time.time_ns()))
        self._runs.append(run)
        return run

    # Ends

    def _poll_ends(self) -> None:
        self._polled_since = True
        for handle, events in self._poll.poll(0):
            if handle != self._listener:
                self._notice(handle, events)

    def _notice(self, pidfd: int, events: int) -> None:
        if pidfd == self._outcome:
            self._outcome = -1
            self._poll.unregister(pidfd)
            self._report.tell_outcome(pidfd)
            return
        self._reap()
        try:
            self._tell_process_end(pidfd, events)
        except Exception as error:  # noqa: BLE001 - or we would hear of it for ever
            self._note(error)
            self._table.drop(pidfd)

    def _tell_process_end(self, pidfd: int, events: int) -> None:
        process = self._table.by_pidfd(pidfd)
        ended = self._statuses.pop(process.pid, None)
        if ended is None:
            status = wait_status_of(pidfd, process.pid)
            if status is None and self._remembers_exits and not events & select.EPOLLHUP:
                self._table.await_burial(pidfd)
                return
            code, usage = b"" if status is None else b"%d" % status, b"\t"
        else:
            code, usage = b"%d" % ended[0], b"%d\t%d" % ended[1:]
        self._table.forget(process)
        run = process.run
        if process.told and not run.over:
            at = time.time_ns() // 1000
            closed = run.close_outputs(process, at, all_=True)
            if closed:
                run.trace.add(closed)
            run.trace.add(b"E\t%d\t%d\t%s\t%s" % (process.pid, at, code, usage))

    def _reap(self) -> None:
        """Wait for our children: the command, and orphans that we adopted."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                self._ended = self._ended or (_UNKNOWN_STATUS, 0, 0)
                return
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                if pid == self._command:
                    self._report.tell(b"Z %d\n" % status)
                continue
            ended = (status, int((usage.ru_utime + usage.ru_stime) * 1e6), usage.ru_maxrss << 10)
            if pid in self._table.processes:
                self._statuses[pid] = ended
            if pid == self._command:
                self._ended = ended
                self._deadline = time.monotonic() + GRACE_S

    def _tell_end(self) -> bool:
        """Say how the command ended, with the trace complete on disk."""
        if self._reported:
            return True
        self._reported = True
        self._poll_ends()
        survivors = sum(1 for each in self._table.processes.values() if each.run is self._run)
        if self._alive:  # some may never have made a call that is held
            survivors = max(survivors, 1)
        self._run.close()
        status, cpu, memory = self._ended or (0, 0, 0)
        self._report.tell(
            b"E %d %d %d %d %d %d %d\n"
            % (
                status,
                cpu,
                memory,
                survivors,
                self._run.trace.lost,
                self._unread,
                self._failures,
            ),
        )
        return True


class Report:
    """The pipe to ``provkit run``, which waits for a signal from a child.

    Attributes:
        pipe: Its descriptor.
    """

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self._reader = os.getppid()

    def tell_outcome(self, outcome: int) -> None:
        """Pass on what the command says before it is executed: nothing, or an error number."""
        said = os.read(outcome, 16)
        os.close(outcome)
        self.tell(b"X %s\n" % said if said else b"G\n")

    def tell(self, line: bytes) -> None:
        """Say something, if somebody still listens."""
        try:
            os.write(self.pipe, line)
            if os.getppid() == self._reader:
                os.kill(self._reader, _SIGCHLD)
        except OSError:
            return


def _kernel_version() -> tuple[int, int]:
    major, minor, *_ = (*os.uname().release.split("."), "0")
    digits = "".join(each for each in minor if each.isdigit())
    return int(major), int(digits or 0)
