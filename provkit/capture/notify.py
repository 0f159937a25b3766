"""The ``notify`` recorder: sees every file of every process, static binaries and threads too.

A small supervisor (:mod:`provkit.capture.notify_main`) starts the command under
a seccomp filter and writes down what it opens; this module starts the
supervisor, waits for the command, and tells the observer.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from provkit.capture import preflight
from provkit.capture.child import Attention
from provkit.capture.nested import has_supervisor
from provkit.capture.notify_proc import wait_status_of
from provkit.capture.notify_replay import Replay
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.errors import CaptureError

if TYPE_CHECKING:
    import resource

    from provkit.capture.observer import Observer

_LOOK_EVERY_S = 0.03
_UNKNOWN_STATUS = 255 << 8
_BURIAL_S = 1.0
_START_S = 60.0

_ISOLATED = ("-I", "-S", "-E", "-c")

# Takes provkit's capture folder without the front door, which a supervisor has no use for.
_BOOT = """import sys
provkit = type(sys)('provkit')
provkit.__path__ = [sys.argv[1]]
sys.modules['provkit'] = provkit
from provkit.capture.notify_main import main
main(int(sys.argv[2]), int(sys.argv[3]))
"""
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

_BLIND = (
    "files opened through io_uring",
    "what a server that ran before the command does on its behalf",
    "bytes that go through shared memory",
    "files that exist only inside a container that the command starts",
)
_NO_SETUID = "setuid programs (sudo, ping) have no privileges in this run"


class NotifyRecorder:
    """Holds each call that names a file until a supervisor has written it down."""

    name = "notify"
    blind: tuple[str, ...] = _BLIND if os.geteuid() == 0 else (*_BLIND, _NO_SETUID)

    def preflight(self, watch: Watch) -> Verdict:
        """Run a command that reads a file, and see whether the reading comes back."""
        return preflight.remembered("notify", watch, lambda: preflight.try_out(self.run))

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end, and tell the trace meanwhile.

        Raises:
            CaptureError: The filter cannot be had; the command was not started.
        """
        with Supervised() as attention:
            pid = attention.start(watch)
            try:
                ending = _follow(watch, observer, attention, pid)
            except Exception as error:  # noqa: BLE001 - the supervisor alone knows how it ends
                observer.problem(f"the recorder failed: {type(error).__name__}: {error}")
                ending = attention.wait(pid, resized=watch.resized)
            finally:
                attention.leave()
        for sentence in attention.complaints:
            observer.problem(sentence)
        if attention.survivors:
            observer.cannot_see(
                f"{attention.survivors} processes went on after the command ended; what they"
                " do later is not recorded"
            )
        return ending


def _follow(watch: Watch, observer: Observer, attention: Supervised, pid: int) -> Ending:
    """Tell the trace while the command runs."""
    try:
        replay = Replay(watch.staging, observer)
    except OSError as error:
        observer.problem(f"the trace cannot be read: {error.strerror}")
        return attention.wait(pid, resized=watch.resized)
    try:
        return attention.wait(
            pid, idle=replay.advance, every_s=_LOOK_EVERY_S, resized=watch.resized
        )
    finally:
        replay.close()


