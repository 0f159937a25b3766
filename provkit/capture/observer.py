"""Make sense of what a recorder sees: number processes, drop noise, save old bytes, write lines.

A recorder calls one method per sighting, with absolute paths, in the order in
which things happen, from one thread at a time. No method raises: what fails
becomes a problem in the capture report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Observer(Protocol):
    """What every recorder reports to.

    ``pid`` is the process id of the operating system (thread ids are mapped to
    their process by the recorder). ``at`` is None for "now".
    """

    def hides(self, path: str) -> bool:
        """Whether a path is noise (counted, not recorded), so that work on it can be spared."""

    def process(
        self,
        pid: int,
        *,
        parent: int | None,
        command: Sequence[str],
        directory: str,
        executable: str = "",
        at: datetime | None = None,
        reads_from: Sequence[str] | None = None,
        writes_to: Sequence[str] | None = None,
    ) -> None:
        """A process began, or became another program (exec: the same pid again).

        ``reads_from`` and ``writes_to`` name what stands behind the descriptors it
        inherits: ``pipe:[123]``, ``socket:[123]`` or a path; None when not known.
        See :func:`provkit.capture.streams.inherited`.
        """

    def ended(
        self,
        pid: int,
        *,
        exit_code: int | None = None,
        cpu_s: float | None = None,
        peak_memory_bytes: int | None = None,
        at: datetime | None = None,
    ) -> None:
        """A process ended."""

    def read(self, pid: int, path: str, *, at: datetime | None = None) -> None:
        """It opens an existing file for reading."""

    def write(
        self,
        pid: int,
        path: str,
        *,
        at: datetime | None = None,
        fresh: bool = False,
        append: bool = False,
        staged: str | None = None,
    ) -> None:
        """It is about to open a file for writing; call it while the process is held, if you can.

        The old bytes are saved before this returns, unless ``staged`` names a copy
        that the recorder has made already.

        Args:
            pid: Who.
            path: What.
            at: When.
            fresh: Opened truncated or created: nothing of older bytes stays.
            append: Opened for appending, so older bytes stay.
            staged: Copy of the old bytes in the staging folder.
        """

    def renamed(self, pid: int, path: str, target: str, *, at: datetime | None = None) -> None:
        """It is about to rename a file or folder."""

    def deleted(self, pid: int, path: str, *, at: datetime | None = None) -> None:
        """It is about to delete a file."""

    def linked(self, pid: int, path: str, target: str, *, at: datetime | None = None) -> None:
        """It is about to make a link at ``path`` that points to ``target``."""

    def listed(self, pid: int, path: str, *, at: datetime | None = None) -> None:
        """It lists a folder."""

    def problem(self, sentence: str) -> None:
        """Something went wrong in us; the run becomes "incomplete, because …"."""
