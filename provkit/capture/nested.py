"""What a provkit inside a run says to the supervisor that watches it.

The supervisor holds every call that names a file, so it can be spoken to by
opening names that no file can have: no socket, no variable that ``env -i`` would
lose. See :mod:`provkit.capture.notify_supervisor`.
"""

from __future__ import annotations

import errno
import os

from provkit.capture.notify_opens import ASK


def has_supervisor() -> bool:
    """Whether a supervisor of provkit watches us already: we are in a run."""
    return _ask(b"hello")


def be_quiet(quiet: bool) -> None:
    """Have what this process opens from now on left out of the run around us, or no longer."""
    _ask(b"quiet" if quiet else b"speak")


def _ask(question: bytes) -> bool:
    try:
        os.close(os.open(ASK + question, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.ENOANO
    return False
