"""Check every record and every archived byte against its own checksum.

Damage is what cannot be made again: a record, a statement or an archived
version that is not what was written. Leftovers of a crash and folders that
others may read are notes: ``provkit recover`` and ``chmod`` mend them.
"""

# Plain os.path: this walks 100,000 objects.
# ruff: noqa: PTH123, PTH208, PTH116

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from provkit.app.folder import RecordFile, is_run_id, record_name
from provkit.app.locate import FOLDER
from provkit.app.project import Project
from provkit.app.statements import read_statement, statement_files
from provkit.app.tabular import Tabular
from provkit.capture.journal import read_record
from provkit.errors import JournalError
from provkit.files import fingerprint
from provkit.model.run import Run, fold
from provkit.model.seal import check_seal

Kind = Literal["record", "statement", "object", "number"]

_HEX2, _HEX62 = re.compile(r"[0-9a-f]{2}\Z"), re.compile(r"[0-9a-f]{62}\Z")
_PRIVATE = 0o077


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """Something that is not what was written.

    Attributes:
        kind: What it is.
        path: Where it is, from the project.
        problem: What is wrong with it.
        runs: Ids of the runs that name it.
    """

    kind: Kind
    path: str
    problem: str
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health(Tabular):
    """What a check found.

    Attributes:
        damage: Everything that is damaged, by kind and path.
        notes: What is out of order but lost nothing, one sentence each.
        records: How many run records were checked.
        statements: How many statements.
        objects: How many archived versions.
        size_bytes: How many archived bytes.
    """

    damage: tuple[Damage, ...]
    notes: tuple[str, ...]
    records: int
    statements: int
    objects: int
    size_bytes: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return ("kind", "path", "problem", "runs")

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """One row for each damage."""
        return [(each.kind, each.path, each.problem, each.runs) for each in self.damage]

    def to_json(self) -> dict[str, Any]:
        """What ``fsck --json`` prints."""
        return {
            "ok": not self.damage,
            "checked": {
                "records": self.records,
                "statements": self.statements,
                "objects": self.objects,
                "bytes": self.size_bytes,
            },
            "damage": [
                {
                    "kind": each.kind,
                    "path": each.path,
                    "problem": each.problem,
                    "runs": list(each.runs),
                }
                for each in self.damage
            ],
            "notes": list(self.notes),
        }


def check_project(project: Project, *, tell: Callable[[str], None] = lambda _: None) -> Health:
    """Read everything and compare it with what was written.

    Args:
        project: Where.
        tell: Is told what is being checked.
    """
    damage: list[Damage] = []
    notes: list[str] = []
    runs: list[Run] = []
    records = list(project.records())
    tell(f"checking {len(records)} records")
    for record in records:
        found = _check_record(project, record)
        if isinstance(found, Run):
            runs.append(found)
        elif isinstance(found, Damage):
            damage.append(found)
        if record.state == "dead":
            notes.append(f"run {record.run} was broken off; `provkit recover` seals it")
    statements = statement_files(project)
    damage += [each for file in statements if (each := _check_statement(project, file.path))]
    tell("checking archived bytes")
    wanted = _wanted(runs)
    present: dict[str, int] = {}
    for sha256, path in objects(project):
        size, problem = _check_object(sha256, path)
        present[sha256] = size
        if problem:
            named = tuple(sorted(wanted.get(sha256, ())))
            damage.append(Damage("object", _short(project, path), problem, named))
    for sha256 in wanted.keys() - present.keys():
        path = _short(project, project.path("objects", sha256[:2], sha256[2:]))
        damage.append(Damage("object", path, "missing", tuple(sorted(wanted[sha256]))))
    damage += _check_numbers(project, runs)
    notes += _strange(project)
    return Health(
        damage=tuple(sorted(damage)),
        notes=tuple(notes),
        records=len(records),
        statements=len(statements),
        objects=len(present),
        size_bytes=sum(present.values()),
    )


def objects(project: Project) -> Iterator[tuple[str, str]]:
    """SHA-256, by name, and path of every archived version."""
    top = project.path("objects")
    for first in sorted(os.listdir(top)):
        if _HEX2.match(first):
            for rest in sorted(os.listdir(f"{top}/{first}")):
                if _HEX62.match(rest):
                    yield first + rest, f"{top}/{first}/{rest}"


def _check_record(project: Project, record: RecordFile) -> Run | Damage | None:
    """The run of a sound record; None while it is written or before its first line."""
    where = _short(project, record.path)
    try:
        with open(record.path, "rb") as file:
            soundness = check_seal(file.read())
        if record.state == "sealed" and soundness != "sealed":
            problem = "has no seal" if soundness == "unsealed" else "does not match its seal"
            return Damage("record", where, problem, (record.run,))
        run = fold(read_record(record.path))
    except (JournalError, OSError) as error:
        if record.state == "recording" or record.size_bytes == 0:
            return None
        return Damage("record", where, f"cannot be read: {error}", (record.run,))
    if record_name(run.id) != record.run:
        return Damage("record", where, f"tells of another run, {run.id}", (record.run,))
    return run


def _check_statement(project: Project, path: str) -> Damage | None:
    try:
        statement = read_statement(path)
    except (JournalError, OSError) as error:
        return Damage("statement", _short(project, path), f"cannot be read: {error}")
    if not path.endswith(f"/{statement.id}.jsonl"):
        return Damage("statement", _short(project, path), "has the id of another statement")
    return None


def _check_object(sha256: str, path: str) -> tuple[int, str]:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return 0, "not a regular file"
        found = fingerprint(path)
    except OSError as error:
        return 0, f"cannot be read: {error.strerror}"
    return found.size_bytes, "" if found.sha256 == sha256 else "bytes do not match its name"


def _wanted(runs: list[Run]) -> dict[str, set[str]]:
    """For each archived version that a run names, the ids of the runs that do."""
    wanted: dict[str, set[str]] = {}
    for run in runs:
        for sha256 in named_objects(run):
            wanted.setdefault(sha256, set()).add(run.id)
    return wanted


def named_objects(run: Run) -> Iterator[str]:
    """SHA-256 of everything that a run says is archived."""
    for state in run.states:
        if state.archived and state.sha256 is not None:
            yield state.sha256
    for log in run.logs:
        yield log.sha256


def _check_numbers(project: Project, runs: list[Run]) -> Iterator[Damage]:
    seen: dict[int, str] = {}
    for run in runs:
        other = seen.setdefault(run.seq, run.id)
        if other != run.id:
            path = f"{FOLDER}/sequence/{run.seq}"
            yield Damage("number", path, f"two runs have number {run.seq}", (other, run.id))


def _strange(project: Project) -> Iterator[str]:
    """What lies around, and what others could read."""
    for part in ("runs", "records"):
        for name in sorted(os.listdir(project.path(part))):
            run, _, kind = name.partition(".")
            if not is_run_id(run) or kind not in ("jsonl", "jsonl.open"):
                yield f"not ours: {FOLDER}/{part}/{name!r}"
    staged = sorted(os.listdir(project.path("staging")))
    if staged:
        yield f"{len(staged)} folders of runs that are going on or were broken off in staging/"
    for part in ("", "runs", "records", "objects", "staging", "sequence"):
        mode = stat.S_IMODE(os.stat(project.path(part) if part else project.folder).st_mode)
        if mode & _PRIVATE:
            yield f"{FOLDER}/{part} is open to others (mode {mode:o}); `provkit recover` closes it"


def _short(project: Project, path: str) -> str:
    return path.removeprefix(project.root.rstrip("/") + "/")
