"""Tell a signal sent to provkit alone from one sent to its whole process group.

``kill PID`` means the command and must be passed on; ``kill -- -GROUP`` (as
``timeout`` and job control do) has reached it already, and a second Ctrl-C in
the middle of its clean-up would do harm. The kernel does not say which it was.
So a small process of the same group, with every signal blocked, stands by: what
is sent to the group waits in its list of pending signals.
"""

# ruff: noqa: PTH123 - /proc, and no pathlib on the way to the command

from __future__ import annotations

import os
import signal
import time

_LOOKS, _LOOK_S = 5, 0.001
_PROGRAM = "/bin/cat"  # reads from a pipe that closes when we are gone, however we go


class Sentinel:
    """A process that only receives what is sent to the group."""

    def __init__(self) -> None:
        self._pid = 0
        self._pipe = -1
        self._begin()

    def got(self, number: signal.Signals) -> bool:
        """Whether that signal, just received by us, was sent to the group."""
        for _ in range(_LOOKS):
            if self._pending() & (1 << (number - 1)):
                self.close()  # what is pending stays so: the next needs a new one
                self._begin()
                return True
            time.sleep(_LOOK_S)
        return False

    def close(self) -> None:
        """End it."""
        if self._pid:
            os.close(self._pipe)
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _begin(self) -> None:
        reader, writer = os.pipe()
        try:
            self._pid = os.posix_spawn(
                _PROGRAM,
                ["cat"],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, reader, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setsigmask=signal.valid_signals(),
            )
            self._pipe = writer
        except OSError:
            os.close(writer)  # without it, signals are passed on as if sent to us alone
        finally:
            os.close(reader)

    def _pending(self) -> int:
        if not self._pid:
            return 0
        try:
            with open(f"/proc/{self._pid}/status", "rb") as file:
                for line in file:
                    if line.startswith(b"ShdPnd:"):
                        return int(line[7:], 16)
        except (OSError, ValueError):
            return 0
        return 0