class Supervised(Attention):
    """Waits for a command that a supervisor started.

    Attributes:
        complaints: What the supervisor could not do, one sentence each.
        survivors: How many processes outlive the command.
    """

    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self.survivors = 0
        self._supervisor = 0
        self._reports = -1
        self._rest = b""
        self._end: list[int] | None = None
        self._pidfd = -1

    def start(self, watch: Watch, *, before_exec: Callable[[], None] | None = None) -> int:
        """Start the supervisor, which starts the command.

        Raises:
            CaptureError: It was not started.
        """
        try:
            instructions = self._start_supervisor(watch)
            with os.fdopen(instructions, "wb") as pipe:
                pipe.write(self._plan(watch))
            word, number = self._next_report(wait=True) or ("F", [errno.EPIPE])
        except OSError as error:
            raise CaptureError(f"the supervisor did not start: {error.strerror}") from error
        if word != "S":
            self.leave()
            what = "the kernel refuses a filter" if word == "F" else "the supervisor did not start"
            raise CaptureError(f"{what}: {os.strerror(number[0])}")
        try:
            self._pidfd = os.pidfd_open(number[0])
        except ProcessLookupError:  # it has ended already
            self._pidfd = -1
        self._await_execution(watch)
        self._reaped = watch.reaped
        watch.started(number[0])
        return number[0]

    def _await_execution(self, watch: Watch) -> None:
        """Wait until the command is executed.

        Raises:
            OSError: It cannot be.
        """
        word, numbers = self._next_report(wait=True) or ("gone", [])
        if word == "X":
            self.leave()
            raise OSError(numbers[0], os.strerror(numbers[0]), watch.executable)

    def look(self, pid: int) -> tuple[int, int, resource.struct_rusage]:
        """What the supervisor says of the command; 0 while it runs."""
        found, status = 0, 0
        while self._end is None and not found:
            report = self._next_report()
            if report is None:
                break
            word, numbers = report
            if word == "Z":
                found, status = pid, numbers[0]
            elif word == "gone":
                self._end = self._await_orphan(pid)
        usage = SimpleNamespace(ru_utime=0.0, ru_stime=0.0, ru_maxrss=0)
        if self._end is not None:
            found, status = pid, self._end[0]
            usage.ru_utime, usage.ru_maxrss = self._end[1] / 1e6, self._end[2] >> 10
        return found, status, cast("resource.struct_rusage", usage)

    def leave(self) -> None:
        """Let go of the supervisor, which stays as long as a process of the run lives."""
        self._complain()
        for handle in (self._reports, self._pidfd):
            if handle >= 0:
                os.close(handle)
        self._reports = self._pidfd = -1
        if self._supervisor:
            os.waitpid(self._supervisor, os.WNOHANG if self.survivors else 0)

    def _complain(self) -> None:
        """Say what the supervisor could not do."""
        _status, _cpu, _memory, self.survivors, lost, unread, failures = self._end or [0] * 7
        if lost:
            self.complaints.append(f"{lost} lines of the trace are lost: no room on the disk")
        if unread:
            self.complaints.append(
                f"{unread} calls could not be read, their processes being closed"
            )
        if failures:
            self.complaints.append(f"{failures} calls were not understood")

    def _start_supervisor(self, watch: Watch) -> int:
        """Start it, and give the pipe that takes its instructions."""
        instructions, ours = os.pipe()
        self._reports, reports = os.pipe()
        try:
            for handle in (instructions, reports):
                os.set_inheritable(handle, True)
            self._supervisor = os.posix_spawn(
                sys.executable,
                [sys.executable, *_ISOLATED, _BOOT, _PACKAGE, str(instructions), str(reports)],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, o, t) for t, o in watch.streams.items()],
                setsigmask=signal.valid_signals(),
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(instructions)
            os.close(reports)
        os.set_blocking(self._reports, False)
        return ours

    def _plan(self, watch: Watch) -> bytes:
        """The instructions; see :class:`provkit.capture.notify_main.Plan`."""
        defaults = [signal.SIGPIPE, signal.SIGXFSZ]
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            defaults.append(signal.SIGINT)
        fields: list[str | bytes] = [
            watch.project,
            watch.staging,
            watch.executable,
            " ".join(str(int(each)) for each in self._before),
            " ".join(str(int(each)) for each in defaults),
            "guest" if has_supervisor() else "",
            str(len(watch.command)),
            *watch.command,
            *(f"{name}={value}" for name, value in watch.environment.items()),
        ]
        return b"".join(os.fsencode(field) + b"\0" for field in fields)

    def _next_report(self, *, wait: bool = False) -> tuple[str, list[int]] | None:
        """The next line of the supervisor; ``gone`` when it is; None when there is none now."""
        while b"\n" not in self._rest:
            if wait and not select.select([self._reports], [], [], _START_S)[0]:
                os.kill(self._supervisor, signal.SIGKILL)
                return ("F", [errno.ETIMEDOUT])
            try:
                piece = os.read(self._reports, 4096)
            except BlockingIOError:
                return None
            if not piece:
                return ("gone", [errno.EPIPE])
            self._rest += piece
        line, _, rest = self._rest.partition(b"\n")
        word, numbers = line[:1].decode("ascii"), [int(number) for number in line[1:].split()]
        if word == "E":  # kept before it is let go, for it does not come again
            self._end = numbers
        self._rest = rest
        return word, numbers

    def _await_orphan(self, pid: int) -> list[int]:
        """Wait for a command whose supervisor was killed."""
        self.complaints.append("the supervisor was killed: files opened since then are not known")
        status = None
        if self._pidfd >= 0:
            select.select([self._pidfd], [], [])
            deadline = time.monotonic() + _BURIAL_S  # known once its new parent has waited for it
            while (
                status := wait_status_of(self._pidfd, pid)
            ) is None and time.monotonic() < deadline:
                time.sleep(0.002)
        return [_UNKNOWN_STATUS if status is None else status, 0, 0, 0, 0, 0, 0]
