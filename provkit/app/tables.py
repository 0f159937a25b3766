"""Runs as the tables of DataONE RunManager, for Prolog, SQL and spreadsheets.

The relations, their columns and their order are RunManager's: execmeta/17,
filemeta/11 and tag/3, so that the rules of its paper (listing 3) run on them.
What is not known is ``null``, as there. Times are RFC 3339, paths those of the
record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from provkit.app.folder import ProjectFolder
from provkit.app.messages import error_of
from provkit.importers.runmanager import EXECMETA, FILEMETA, TAG
from provkit.model.events import StateObserved
from provkit.model.identifiers import run_iri, state_iri, within_run
from provkit.model.run import Run
from provkit.package.formats import format_of
from provkit.times import write_time
from provkit.yw.relations import Cell, Facts, Relation, Row


class _Null(str):
    """The word RunManager writes for nothing; a file may have that name, too."""

    __slots__ = ()


NULL = _Null("null")
_LONE = re.compile(r"[\ud800-\udfff]")
_INTEGERS = {"Seq", "Size", "Console"}


def run_tables(project: ProjectFolder, runs: Iterable[Run]) -> Facts:
    """The three relations of some runs, in the order of their numbers."""
    ordered = sorted(runs, key=lambda run: (run.seq, run.id))
    return (
        Relation("execmeta", EXECMETA, tuple(_execution(project, run) for run in ordered)),
        Relation("filemeta", FILEMETA, tuple(row for run in ordered for row in _files(run))),
        Relation("tag", TAG, tuple(row for run in ordered for row in _tags(run))),
    )


def _execution(project: ProjectFolder, run: Run) -> Row:
    facts = run.environment.facts
    return _row(
        EXECMETA,
        {
            "Seq": run.seq,
            "ExecutionId": run_iri(run.id),
            "User": run.user,
            "HostId": run.host,
            "StartTime": write_time(run.started),
            "OperatingSystem": facts.get("os"),
            "Runtime": facts.get("runtime") or facts.get("python.version"),
            "SoftwareApplication": run.program,
            "EndTime": None if run.ended is None else write_time(run.ended),
            "ErrorMessage": error_of(project, run) or None,
            "Console": 0,
        },
    )


def _files(run: Run) -> Iterator[Row]:
    for state in run.inputs:
        yield _file(run, state, "read", within_run(run.id, "usage", state.path))
    for state in run.outputs:
        yield _file(run, state, "write", within_run(run.id, "generation", state.path))
    if run.program_state is not None:
        state = run.program_state
        yield _file(run, state, "execute", state_iri(run.id, state.moment, state.path))


def _file(run: Run, state: StateObserved, access: str, name: str) -> Row:
    archived = state.archived and state.sha256 is not None
    return _row(
        FILEMETA,
        {
            "FileId": name,
            "ExecutionId": run_iri(run.id),
            "FilePath": state.path,
            "Sha256": state.sha256,
            "Size": state.size_bytes,
            "User": run.user,
            "ModifyTime": None if state.modified is None else write_time(state.modified),
            "Access": access,
            "Format": format_of(state.path).id,
            "ArchivedFilePath": f"objects/{(state.sha256 or '')[:2]}/{(state.sha256 or '')[2:]}"
            if archived
            else None,
        },
    )


def _tags(run: Run) -> Iterator[Row]:
    for tag in run.tags:
        yield _row(TAG, {"Seq": run.seq, "ExecutionId": run_iri(run.id), "Tag": tag})


def _row(columns: tuple[str, ...], values: dict[str, Cell | None]) -> Row:
    found = (values.get(column) for column in columns)
    return tuple(NULL if value is None else _portable(value) for value in found)


def _portable(value: Cell) -> Cell:
    """A byte of a name that is not UTF-8 becomes ``%XX``, as in IRIs: no table can hold it."""
    if isinstance(value, int):
        return value
    if isinstance(value, _Null) or not _LONE.search(value):
        return value
    return _LONE.sub(lambda found: f"%{ord(found.group()) & 0xFF:02X}", value)


def write_sql(facts: Facts) -> str:
    """The relations as an SQL script that SQLite, PostgreSQL and others read.

    A script is text, so values are written into it, each quoted by :func:`_sql`.
    """
    lines = ["begin;"]
    for relation in facts:
        columns = ", ".join(
            f'"{name}" {"bigint" if name in _INTEGERS else "text"}' for name in relation.arguments
        )
        lines.append(f'create table "{relation.name}" ({columns});')
        for row in relation.rows:
            cells = ", ".join(map(_sql, row))
            lines.append(f'insert into "{relation.name}" values ({cells});')  # noqa: S608 - above
    return "\n".join([*lines, "commit;", ""])


def _sql(cell: Cell) -> str:
    if isinstance(cell, _Null):
        return cell
    if isinstance(cell, int):
        return str(cell)
    doubled = cell.replace("'", "''").replace("\0", "\ufffd")  # no SQL text holds a NUL
    return f"'{doubled}'"
