"""What a run record says, line by line.

A recorder tells these to the journal while the command runs; the journal
writes each as one JSON object. Reading a record gives the same values back,
and :mod:`provkit.model.run` folds them into a :class:`~provkit.model.run.Run`.

Paths are POSIX text (surrogateescape for bytes that are not UTF-8): relative
to the project folder when inside it, else absolute. Times are UTC. The order
of the lines is the order in which things were seen.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from provkit.errors import JournalError, UsageError
from provkit.model.identifiers import Moment
from provkit.times import read_time, write_time

FORMAT_VERSION = 1
"""Version of the record format; a record with a greater one is refused."""

Status = Literal["running", "ok", "failed", "interrupted", "incomplete"]
AccessKind = Literal["read", "write", "rename", "delete", "link", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """First line of a record: what is about to run, who runs it and where.

    Attributes:
        run: Run id, a UUID.
        seq: Number reserved for it in the project.
        at: When it started.
        command: The argument vector as given by the user.
        directory: Working directory.
        program: Script, else module file, else executable.
        user: Login name, or ORCID when configured.
        host: Node name.
        tags: Labels given on the command line.
        note: Free text given on the command line.
        parameters: Name and value, as given with ``--param`` or found in argv.
        part_of: Run id of the run that started this one.
        rerun_of: Run id that this one repeats.
        provkit: Version of provkit that recorded it.
        format: Version of the record format.
    """

    run: str
    seq: int
    at: datetime
    command: tuple[str, ...]
    directory: str
    program: str
    user: str
    host: str
    tags: tuple[str, ...] = ()
    note: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    part_of: str | None = None
    rerun_of: str | None = None
    provkit: str = ""
    format: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted:
    """A process of the run, numbered from 1 in the order seen; 1 is the command itself.

    A second one with the same number means that the process became another
    program (exec). A child with the command of its parent is a copy of it
    (fork) and shares what it knew.

    Attributes:
        process: Number.
        at: When.
        command: Argument vector.
        directory: Working directory.
        parent: Number of the process that started it.
        executable: Path of the program.
        pid: Process id.
        reads_from: What stands behind the descriptors it inherits for reading: ``pipe:[123]``,
            ``socket:[123]`` or a path; None when the recorder does not know.
        writes_to: The same for writing.
    """

    process: int
    at: datetime
    command: tuple[str, ...]
    directory: str
    parent: int | None = None
    executable: str = ""
    pid: int | None = None
    reads_from: tuple[str, ...] | None = None
    writes_to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnded:
    """End of a process, with what it cost where the recorder can know."""

    process: int
    at: datetime
    exit_code: int | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccessed:
    """A process touched a path.

    ``write`` says that the process had the path open for writing at this
    point of the record; a recorder that finds it still open after a later
    reading says so again, so what was read before the last ``write`` may be in it.

    Attributes:
        process: Number of the process.
        kind: ``read``, ``write``, ``rename``, ``delete``, ``link`` or ``list``.
        path: What was touched.
        at: When, where known.
        target: New name that a rename or a link gives to ``path``.
        fresh: A ``write`` that began with an empty file: nothing older is in it. Matters for
            derivations only, so it does not count when accesses are compared.
    """

    process: int
    kind: AccessKind
    path: str
    at: datetime | None = None
    target: str | None = None
    fresh: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateObserved:
    """The state in which the run found or left a file.

    Attributes:
        moment: ``found`` before the run changed it, ``left`` after the run,
            ``temporary`` for a file written and deleted inside the run.
        path: Where the file is.
        size_bytes: Its size, where known.
        sha256: Its content, or None when it was not hashed; then ``why`` says why.
        mode: Permission bits.
        modified: Modification time.
        archived: The bytes are kept in the archive.
        link_target: What the path points to, when it is a symbolic link.
        why: Why there is no hash or no copy: ``unstable``, ``too large``, ``excluded``, ….
    """

    moment: Moment
    path: str
    size_bytes: int | None = None
    sha256: str | None = None
    mode: int | None = None
    modified: datetime | None = None
    archived: bool = False
    link_target: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """A parameter that the program itself told, while it ran."""

    name: str
    value: str
    process: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLogged:
    """What the run said on a stream, kept as archived bytes."""

    stream: Literal["stdout", "stderr"]
    sha256: str
    size_bytes: int
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentObserved:
    """Where the run happened: names and values, already redacted.

    Attributes:
        facts: Such as ``os``, ``python``, ``git.commit``.
        variables: Environment variables of the allow-list.
        packages: Name to version.
    """

    facts: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureReported:
    """How the run was seen, and what could not be seen.

    Attributes:
        recorder: Name of the recorder.
        version: Its version, or that of the tool or kernel behind it.
        blind: What this recorder cannot see, one sentence each.
        problems: What went wrong in this run, one sentence each.
        hidden: How many files were put aside as noise, by kind.
        untraced: Project files that changed although no event explains it.
    """

    recorder: str
    version: str = ""
    blind: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    hidden: dict[str, int] = field(default_factory=dict)
    untraced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """Last line of a sealed record.

    Attributes:
        at: When the command ended; never before the start.
        elapsed_s: By the monotonic clock.
        status: How it ended.
        exit_code: Of the command; 128 + n when a signal ended it.
        signal: Name of that signal.
    """

    at: datetime
    elapsed_s: float
    status: Status
    exit_code: int | None = None
    signal: str | None = None


Event = (
    RunStarted
    | ProcessStarted
    | ProcessEnded
    | FileAccessed
    | StateObserved
    | ParameterSet
    | OutputLogged
    | EnvironmentObserved
    | CaptureReported
    | RunEnded
)

_DEFAULTS: dict[type[Event], tuple[tuple[str, Any], ...]] = {
    kind: tuple(
        (each.name, each.default if each.default_factory is MISSING else each.default_factory())
        for each in fields(kind)
    )
    for kind in get_args(Event)
}
_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


def encode_event(event: Event) -> dict[str, Any]:
    """One event as a JSON object; what has its default value is left out."""
    kind = type(event)
    row: dict[str, Any] = {"event": kind.__name__}
    for name, default in _DEFAULTS[kind]:
        value = getattr(event, name)
        if value != default or name == "format":
            row[name] = write_time(value) if isinstance(value, datetime) else value
    return row


def decode_event(row: dict[str, Any]) -> Event:
    """Inverse of :func:`encode_event`; keys that a newer provkit added are ignored.

    Raises:
        JournalError: Not an event, or a newer record format.
    """
    kind = _KINDS.get(row.get("event", ""))
    if kind is None:
        raise JournalError(f"unknown event {row.get('event')!r} in a run record")
    if row.get("format", FORMAT_VERSION) > FORMAT_VERSION:
        raise JournalError(
            f"run record of format {row['format']}, this provkit reads up to {FORMAT_VERSION}",
            hint="upgrade provkit: pip install --upgrade provkit",
        )
    readers = _readers(kind)
    try:
        return kind(**{key: readers[key](row[key]) for key in row if key in readers})
    except (TypeError, ValueError, AttributeError, UsageError) as error:
        raise JournalError(f"{kind.__name__} in a run record cannot be read: {error}") from error


_READERS: dict[type, dict[str, Any]] = {}


def _readers(kind: type[Event]) -> dict[str, Any]:
    """For each field, what turns JSON into its value; worked out once per kind."""
    if kind not in _READERS:
        _READERS[kind] = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    return _READERS[kind]


def _reader(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if hint is datetime:
        return read_time
    if get_origin(hint) is tuple:
        return tuple
    return lambda value: value
