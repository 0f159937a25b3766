"""A run as a value: its record, folded.

The fold is the only place that decides what a run *is*, given what was seen
while it went on. The graph, the run list, packages and lineage all start from
this value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from provkit.errors import JournalError
from provkit.model.derivation import derive
from provkit.model.events import (
    CaptureReported,
    EnvironmentObserved,
    Event,
    FileAccessed,
    OutputLogged,
    ParameterSet,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
    Status,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of a run; becomes a ``prov:Activity`` that is part of the run.

    Attributes:
        number: From 1, in the order seen.
        parent: Number of the process that started it.
        accesses: What it touched, in order.
    """

    number: int
    parent: int | None
    command: tuple[str, ...]
    directory: str
    started: datetime
    executable: str = ""
    ended: datetime | None = None
    exit_code: int | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    accesses: tuple[FileAccessed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One recorded execution; becomes a ``provone:Execution``.

    Attributes:
        id: Run id.
        seq: Number in its project.
        inputs: States it found and read, by path.
        outputs: States it left, having written them, by path.
        temporaries: Files written and deleted inside the run, by path.
        replaced: States it found and wrote over, or deleted, without having read them, by path.
        program_state: The state in which it found its program, when that is a file it could see.
        derivations: (output path, input path) pairs with evidence "observed"; the two may be
            the same path, when the run read a file and wrote it anew.
        status: ``interrupted`` when the record was never sealed.
    """

    id: str
    seq: int
    started: datetime
    command: tuple[str, ...]
    directory: str
    program: str
    user: str
    host: str
    status: Status
    ended: datetime | None = None
    elapsed_s: float | None = None
    exit_code: int | None = None
    signal: str | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    part_of: str | None = None
    rerun_of: str | None = None
    recorded_by: str = ""
    processes: tuple[Process, ...] = ()
    inputs: tuple[StateObserved, ...] = ()
    outputs: tuple[StateObserved, ...] = ()
    temporaries: tuple[StateObserved, ...] = ()
    replaced: tuple[StateObserved, ...] = ()
    program_state: StateObserved | None = None
    derivations: tuple[tuple[str, str], ...] = ()
    environment: EnvironmentObserved = field(default_factory=EnvironmentObserved)
    logs: tuple[OutputLogged, ...] = ()
    capture: CaptureReported | None = None

    @property
    def states(self) -> Iterator[StateObserved]:
        """Every state of a file that this run names."""
        yield from self.inputs
        yield from self.outputs
        yield from self.temporaries
        yield from self.replaced
        if self.program_state is not None and self.program_state not in self.inputs:
            yield self.program_state


def fold(events: Iterable[Event]) -> Run:
    """The run that a record tells of.

    Args:
        events: Lines of one record, in order; without a last RunEnded the run
            counts as interrupted.

    Raises:
        JournalError: The first event is not RunStarted.
    """
    rows = list(events)
    if not rows or not isinstance(rows[0], RunStarted):
        raise JournalError("a run record must begin with RunStarted")
    start = rows[0]
    end = _last(rows, RunEnded)
    return Run(
        id=start.run,
        seq=start.seq,
        started=start.at,
        command=start.command,
        directory=start.directory,
        program=start.program,
        user=start.user,
        host=start.host,
        status=end.status if end else "interrupted",
        ended=end.at if end else None,
        elapsed_s=end.elapsed_s if end else None,
        exit_code=end.exit_code if end else None,
        signal=end.signal if end else None,
        tags=tuple(sorted(set(start.tags))),
        note=start.note,
        parameters=start.parameters
        | {row.name: row.value for row in rows if isinstance(row, ParameterSet)},
        part_of=start.part_of,
        rerun_of=start.rerun_of,
        recorded_by=start.provkit,
        processes=_processes(start, rows),
        environment=_last(rows, EnvironmentObserved) or EnvironmentObserved(),
        logs=tuple(row for row in rows if isinstance(row, OutputLogged)),
        capture=_last(rows, CaptureReported),
        **_data(start.program, rows),
    )


def _data(program: str, rows: list[Event]) -> dict[str, Any]:
    """The fields of a run that tell of files."""
    states = [row for row in rows if isinstance(row, StateObserved)]
    read, written = _touched(rows)
    found = [state for state in states if state.moment == "found"]
    others = [state for state in found if state.path != program]
    inputs = _by_path(state for state in others if state.path in read)
    outputs = _by_path(s for s in states if s.moment == "left" and s.path in written)
    changed = {state.path for state in outputs} | {
        row.path
        for row in rows
        if isinstance(row, FileAccessed) and row.kind in ("delete", "rename")
    }
    return {
        "inputs": inputs,
        "outputs": outputs,
        "temporaries": _by_path(state for state in states if state.moment == "temporary"),
        "replaced": _by_path(s for s in others if s.path not in read and s.path in changed),
        "program_state": next((s for s in reversed(found) if s.path == program), None),
        "derivations": derive(
            rows, inputs=(s.path for s in inputs), outputs=(s.path for s in outputs)
        ),
    }


_E = TypeVar("_E", bound=Event)


def _last(rows: list[Event], kind: type[_E]) -> _E | None:
    return next((row for row in reversed(rows) if isinstance(row, kind)), None)


def _by_path(states: Iterable[StateObserved]) -> tuple[StateObserved, ...]:
    return tuple(sorted({s.path: s for s in states}.values(), key=lambda s: s.path))


def _processes(start: RunStarted, rows: list[Event]) -> tuple[Process, ...]:
    begun: dict[int, ProcessStarted] = {}
    first: dict[int, datetime] = {}
    for row in rows:
        if isinstance(row, ProcessStarted):
            begun[row.process] = row  # the last program it became
            first.setdefault(row.process, row.at)
    ended = {row.process: row for row in rows if isinstance(row, ProcessEnded)}
    accesses: dict[int, list[FileAccessed]] = {number: [] for number in begun}
    for row in rows:
        if isinstance(row, FileAccessed):
            accesses.setdefault(row.process, []).append(row)
    unknown = ProcessEnded(process=0, at=start.at)
    made = []
    for number in sorted(accesses):
        begin = begun.get(number) or ProcessStarted(
            process=number, at=start.at, command=(), directory=start.directory
        )
        last = ended.get(number, unknown)
        made.append(
            Process(
                number=number,
                parent=begin.parent,
                command=begin.command,
                directory=begin.directory,
                executable=begin.executable,
                started=first.get(number, begin.at),
                ended=last.at if last.process else None,
                exit_code=last.exit_code,
                cpu_s=last.cpu_s,
                peak_memory_bytes=last.peak_memory_bytes,
                accesses=tuple(accesses[number]),
            )
        )
    return tuple(made)


def _touched(rows: list[Event]) -> tuple[set[str], set[str]]:
    """Paths read before the run wrote them, and paths written, by any process.

    A rename or a link writes its new name; what the run did not write itself
    and then renames or links is read, because its bytes go on under that name.
    """
    read: set[str] = set()
    written: set[str] = set()
    for access in rows:
        if not isinstance(access, FileAccessed):
            continue
        if access.kind == "read":
            if access.path not in written:
                read.add(access.path)
        elif access.kind == "write":
            written.add(access.path)
        elif access.kind in ("rename", "link") and access.target is not None:
            if access.path not in written:
                read.add(access.path)
            written.add(access.target)
    return read, written
