"""Which output of a run can come from which input: evidence "observed".

An output derives from what its process, and those that piped or handed files
to it, had read before they last had it open for writing. Inputs are the bits of
an integer, so that ten thousand files cost a union of a kilobyte each.

What flows between processes:

* through a pipe or socket named by both ends, from writer to reader; when one
  end only is named, the other is held by the parent;
* between a process and its copy (fork without exec), both ways;
* where a recorder does not know the pipes: from a child to its parent, to it
  from a parent that is no shell, and from each stage of a shell pipeline
  (children of one shell alive at the same time) to the later ones; what a
  shell opens, for itself or before it becomes another program, is a redirection
  and stays open until that process ends.

Who reads from a pipe is not seen to read, so a file that it was writing may
take what came through, unless its modification time says that it was left alone
since. Where a recorder does not say what is still open, the same time tells
whether a process went on writing after it read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provkit.model.events import (
    Event,
    FileAccessed,
    ProcessEnded,
    ProcessStarted,
    StateObserved,
)

MOST_PAIRS = 50_000
"""Above this many pairs, outputs that come from most inputs are left without: the walk
through used and generated then gives the same answer, or a wider one."""

_GRAIN = timedelta(milliseconds=10)  # of the file system's clock
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox"))


@dataclass(slots=True)
class _Life:
    """A process from its first to its last line of the record."""

    begin: int
    end: int
    became: int
    parent: int | None = None
    pid: int | None = None
    command: tuple[str, ...] = ()
    executable: str = ""
    reads_from: tuple[str, ...] | None = None
    writes_to: tuple[str, ...] | None = None
    open_to_the_end: set[str] = field(default_factory=set)

    @property
    def is_shell(self) -> bool:
        name = self.executable or (self.command[0] if self.command else "")
        return name.rpartition("/")[2].lstrip("-") in _SHELLS


class _Flow:
    """What is known while walking through the record."""

    def __init__(
        self, names: list[str], lives: dict[int, _Life], modified: dict[str, datetime]
    ) -> None:
        self._bits = {path: 1 << index for index, path in enumerate(names)}
        self._lives = lives
        self._modified = modified
        self._sources = _sources(lives)
        self._sinks: dict[int, set[int]] = {number: set() for number in lives}
        for end, starts in self._sources.items():
            for start in starts:
                self._sinks[start].add(end)
        self._seen: dict[int, int] = {}
        self._carried: dict[str, int] = {}
        self._writing: dict[int, dict[str, datetime | None]] = {}
        self._reach: dict[tuple[bool, int], tuple[int, ...]] = {}

    @property
    def written(self) -> Collection[str]:
        """Paths that the run has written, renamed to or linked to."""
        return self._carried.keys()

    def holds(self, path: str) -> int:
        """Inputs in a file as it is now: itself, when the run did not write it."""
        return self._carried.get(path, self._bits.get(path, 0))

    def access(self, access: FileAccessed) -> None:
        """Take in one line."""
        process, path, target = access.process, access.path, access.target
        if access.kind == "read":
            self._read(process, self.holds(path), access.at)
        elif access.kind == "write":
            older = 0 if access.fresh else self.holds(path)
            self._carried[path] = older | self._known_to(process)
            self._writing.setdefault(process, {})[path] = access.at
        elif access.kind == "delete":
            self._carried[path] = 0
        elif target is not None and access.kind in ("rename", "link"):
            self._carried[target] = self.holds(path)
            if access.kind == "rename":
                self._carried[path] = 0
                self._writing.get(process, {}).pop(path, None)

    def close(self, process: int, path: str) -> None:
        """A process ends, and with it its writing to a path that its output was sent to."""
        if path in self._carried:
            self._carried[path] |= self._known_to(process)

    def _read(self, process: int, content: int, at: datetime | None) -> None:
        self._seen[process] = self._seen.get(process, 0) | content
        life = self._lives.get(process)
        if life is not None and life.writes_to is not None:
            self._writing.pop(process, None)  # what is still open is told again
        for each in self._reachable(process, self._sinks):
            for path, since in list(self._writing.get(each, {}).items()):
                changed = self._changed_after(path, since, at)
                if changed or (changed is None and each != process):
                    self._carried[path] = self._carried.get(path, 0) | content
                elif changed is not None:
                    del self._writing[each][path]

    def _changed_after(self, path: str, since: datetime | None, at: datetime | None) -> bool | None:
        """Whether a file was written to after a moment, as its final modification time tells.

        None when that cannot be told: a time before the file was opened was set by hand.
        """
        modified = self._modified.get(path)
        if modified is None or since is None or at is None or modified < since - _GRAIN:
            return None
        return modified + _GRAIN >= at

    def _known_to(self, process: int) -> int:
        """Inputs that can be in what a process writes now."""
        known = 0
        for each in self._reachable(process, self._sources):
            known |= self._seen.get(each, 0)
        return known

    def _reachable(self, process: int, edges: dict[int, set[int]]) -> tuple[int, ...]:
        key = (edges is self._sinks, process)
        if key not in self._reach:
            found, waiting = {process}, [process]
            while waiting:
                fresh = edges.get(waiting.pop(), set()) - found
                found |= fresh
                waiting += fresh
            self._reach[key] = tuple(found)
        return self._reach[key]


def derive(
    events: Collection[Event], *, inputs: Iterable[str], outputs: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Pairs of output path and input path, sorted.

    Args:
        events: Lines of one record, in order.
        inputs: Paths of states found and read.
        outputs: Paths of states left.
    """
    names = sorted(set(inputs))
    lives = _lives(events)
    modified = {
        event.path: event.modified
        for event in events
        if isinstance(event, StateObserved) and event.moment == "left" and event.modified
    }
    flow = _Flow(names, lives, modified)
    unended = {number: life for number, life in lives.items() if life.open_to_the_end}
    for event in events:
        if isinstance(event, FileAccessed):
            flow.access(event)
        elif isinstance(event, ProcessEnded) and event.process in unended:
            _close(flow, event.process, unended.pop(event.process))
    for number, life in unended.items():
        _close(flow, number, life)
    # A file that the run did not write holds itself, but that is no derivation.
    written = {path: flow.holds(path) for path in outputs if path in flow.written}
    return tuple(_pairs(written, names))


