"""The ``strace`` recorder: where a filter with a listener is not to be had but ptrace is.

Runs the command under ``strace --seccomp-bpf``, which stops it at the traced
calls only, and with ``-DDD``, which keeps it our own child, out of the way of
signals.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH116, PTH123

from __future__ import annotations

import os
import time
from dataclasses import replace
from shutil import which

from provkit.capture import preflight
from provkit.capture.child import Attention
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.snapshot import tell_end
from provkit.capture.strace_log import CALLS, StraceLog
from provkit.errors import CaptureError

_LOOK_EVERY_S = 0.1
_LAST_LINE_S = 2.0
_QUIET = ("-e", "signal=!SIGCHLD")
_OPTIONS = ("-DDD", "-f", "--seccomp-bpf", "-y", "-z", "-q", "-ttt", "-s", "4096")


class StraceRecorder:
    """Has strace write down what the command opens, and reads its log meanwhile."""

    name = "strace"
    blind: tuple[str, ...] = (
        "files opened through io_uring",
        "what a server that ran before the command does on its behalf",
        "bytes that go through pipes and shared memory",
        "the bytes of a file before it was written over, unless an earlier run archived them",
        "setuid programs (sudo, ping) have no privileges in this run",
    )

    def preflight(self, watch: Watch) -> Verdict:
        """Run a command that reads a file, and see whether the reading comes back."""
        program = which("strace")
        if program is None:
            return Verdict(works=False, why_not="strace is not installed")
        changed = str(os.stat(program).st_mtime_ns)
        return preflight.remembered("strace", watch, lambda: self._try(program), program, changed)

    def _try(self, program: str) -> Verdict:
        verdict = preflight.try_out(self.run)
        return replace(verdict, version=_version(program) or verdict.version)

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end, and tell the log meanwhile.

        Raises:
            CaptureError: strace is not there; the command was not started.
        """
        program = which("strace")
        if program is None:
            raise CaptureError("strace is not installed", hint="see `provkit doctor`")
        path = f"{watch.staging}/strace.log"
        traced = ",".join(f"?{call}" for call in CALLS)
        words = (program, *_OPTIONS, "-e", f"trace={traced}", *_QUIET, "-o", path, "--")
        with Attention() as attention:
            command = (*words, watch.executable, *watch.command[1:])
            pid = attention.start(replace(watch, executable=program, command=command))
            log = StraceLog(path, observer, command=pid, directory=watch.directory)
            ending = attention.wait(
                pid, idle=log.advance, every_s=_LOOK_EVERY_S, resized=watch.resized
            )
            _await_end(log)
        log.close()
        tell_end(observer, pid, ending)
        if not log.over:
            observer.problem("strace stopped before the command did; what came later is not known")
        return ending


def _await_end(log: StraceLog) -> None:
    """The command has ended; strace, which is no child of ours, may still be writing."""
    deadline = time.monotonic() + _LAST_LINE_S
    log.advance()
    while not log.over and time.monotonic() < deadline:
        time.sleep(0.005)
        log.advance()


def _version(program: str) -> str:
    """``strace 6.1``, from what it says of itself."""
    reader, writer = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1)]
    pid = os.posix_spawn(program, [program, "-V"], os.environ, file_actions=actions)
    os.close(writer)
    with open(reader, "rb") as pipe:
        words = pipe.readline().decode("utf-8", "replace").split()
        pipe.read()
    os.waitpid(pid, 0)
    return f"strace {words[-1]}" if words else ""
