"""The process that ``provkit run`` starts for the notify recorder.

It reads from a pipe what to do, starts the command under the filter, turns
itself into the supervisor (or, inside another run, into a guest of the
supervisor there), and reports on a second pipe, one line each:

============================================ ===================================
``S PID``                                    the command was started
``F ERRNO``                                  it was not: there is no filter
``G``                                        it is being executed
``X ERRNO``                                  it could not be executed
``Z STATUS``                                 it was stopped, as by Ctrl-Z
``E STATUS CPU MEMORY LEFT LOST UNREAD BAD`` it ended; the trace is on disk
============================================ ===================================

STATUS is that of ``wait(2)``, CPU in µs, MEMORY in bytes; LEFT processes outlive
it, LOST lines found no room, UNREAD calls could not be read, BAD attempts failed.
"""

# ruff: noqa: PTH123, PTH208, S606 - bytes, no pathlib in this process, and no shell by intent

from __future__ import annotations

import errno
import gc
import os
import resource
import time

from provkit.capture.notify_opens import ASK
from provkit.capture.notify_run import TracedRun
from provkit.capture.notify_staging import Staging
from provkit.capture.notify_supervisor import GRACE_S, LOST, YES, Report, Supervisor
from provkit.capture.notify_trace import Trace
from provkit.capture.seccomp import MACHINES, Kernel, wake_on_same_cpu

_CANNOT_EXECUTE = 126


class Plan:
    """What to run and where to write: the fields of the first pipe, each ended by a zero byte."""

    def __init__(self, data: bytes) -> None:
        fields = iter(data.split(b"\0")[:-1])
        self.root = next(fields)
        self.staging = next(fields)
        self.executable = next(fields)
        self.blocked = [int(word) for word in next(fields).split()]
        self.defaults = [int(word) for word in next(fields).split()]
        self.guest = next(fields) == b"guest"
        self.command = [next(fields) for _ in range(int(next(fields)))]
        self.environment = dict(each.split(b"=", 1) for each in fields)


def main(instructions: int, reports: int) -> None:
    """Do what the instructions say, to the end of the command and of its last descendant."""
    since_ns = time.time_ns()
    os.set_inheritable(reports, False)
    report = Report(reports)
    with os.fdopen(instructions, "rb") as pipe:
        plan = Plan(pipe.read())
    machine = MACHINES[os.uname().machine]
    kernel = Kernel(machine)
    try:
        staging = os.open(plan.staging, os.O_RDONLY | os.O_DIRECTORY)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        trace = os.open(b"trace", flags, 0o600, dir_fd=staging)
        kernel.adopt_orphans()
        if plan.guest:
            attach(trace, staging, plan.root)
        command, listener, outcome = _start(kernel, plan)
    except OSError as error:
        report.tell(b"F %d\n" % (error.errno or errno.EIO))
        return
    report.tell(b"S %d\n" % command)
    _withdraw({listener, outcome, trace, staging, reports})
    if plan.guest:
        report.tell_outcome(outcome)
        _wait_as_guest(command, report)
        return
    wake_on_same_cpu(listener)
    gc.freeze()
    gc.set_threshold(100_000)  # there are hardly any cycles, and looking for them holds the command
    run = TracedRun(plan.root, Trace(trace), Staging(plan.root, staging, since_ns))
    Supervisor(
        kernel, machine, listener, run=run, command=command, outcome=outcome, report=report
    ).serve()


def _start(kernel: Kernel, plan: Plan) -> tuple[int, int, int]:
    """Start the command, held by a filter unless we are a guest.

    Returns:
        Its process id, the listener (-1 for a guest), and a pipe from it that closes
        when it is executed, or else says why it is not.

    Raises:
        OSError: The filter cannot be had; the command was not started.
    """
    told, tells = os.pipe()
    waits, goes = os.pipe()
    command = os.fork()
    if command == 0:
        os.close(told)
        os.close(goes)  # or it would wait for itself
        _become(kernel, plan, tells, waits)
    os.close(tells)
    os.close(waits)
    listener = -1
    try:
        if not plan.guest:
            answer = int(os.read(told, 16) or -errno.EIO)
            if answer < 0:
                raise OSError(-answer, os.strerror(-answer))
            pidfd = os.pidfd_open(command)
            try:
                listener = kernel.fetch_descriptor(pidfd, answer)
            finally:
                os.close(pidfd)
        os.write(goes, b"!")
    except OSError:
        os.close(goes)
        os.waitpid(command, 0)
        raise
    os.close(goes)
    return command, listener, told


def _become(kernel: Kernel, plan: Plan, tells: int, waits: int) -> None:
    """In the child: take on the filter, wait until the supervisor listens, be the command."""
    try:
        listener = -1
        if not plan.guest:
            try:
                listener = answer = kernel.install_filter()
            except OSError as error:
                answer = -(error.errno or errno.EIO)
            os.write(tells, b"%d" % answer)
        if os.read(waits, 1):  # else the supervisor gave up
            if listener >= 0:
                os.close(listener)
            kernel.set_signals(plan.blocked, plan.defaults)
            os.write(tells, b"%d" % _execute(plan))
    finally:
        os._exit(_CANNOT_EXECUTE)


def _execute(plan: Plan) -> int:
    """Become the command; return the error number when that cannot be."""
    # A script without #! is a shell script, as for execvp(3).
    as_script = [b"sh", plan.executable, *plan.command[1:]]
    for program, words in ((plan.executable, plan.command), (b"/bin/sh", as_script)):
        try:
            os.execve(program, words, plan.environment)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                return error.errno or errno.EIO
    return errno.ENOEXEC


def _withdraw(ours: set[int]) -> None:
    """Hold nothing that the command may wait for, and be hit by nothing that hits it."""
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number, inheritable=False)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number not in ours:
            try:
                os.close(number)
            except OSError:  # the descriptor of the list itself
                continue
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with open("/proc/self/oom_score_adj", "wb") as file:
            file.write(b"-900")  # granted to root only
    except OSError:
        return


# Inside another run


def ask(question: bytes) -> int:
    """Ask the supervisor above; its answer, or ``ENOENT`` when there is none."""
    try:
        os.close(os.open(ASK + question, os.O_RDONLY))
    except OSError as error:
        return error.errno or errno.EIO
    return errno.ENOENT


def attach(trace: int, staging: int, root: bytes) -> None:
    """Have our children traced as a run of their own.

    Raises:
        OSError: The supervisor above does not.
    """
    answer = ask(b"attach/%d/%d%s" % (trace, staging, root))
    if answer != YES:
        raise OSError(answer, os.strerror(answer))


def _wait_as_guest(command: int, report: Report) -> None:
    ended: tuple[int, int, int] | None = None
    deadline = 0.0
    while ended is None or time.monotonic() < deadline:
        try:
            pid, status, usage = os.wait4(-1, 0 if ended is None else os.WNOHANG)
        except ChildProcessError:
            break
        if pid == command:
            cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
            ended = status, cpu, usage.ru_maxrss << 10
            deadline = time.monotonic() + GRACE_S
        elif pid == 0:
            time.sleep(0.01)
    lost = int(ask(b"end") == LOST)
    report.tell(b"E %d %d %d 0 %d 0 0\n" % (*(ended or (0, 0, 0)), lost))
