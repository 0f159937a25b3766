"""Make sense of what a recorder sees: number processes, drop noise, save old bytes, write lines.

A recorder calls one method per sighting, with absolute paths, in the order in
which things happen, from one thread at a time. No method raises: what fails
becomes a problem in the capture report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stood at a path when the process was held there.

    A recorder that tells of things after they happened (from a trace) gives it
    along, because looking now would find newer bytes.

    Attributes:
        size_bytes: Size of the file; None when nothing was there.
        modified_ns: Its modification time.
        mode: Its type and permission bits (``st_mode``).
        staged: Copy of its bytes in the staging folder, where one was made. It may be
            a second name (hard link) of bytes that somebody can still write to: take it
            only while size and modification time are the ones given here.
        why: Why there is no copy: ``too large``, ``changed by this run``, ….
    """

    size_bytes: int | None = None
    modified_ns: int = 0
    mode: int = 0
    staged: str | None = None
    why: str = ""


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

    def read(
        self, pid: int, path: str, *, at: datetime | None = None, before: Before | None = None
    ) -> None:
        """It opens an existing file for reading."""

    def write(
        self,
        pid: int,
        path: str,
        *,
        at: datetime | None = None,
        fresh: bool = False,
        append: bool = False,
        before: Before | None = None,
    ) -> None:
        """It is about to open a file for writing; call it while the process is held, if you can.

        The old bytes are saved before this returns, unless ``before`` says what they were.

        Args:
            pid: Who.
            path: What.
            at: When.
            fresh: Opened truncated or created: nothing of older bytes stays.
            append: Opened for appending, so older bytes stay.
            before: What stood there; None to look now.
        """

    def renamed(
        self,
        pid: int,
        path: str,
        target: str,
        *,
        at: datetime | None = None,
        before: Before | None = None,
    ) -> None:
        """It is about to rename a file or folder; ``before`` is what stood at ``target``."""

    def deleted(
        self, pid: int, path: str, *, at: datetime | None = None, before: Before | None = None
    ) -> None:
        """It is about to delete a file; ``before`` is that file."""

    def linked(self, pid: int, path: str, target: str, *, at: datetime | None = None) -> None:
        """It is about to make a link at ``path`` that points to ``target``."""

    def listed(self, pid: int, path: str, *, at: datetime | None = None) -> None:
        """It lists a folder."""

    def problem(self, sentence: str) -> None:
        """Something went wrong in us; the run becomes "incomplete, because …"."""
