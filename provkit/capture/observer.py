"""Make sense of what a recorder sees: number processes, drop noise, write lines, keep sights.

A recorder calls one method per sighting, with absolute paths, in the order in which things
happen, from one thread at a time. No method raises: what fails becomes a problem of the report.

The old bytes of a file that is about to change are the recorder's to save into the staging
folder, because only it can hold the process; it names the copy as ``staged``, or says ``why``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from provkit.capture.accesses import AccessLines
from provkit.capture.harmless import harmless
from provkit.capture.noise import Noise
from provkit.capture.report import Report
from provkit.capture.sight import Sight, copy_of, moves_of
from provkit.capture.streams import command_of, inherited, link_of, open_paths, parent_of
from provkit.capture.tree import Identity, Tree, identify
from provkit.model.events import Event, ProcessEnded, ProcessStarted


class Observer(Report):
    """What every recorder reports to.

    ``pid`` is the process id of the operating system (thread ids are mapped to
    their process by the recorder). ``at`` is None for "now".

    Args:
        noise: Rules in force.
        append: Writes an event to the journal.
        before: The project as it was before the command.
        clean: Takes secrets out of a command line.

    Attributes:
        found: By absolute path, how each file was that the run read or changed.
        written: Absolute paths that the run has written.
        unwatched: Numbers of processes that are known to have run but could not be watched.
        held: The recorder holds each process while it tells of it.
    """

    def __init__(
        self,
        noise: Noise,
        append: Callable[[Event], None],
        before: Tree,
        *,
        clean: Callable[[Sequence[str]], tuple[str, ...]] = tuple,
    ) -> None:
        self.found: dict[str, Sight] = {}
        self.written: dict[str, None] = {}
        super().__init__()
        self.unwatched: list[int] = []
        self.held = False
        self._noise = noise
        self._append = append
        self._before = before
        self._clean = clean
        self._numbers: dict[int, int] = {}
        self._count = 0
        self._lines = AccessLines(noise, append)
        self._open: dict[int, dict[str, None]] = {}

    def hides(self, path: str) -> bool:
        """Whether a path is noise (counted, not recorded), so that work on it can be spared."""
        return self._noise.hides(path)

    @harmless(0)
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
    ) -> int:
        """A process began, or became another program (exec: the same pid again).

        ``reads_from`` and ``writes_to`` name what stands behind the descriptors it
        inherits: ``pipe:[123]``, ``socket:[123]`` or an absolute path; None when not
        known. See :func:`provkit.capture.streams.inherited`.

        Returns:
            Its number in the record.
        """
        number = self._numbers.get(pid)
        if number is None:
            self._count += 1
            number = self._numbers[pid] = self._count
        self._append(
            ProcessStarted(
                process=number,
                at=at or datetime.now(UTC),
                command=self._clean(command),
                directory=self._noise.relative(directory),
                parent=None if parent is None else self._numbers.get(parent),
                executable=executable,
                pid=pid,
                reads_from=self._names(reads_from),
                writes_to=self._names(writes_to),
            )
        )
        for path in filter(self._noise.is_inside, reads_from or ()):
            self.read(pid, path, at=at)
        for path in filter(self._noise.is_inside, writes_to or ()):
            self.write(pid, path, at=at, why="opened before the run began")
        return number

    @harmless(None)
    def ended(
        self,
        pid: int,
        *,
        exit_code: int | None = None,
        cpu_s: float | None = None,
        peak_memory_bytes: int | None = None,
        at: datetime | None = None,
    ) -> None:
        """A process ended; its pid may come again as another process."""
        number = self._numbers.pop(pid, None)
        if number is None:
            return
        self._open.pop(number, None)
        self._append(
            ProcessEnded(
                process=number,
                at=at or datetime.now(UTC),
                exit_code=exit_code,
                cpu_s=cpu_s,
                peak_memory_bytes=peak_memory_bytes,
            )
        )

    @harmless(None)
    def read(
        self, pid: int, path: str, *, at: datetime | None = None, seen: Identity | None = None
    ) -> None:
        """It opens a file for reading.

        Args:
            pid: Who.
            path: What.
            at: When.
            seen: Identity of the file at that moment, when it was looked at already.
        """
        if self._noise.hides(path):
            return
        number = self._number(pid)
        now = identify(path)  # what was seen may be the target of a link
        if now is not None and now.is_link:
            self._meet(path, now)
            self._lines.tell(number, "read", path, at)
            of_target = None if seen is None or seen.is_link else seen
            self.read(pid, os.path.realpath(path), at=at, seen=of_target)
            return
        known = seen or now
        if known is None:
            # A probe that found nothing, or a file that is gone since.
            if path not in self.found and path not in self.written:
                return
        elif not known.is_regular:
            if not known.is_folder:
                self._noise.hide(path, "device")
            return
        if path not in self.written:
            self._meet(path, known)
        if self._lines.tell(number, "read", path, at):
            self._say_what_is_still_open(pid, number, at)

    @harmless(None)
    def write(
        self,
        pid: int,
        path: str,
        *,
        at: datetime | None = None,
        fresh: bool = False,
        append: bool = False,
        seen: Identity | None = None,
        staged: str | None = None,
        why: str = "",
    ) -> None:
        """It is about to open a file for writing, or has it still open.

        Args:
            pid: Who.
            path: What.
            at: When.
            fresh: Opened truncated or created: nothing of older bytes stays.
            append: Opened so that older bytes stay and can be known, so they count as read.
            seen: Identity of the file before, when it was looked at.
            staged: Copy of the old bytes.
            why: Why there is none.
        """
        now = identify(path)  # likewise
        if now is not None and now.is_link:
            path = os.path.realpath(path)  # where the bytes end up
            now = identify(path)
        if self._noise.hides(path):
            return
        if now is not None and not now.is_regular:
            self._noise.hide(path, "device")
            return
        if append and (path in self.written or self._old(path, seen) is not None):
            self.read(pid, path, at=at, seen=seen)
        number = self._number(pid)
        self._change(path, seen, staged, why)
        self._lines.tell(number, "write", path, at, fresh=fresh)
        self._open.setdefault(number, {})[path] = None

    @harmless(None)
    def renamed(
        self,
        pid: int,
        path: str,
        target: str,
        *,
        at: datetime | None = None,
        seen: Identity | None = None,
        staged: str | None = None,
        why: str = "",
    ) -> None:
        """It is about to rename, or has renamed, a file or folder.

        ``seen`` is of the file before, when it was looked at; it is then one file for
        certain. ``staged`` and ``why`` are of what stood at ``target``.
        """
        number = self._number(pid)
        for old, new in [(path, target)] if seen else moves_of(path, target):
            if self._noise.hides(old) and self._noise.hides(new):
                continue
            if old not in self.written:
                self._meet(old, self._old(old, seen) or identify(old) or identify(new))
            self._change(new, None, staged, why)
            self.written.pop(old, None)
            self._lines.add(number, "rename", old, at, target=new)
            self._lines.changed(old, new)

    @harmless(None)
    def deleted(
        self,
        pid: int,
        path: str,
        *,
        at: datetime | None = None,
        seen: Identity | None = None,
        staged: str | None = None,
        why: str = "",
    ) -> None:
        """It is about to delete, or has deleted, a file.

        ``seen``, ``staged`` and ``why`` are of it.
        """
        if self._noise.hides(path):
            return
        known = self._old(path, seen)
        if path not in self.written and path not in self.found and known is None:
            return  # came and went outside of what we see
        number = self._number(pid)
        if path not in self.written:
            sight = self._meet(path, known)
            sight.staged, sight.why = sight.staged or staged, sight.why or why
        self._lines.add(number, "delete", path, at)
        self._lines.changed(path)

    @harmless(None)
    def linked(
        self,
        pid: int,
        path: str,
        target: str,
        *,
        at: datetime | None = None,
        symbolic: bool | None = None,
    ) -> None:
        """It is about to give an existing ``path`` the further name ``target``.

        For a symbolic link ``path`` is what it points to, absolute. Without
        ``symbolic`` the target is looked at to tell one from the other.
        """
        if self._noise.hides(target):
            return
        number = self._number(pid)
        if symbolic is None:
            now = identify(target)
            symbolic = now is not None and now.is_link
        if not symbolic and identify(path) is not None:
            self.read(pid, path, at=at)
        self._change(target, None, None, "")
        self._lines.add(number, "link", path, at, target=target)
        self._lines.changed(target)

    @harmless(None)
    def listed(self, pid: int, path: str, *, at: datetime | None = None) -> None:
        """It lists a folder."""
        if not self._noise.hides(path):
            self._lines.tell(self._number(pid), "list", path, at)

    def before_run(self, path: str) -> Identity | None:
        """Identity of a file before the command, for who tells of it when it may have changed."""
        return self._before.files.get(path)

    def meet_program(self, path: str) -> None:
        """Remember the program, which is recorded wherever it lies."""
        known = identify(os.path.realpath(path))
        if known is not None and known.is_regular:
            self._meet(path, known)

    def save(self, path: str, staging: str) -> None:
        """Save the bytes of a file that the user says will be written."""
        known = identify(path)
        if known is not None and known.is_regular:
            sight = self._meet(path, known)
            sight.staged, sight.why = copy_of(path, known, staging)

    def declare(self, number: int, path: str) -> None:
        """The user says that the process of that number reads a file."""
        self._meet(path, identify(path))
        self._lines.tell(number, "read", path, None)

    def attribute(self, number: int, path: str, before: Identity | None) -> None:
        """A comparison says that a file changed; the process of that number did it."""
        self._change(path, before, None, "not seen before it changed")
        self._lines.tell(number, "write", path, None)

    def attribute_gone(self, number: int, path: str, before: Identity | None) -> None:
        """A comparison says that a file is gone; the process of that number did it."""
        self._meet(path, before)
        self._lines.add(number, "delete", path, None)

    def living(self) -> int:
        """How many processes that were told of have not ended."""
        return sum(pid > 0 and bool(link_of(pid, "cwd")) for pid in self._numbers)

    def _number(self, pid: int) -> int:
        """Number of a process, which is looked at when it was not heard of before."""
        if pid in self._numbers:
            return self._numbers[pid]
        streams = inherited(pid) or (None, None)
        return self.process(
            pid,
            parent=parent_of(pid),
            command=command_of(pid),
            directory=link_of(pid, "cwd"),
            executable=link_of(pid, "exe"),
            reads_from=streams[0],
            writes_to=streams[1],
        )

    def _names(self, names: Iterable[str] | None) -> tuple[str, ...] | None:
        return None if names is None else tuple(self._noise.relative(name) for name in names)

    def _old(self, path: str, seen: Identity | None) -> Identity | None:
        """Identity of a file before the run changed it, as far as it is known."""
        return seen or self._before.files.get(path)

    def _meet(self, path: str, known: Identity | None) -> Sight:
        """Remember how a file is when the run first meets it."""
        return self.found.setdefault(path, Sight(known))

    def _change(self, path: str, seen: Identity | None, staged: str | None, why: str) -> None:
        """The run is about to change a file: remember what was there, once."""
        if path not in self.written:
            known = self._old(path, seen)
            if known is not None or staged is not None:
                sight = self._meet(path, known)
                sight.staged, sight.why = sight.staged or staged, sight.why or why
        self.written[path] = None

    def _say_what_is_still_open(self, pid: int, number: int, at: datetime | None) -> None:
        """After a reading: what the held process has open for writing can get something of it."""
        files = self._open.get(number)
        if not files or not self.held:
            return
        handles = open_paths(pid)
        for path in list(files):
            if path in handles:
                self._lines.tell(number, "write", path, at)
            else:
                del files[path]
