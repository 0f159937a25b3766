"""Start a command and wait for it as if provkit were not there.

The command keeps our process group, terminal, standard input, working
directory, umask and resource limits. Signals of the terminal reach it from the
kernel, because it is in the foreground group as we are; signals sent to
provkit alone are passed on, once. It may stop and be continued as any job.
"""

# ruff: noqa: PTH123 - /proc, and no pathlib on the way to the command

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from provkit.capture.recorder import Ending, Watch
from provkit.capture.sentinel import Sentinel

PASSED_ON = frozenset(
    (
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
        signal.SIGTSTP,
        signal.SIGCONT,
    )
)
"""Signals that mean the command when they are sent to provkit."""

ENDING = frozenset((signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM))
_BY_KERNEL = 0x80  # si_code SI_KERNEL (signal.h): the terminal's doing, so the command has it too
_STARTED_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by Python, for itself only


class Attention:
    """Holds signals back from before the command starts until it has ended.

    Attributes:
        interrupted: Somebody asked the command to end.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._before: set[signal.Signals] = set()
        self._sentinel: Sentinel | None = None
        self._reaped: list[tuple[int, int, resource.struct_rusage]] = []

    def __enter__(self) -> Self:
        waited = PASSED_ON | {signal.SIGCHLD}
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)  # type: ignore[assignment]
        self._sentinel = Sentinel()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sentinel is not None:
            self._sentinel.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def start(self, watch: Watch, *, before_exec: Callable[[], None] | None = None) -> int:
        """Start the command.

        Args:
            watch: What to start.
            before_exec: Called in the new process just before it becomes the command;
                without it no Python code runs there.

        Returns:
            Its process id.

        Raises:
            OSError: It could not be started.
        """
        self._reaped = watch.reaped
        pid = self._spawn(watch) if before_exec is None else self._fork(watch, before_exec)
        watch.started(pid)
        return pid

    def _spawn(self, watch: Watch) -> int:
        actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for theirs, ours in watch.streams.items()]
        for command in _commands(watch):
            try:
                return os.posix_spawn(
                    command[0],
                    command[1],
                    watch.environment,
                    file_actions=actions,
                    setsigmask=self._before,
                    setsigdef=_STARTED_IGNORED,
                )
            except OSError as error:
                if error.errno != errno.ENOEXEC:
                    raise
        raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC), watch.executable)

    def wait(
        self,
        pid: int,
        *,
        idle: Callable[[], None] = lambda: None,
        every_s: float | None = None,
        resized: Callable[[], None] = lambda: None,
    ) -> Ending:
        """Wait for the command, passing signals on.

        Args:
            pid: Its process id.
            idle: Called now and then meanwhile.
            every_s: How often; None for never.
            resized: Called when the terminal changed its size.
        """
        waited = PASSED_ON | {signal.SIGCHLD}
        while True:
            # In one statement: who fails from here on finds how it ended in the watch.
            self._reaped[:] = ((found, status, usage),) = (self.look(pid),)
            if found and not os.WIFSTOPPED(status):
                self._drain()
                return ending_of(status, usage, asked=self.interrupted)
            if found and _is_stopped(pid):
                os.kill(os.getpid(), signal.SIGSTOP)
                _send(pid, signal.SIGCONT)
                continue
            told = _next_signal(waited, every_s)
            if every_s is not None:
                idle()
            if told is not None and told.si_signo != signal.SIGCHLD:
                self._pass_on(pid, told, resized)

    def _drain(self) -> None:
        """Take what was sent to us and the command at once, before it ended."""
        while (told := _next_signal(PASSED_ON, 0)) is not None:
            if told.si_signo in ENDING:
                self.interrupted = True

    def look(self, pid: int) -> tuple[int, int, resource.struct_rusage]:
        """As wait4(2) without waiting: 0 while it runs. Who starts it otherwise asks otherwise."""
        return os.wait4(pid, os.WNOHANG | os.WUNTRACED)

    def _pass_on(self, pid: int, told: signal.struct_siginfo, resized: Callable[[], None]) -> None:
        number = signal.Signals(told.si_signo)
        if number in ENDING:
            self.interrupted = True
        has_it = told.si_code == _BY_KERNEL or (
            self._sentinel is not None and self._sentinel.got(number)
        )
        if number == signal.SIGWINCH:
            resized()
            has_it = False  # it may have looked at the size before we changed it
        if not has_it:
            _send(pid, number)
        if number == signal.SIGTSTP:
            _stop_by(number)
            _send(pid, signal.SIGCONT)

    def _fork(self, watch: Watch, before_exec: Callable[[], None]) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 126
        try:
            for theirs, ours in watch.streams.items():
                os.dup2(ours, theirs)
            for number in _STARTED_IGNORED:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, _inherited_interrupt())
            before_exec()
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            for path, words in _commands(watch):
                try:
                    os.execve(path, words, watch.environment)  # noqa: S606 - our trade
                except OSError as error:
                    code = 127 if error.errno == errno.ENOENT else 126
        finally:
            os._exit(code)


def plain_wait(pid: int, watch: Watch) -> Ending:
    """Wait for a command whose recorder failed, perhaps after it had waited."""
    for found, status, usage in watch.reaped:
        if found and not os.WIFSTOPPED(status):
            return ending_of(status, usage)
    try:
        _, status, usage = os.wait4(pid, 0)
    except ChildProcessError:  # somebody else is its parent, and has its exit code
        return Ending(at=datetime.now(UTC), exit_code=255)
    return ending_of(status, usage)


def ending_of(status: int, usage: resource.struct_rusage, *, asked: bool = False) -> Ending:
    """How a command ended, from its wait status.

    Args:
        status: As from wait(2).
        usage: What it used.
        asked: Somebody asked it to end.
    """
    code = os.waitstatus_to_exitcode(status)
    return Ending(
        at=datetime.now(UTC),
        exit_code=code if code >= 0 else 128 - code,
        signal=None if code >= 0 else _signal_name(-code),
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_memory_bytes=usage.ru_maxrss * 1024,
        interrupted=(asked and code != 0) or (code < 0 and -code in (*ENDING, signal.SIGKILL)),
    )


def _commands(watch: Watch) -> list[tuple[str, list[str]]]:
    """What to execute; a script without ``#!`` is a shell script, as for execvp(3)."""
    return [
        (watch.executable, list(watch.command)),
        ("/bin/sh", ["sh", watch.executable, *watch.command[1:]]),
    ]


def _next_signal(
    waited: frozenset[signal.Signals], timeout_s: float | None
) -> signal.struct_siginfo | None:
    """The next signal, waiting so long; None for no timeout means for ever.

    When it is interrupted at the end of its time (stop and continue do that),
    ``sigtimedwait`` of CPython 3.11 answers with what happened to be in memory.
    """
    if timeout_s is None:
        return signal.sigwaitinfo(waited)
    told = signal.sigtimedwait(waited, timeout_s)
    return told if told is not None and told.si_signo in waited else None


def _inherited_interrupt() -> signal.Handlers:
    """What SIGINT did before Python put its own handler there."""
    now = signal.getsignal(signal.SIGINT)
    return signal.SIG_IGN if now == signal.SIG_IGN else signal.SIG_DFL


def _is_stopped(pid: int) -> bool:
    """Whether it is stopped now; it may have been continued since it told us."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"T", b"t")
    except (OSError, IndexError):
        return False


def _stop_by(number: signal.Signals) -> None:
    """Stop ourselves as that signal would have stopped us, until continued."""
    os.kill(os.getpid(), number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