def _close(flow: _Flow, process: int, life: _Life) -> None:
    for path in sorted(life.open_to_the_end):
        flow.close(process, path)


def _pairs(carried: dict[str, int], names: list[str]) -> Iterator[tuple[str, str]]:
    total, kept = 0, []
    for out, known in sorted(carried.items(), key=lambda item: (item[1].bit_count(), item[0])):
        total += known.bit_count()
        if total > MOST_PAIRS:
            break
        kept.append(out)
    for out in sorted(kept):
        known = carried[out]
        while known:
            lowest = known & -known
            yield out, names[lowest.bit_length() - 1]
            known ^= lowest


def _lives(events: Collection[Event]) -> dict[int, _Life]:
    lives: dict[int, _Life] = {}
    ended: set[int] = set()
    for index, event in enumerate(events):
        if isinstance(event, ProcessStarted):
            life = lives.setdefault(event.process, _Life(index, len(events), index))
            life.became, life.parent, life.command = index, event.parent, event.command
            life.executable, life.pid = event.executable, event.pid
            life.reads_from, life.writes_to = event.reads_from, event.writes_to
        elif isinstance(event, ProcessEnded) and event.process in lives:
            if event.process not in ended:
                lives[event.process].end = index
            ended.add(event.process)
    for index, event in enumerate(events):
        if isinstance(event, FileAccessed) and event.kind == "write" and event.process in lives:
            life = lives[event.process]
            if life.writes_to is None and (life.is_shell or index < life.became):
                life.open_to_the_end.add(event.path)
    for life in lives.values():
        life.open_to_the_end.update(life.writes_to or ())
    return lives


def _sources(lives: dict[int, _Life]) -> dict[int, set[int]]:
    """For each process, those that something can flow to it from."""
    sources: dict[int, set[int]] = {number: set() for number in lives}
    for start, end in (
        *_through_named(lives),
        *_between_copies(lives),
        *_through_unknown(lives),
    ):
        if start in sources and end in sources and start != end:
            sources[end].add(start)
    return sources


def _through_named(lives: dict[int, _Life]) -> Iterator[tuple[int, int]]:
    readers: dict[str, list[int]] = {}
    writers: dict[str, list[int]] = {}
    for number, life in lives.items():
        for table, names in ((readers, life.reads_from), (writers, life.writes_to)):
            for name in names or ():
                if name.startswith(("pipe:", "socket:")):
                    table.setdefault(name, []).append(number)
    for name in sorted({*readers, *writers}):
        ins, outs = readers.get(name, []), writers.get(name, [])
        for writer in outs:
            yield from ((writer, reader) for reader in ins)
        if not ins or ins == outs:
            yield from ((each, parent) for each, parent in _holders(lives, outs))
        if not outs or ins == outs:
            yield from ((parent, each) for each, parent in _holders(lives, ins))


def _holders(lives: dict[int, _Life], users: list[int]) -> Iterator[tuple[int, int]]:
    """Each user of a pipe with its parent, unless the parent inherited that pipe too."""
    for number in users:
        parent = lives[number].parent
        if parent is not None and parent in lives and parent not in users:
            yield number, parent


def _between_copies(lives: dict[int, _Life]) -> Iterator[tuple[int, int]]:
    for number, life in lives.items():
        parent = lives.get(life.parent) if life.parent is not None else None
        if parent is not None and life.command and life.command == parent.command:
            yield number, life.parent or 0
            yield life.parent or 0, number


def _through_unknown(lives: dict[int, _Life]) -> Iterator[tuple[int, int]]:
    stages: dict[int | None, list[int]] = {}
    for number, life in lives.items():
        if life.reads_from is None and life.writes_to is None:
            parent = lives.get(life.parent) if life.parent is not None else None
            if parent is not None and life.parent is not None:
                yield number, life.parent
                if not parent.is_shell:
                    yield life.parent, number
                    continue
            stages.setdefault(life.parent, []).append(number)
    for numbers in stages.values():
        for index, one in enumerate(numbers):
            for other in numbers[index + 1 :]:
                if lives[other].begin < lives[one].end:
                    yield from _stage_order(one, other, lives)


def _stage_order(one: int, other: int, lives: dict[int, _Life]) -> Iterator[tuple[int, int]]:
    """A shell starts a pipeline from the left, so pids tell; without them both ways are taken."""
    first, second = lives[one].pid, lives[other].pid
    if first is None or second is None or first < second:
        yield one, other
    if first is None or second is None or first > second:
        yield other, one
