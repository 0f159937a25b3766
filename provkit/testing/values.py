"""Hypothesis strategies: any run that a record can tell of, any workflow model.

Names are hostile on purpose: bytes that are not UTF-8, line ends, control
characters, quotes, what looks like Turtle, XML, SPARQL or a shell.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import strategies as st

from provkit.model.events import (
    AccessKind,
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
from provkit.model.identifiers import Moment
from provkit.model.run import Run, fold
from provkit.model.statement import Statement, StatementKind
from provkit.model.workflow import (
    Annotation,
    Channel,
    Data,
    Finding,
    LogTemplate,
    Port,
    PortTag,
    Program,
    Severity,
    Source,
    Tag,
    Workflow,
)

HOSTILE = (
    "plain.csv",
    "a b",
    "é–日本",
    "quote\"s and 's",
    "line\nend\r\ttab",
    "\x01\x1b[31mred\x7f",
    '> . <urn:x> <urn:y> "z" . #',
    '" } ; DROP ALL #',
    "$(rm -rf x) `y` \\ \\u0022 %41 %",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;]]>",
    "caf\udce9",
    "\udcff\udc80",
    "_:b0",
    "javascript:alert(1)",
    "../../etc/passwd",
    "?q#f[1]{x}|^",
    "\u202eevil\u200b\ufeff",
    "\ufffe\uffff\U0001f4a9",
)

text = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))
"""Text that some field may hold."""

words = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=12))
"""The same, never empty."""

paths = st.one_of(
    st.sampled_from([name for name in HOSTILE if "\0" not in name]),
    st.sampled_from(["a.csv", "b.csv", "c/d.csv", "/abs/e.csv"]),
    st.binary(min_size=1, max_size=12).map(
        lambda raw: raw.replace(b"\0", b"x").decode("utf-8", "surrogateescape")
    ),
)
"""POSIX paths: any bytes but NUL, few enough names to meet again."""

_EPOCH = datetime(1970, 1, 2, tzinfo=UTC)
moments = st.integers(0, 4 * 10**15).map(lambda us: _EPOCH + timedelta(microseconds=us))
"""Times in UTC, with microseconds."""

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
"""SHA-256, in hexadecimal."""

run_ids = st.uuids().map(str)
"""Run ids."""

pairs = st.dictionaries(words, text, max_size=3)
"""Names and values."""


@st.composite
def states(draw: st.DrawFn, moment: Moment, path: str) -> StateObserved:
    """A state of one file."""
    return StateObserved(
        moment=moment,
        path=path,
        size_bytes=draw(st.none() | st.integers(0, 2**53)),
        sha256=draw(st.none() | hashes),
        mode=draw(st.none() | st.integers(0, 0o7777)),
        modified=draw(st.none() | moments),
        archived=draw(st.booleans()),
        link_target=draw(st.none() | text),
        why=draw(st.sampled_from(["", "unstable", "too large"])),
    )


@st.composite
def records(draw: st.DrawFn) -> list[Event]:
    """Events of one record, as a recorder could tell them."""
    start = draw(moments)
    names = draw(st.lists(paths, min_size=1, max_size=5, unique=True))
    processes = draw(st.integers(1, 3))
    rows: list[Event] = [
        RunStarted(
            run=draw(run_ids),
            seq=draw(st.integers(1, 10**6)),
            at=start,
            command=tuple(draw(st.lists(text, max_size=3))),
            directory=draw(paths),
            program=draw(st.sampled_from(names) | paths),
            user=draw(words | st.just("0000-0002-1825-0097")),
            host=draw(text),
            tags=tuple(draw(st.lists(words, max_size=3))),
            note=draw(text),
            parameters=draw(pairs),
            part_of=draw(st.none() | run_ids),
            rerun_of=draw(st.none() | run_ids),
            provkit=draw(text),
        )
    ]
    rows += [
        ProcessStarted(
            process=number,
            at=start + timedelta(seconds=number),
            command=tuple(draw(st.lists(text, max_size=2))),
            directory=draw(paths),
            parent=None if number == 1 else draw(st.integers(1, number - 1)),
            executable=draw(text),
        )
        for number in range(1, processes + 1)
    ]
    rows += draw(_files(names, processes))
    rows += draw(_surroundings())
    if draw(st.booleans()):
        rows.append(
            ProcessEnded(process=1, at=start + timedelta(seconds=9), exit_code=0, cpu_s=0.25)
        )
    if draw(st.booleans()):
        status = draw(st.sampled_from(["ok", "failed", "interrupted", "incomplete"]))
        rows.append(
            RunEnded(
                at=start + timedelta(seconds=draw(st.integers(0, 10**6))),
                elapsed_s=draw(st.floats(0, 1e9, allow_nan=False)),
                status=cast(Status, status),
                exit_code=draw(st.none() | st.integers(0, 255)),
                signal=draw(st.none() | st.just("SIGTERM")),
            )
        )
    return rows


@st.composite
def _files(draw: st.DrawFn, names: list[str], processes: int) -> list[Event]:
    """Touches of some files, and states of them."""
    kinds = st.sampled_from(["read", "read", "write", "write", "rename", "delete", "link", "list"])
    rows: list[Event] = []
    for _ in range(draw(st.integers(0, 8))):
        kind = cast(AccessKind, draw(kinds))
        rows.append(
            FileAccessed(
                process=draw(st.integers(1, processes)),
                kind=kind,
                path=draw(st.sampled_from(names)),
                at=draw(st.none() | moments),
                target=draw(st.sampled_from(names)) if kind in ("rename", "link") else None,
            )
        )
    moment_kinds: list[Moment] = ["found", "left", "temporary"]
    for name in names:
        for moment in draw(st.lists(st.sampled_from(moment_kinds), unique=True)):
            rows.append(draw(states(moment, name)))
    return rows


@st.composite
def _surroundings(draw: st.DrawFn) -> list[Event]:
    rows: list[Event] = []
    if draw(st.booleans()):
        rows.append(
            EnvironmentObserved(facts=draw(pairs), variables=draw(pairs), packages=draw(pairs))
        )
    if draw(st.booleans()):
        rows.append(ParameterSet(name=draw(words), value=draw(text)))
    if draw(st.booleans()):
        rows.append(
            CaptureReported(
                recorder=draw(text),
                version=draw(text),
                blind=tuple(draw(st.lists(text, max_size=2))),
                problems=tuple(draw(st.lists(text, max_size=2))),
                hidden=draw(st.dictionaries(words, st.integers(0, 99), max_size=2)),
                untraced=tuple(draw(st.lists(text, max_size=2))),
            )
        )
    if draw(st.booleans()):
        rows.append(
            OutputLogged(
                stream=draw(st.sampled_from(["stdout", "stderr"])),
                sha256=draw(hashes),
                size_bytes=draw(st.integers(0, 99)),
                truncated=draw(st.booleans()),
            )
        )
    return rows


runs: st.SearchStrategy[Run] = records().map(fold)
"""Any run."""


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Any later statement."""
    kinds: list[StatementKind] = ["tag", "note", "link", "correction", "model", "verdict"]
    about = draw(st.lists(run_ids, max_size=3, unique=True))
    return Statement(
        id=draw(run_ids),
        kind=draw(st.sampled_from(kinds)),
        about=tuple(sorted(f"urn:uuid:{run}" for run in about)),
        at=draw(moments),
        by=draw(words),
        data=draw(st.dictionaries(words, st.one_of(text, st.lists(text, max_size=2)), max_size=3)),
    )


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Any workflow model whose parts name each other; not one that a script could declare."""
    annotations = tuple(_annotation(draw, number) for number in range(1, draw(st.integers(2, 6))))
    some = st.sampled_from([annotation.id for annotation in annotations])
    count = draw(st.integers(1, 3))
    programs = _programs(draw, count, some)
    data = tuple(
        Data(
            id=number,
            name=draw(words),
            qualified_name=draw(words),
            scope=draw(st.none() | st.integers(1, count)),
        )
        for number in range(1, draw(st.integers(1, 4)))
    )
    ports = tuple(_port(draw, number, count, some) for number in range(1, draw(st.integers(1, 5))))
    ends = st.integers(1, len(ports)) if ports else st.nothing()
    channels = tuple(
        Channel(
            id=number,
            data=draw(st.integers(1, 5)),
            source=draw(ends),
            sink=draw(ends),
            name=draw(words),
        )
        for number in range(1, draw(st.integers(1, 3)) if ports else 1)
    )
    return Workflow(
        digest=draw(hashes),
        top=1,
        sources=(
            Source(
                id=1,
                path="",
                language=draw(st.none() | words),
                sha256=draw(hashes),
                comment=draw(st.none() | words),
            ),
        ),
        annotations=annotations,
        programs=programs,
        ports=ports,
        data=data,
        channels=channels,
        findings=tuple(_finding(draw) for _ in range(draw(st.integers(0, 2)))),
    )


def _programs(draw: st.DrawFn, count: int, some: st.SearchStrategy[int]) -> tuple[Program, ...]:
    return tuple(
        Program(
            id=number,
            name=draw(words),
            qualified_name=draw(words),
            parent=draw(st.none() | st.integers(1, number - 1)) if number > 1 else None,
            begin=draw(some),
            end=draw(some),
            begin_line=draw(st.integers(1, 99)),
            end_line=draw(st.integers(1, 99)),
            source=1,
            is_workflow=draw(st.booleans()),
            is_function=draw(st.booleans()),
            description=draw(st.none() | text),
            calls=tuple(draw(st.lists(words, max_size=2))),
        )
        for number in range(1, count + 1)
    )


def _annotation(draw: st.DrawFn, number: int) -> Annotation:
    tags: list[Tag] = ["begin", "end", "in", "out", "uri"]
    return Annotation(
        id=number,
        source=1,
        line=draw(st.integers(1, 99)),
        column=draw(st.integers(1, 99)),
        tag=draw(st.sampled_from(tags)),
        keyword=draw(words),
        value=draw(text),
        text=draw(text),
        qualifies=draw(st.none() | st.integers(1, number - 1)) if number > 1 else None,
        cell=draw(st.none() | st.integers(1, 9)),
    )


def _port(draw: st.DrawFn, number: int, programs: int, some: st.SearchStrategy[int]) -> Port:
    tags: list[PortTag] = ["in", "param", "out", "return"]
    log = LogTemplate(
        id=draw(st.integers(1, 9)),
        annotation=draw(some),
        template=draw(words),
        variables=((1, draw(words)), (2, draw(words))),
    )
    return Port(
        id=number,
        program=draw(st.integers(1, programs)),
        tag=draw(st.sampled_from(tags)),
        name=draw(words),
        qualified_name=draw(words),
        annotation=draw(some),
        data=draw(st.integers(1, 5)),
        alias=draw(st.none() | text),
        uri=draw(st.none() | text),
        description=draw(st.none() | text),
        variables=((draw(st.integers(1, 9)), draw(words)),),
        logs=(log,) if draw(st.booleans()) else (),
    )


def _finding(draw: st.DrawFn) -> Finding:
    severities: list[Severity] = ["error", "warning"]
    return Finding(
        code=draw(words),
        severity=draw(st.sampled_from(severities)),
        message=draw(text),
        path="",
        line=draw(st.integers(1, 99)),
        column=draw(st.integers(1, 99)),
        hint=draw(text),
    )
