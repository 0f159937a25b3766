"""Later statements: make one, seal it into ``records/``, read them all.

A statement is one JSON object and a seal, in a file of its own that never
changes: two people who say things at once cannot lose each other's words.
What each kind holds in ``data``:

=============== ==========================================================
``tag``         ``{"tags": […]}``, or ``{"tags": […], "removed": true}``
``note``        ``{"text": …}``
``tombstone``   ``{"run": id, "seq": n, "record": [event, …]}``: what is
                left of a deleted run so that lineage stays joined
=============== ==========================================================

Other kinds are told where they are made.
"""

# Plain os.path: pathlib costs 5 ms, and the run list passes here.
# ruff: noqa: PTH123

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from provkit.app.cache import SealedFile, Worked, remember
from provkit.app.folder import ProjectFolder, is_run_id, not_usable
from provkit.errors import JournalError
from provkit.files import write_atomically
from provkit.model.identifiers import mint_run_id
from provkit.model.seal import check_seal, seal_line
from provkit.model.statement import (
    Statement,
    StatementKind,
    decode_statement,
    encode_statement,
)


def state(
    folder: ProjectFolder,
    kind: StatementKind,
    about: Sequence[str],
    *,
    by: str,
    data: dict[str, Any],
) -> Statement:
    """Make a statement now and put it on record.

    Args:
        folder: Where to record it.
        kind: What sort of statement.
        about: IRI of each thing it is about.
        by: Who says so.
        data: What is said.

    Raises:
        ProjectError: The folder cannot be written; nothing was changed.
    """
    statement = Statement(
        id=mint_run_id(),
        kind=kind,
        about=tuple(about),
        at=datetime.now(UTC),
        by=by,
        data=data,
    )
    record_statement(folder, statement)
    return statement


def record_statement(folder: ProjectFolder, statement: Statement) -> None:
    """Seal a statement into ``records/``.

    Raises:
        ProjectError: The folder cannot be written; nothing was changed.
    """
    line = json.dumps(encode_statement(statement)).encode("ascii") + b"\n"
    path = folder.path("records", f"{statement.id}.jsonl")
    try:
        with write_atomically(path) as file:
            file.write(line + seal_line(line))
    except OSError as error:
        raise not_usable(path, error) from error


def read_statement(path: str) -> Statement:
    """One sealed statement.

    Raises:
        JournalError: It is damaged, or not a statement.
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read()
    if check_seal(content) != "sealed":
        raise JournalError(
            f"damaged statement: {path}", hint="`provkit fsck` names all damage; restore a copy"
        )
    try:
        return decode_statement(json.loads(content.partition(b"\n")[0]))
    except ValueError as error:
        raise JournalError(f"not a statement: {path}: {error}") from error


def statement_files(folder: ProjectFolder) -> list[SealedFile]:
    """Every statement as a file, by name."""
    place = folder.path("records")
    found = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                name = entry.name.removesuffix(".jsonl")
                if name != entry.name and is_run_id(name):
                    info = entry.stat(follow_symlinks=False)
                    found.append(SealedFile(entry.path, info.st_size, info.st_mtime_ns))
    except OSError as error:
        raise not_usable(place, error) from error
    return sorted(found)


def read_statements(folder: ProjectFolder) -> Iterator[Statement]:
    """Every statement that can be read, by name; ``provkit fsck`` names the others."""
    for file in statement_files(folder):
        try:
            yield read_statement(file.path)
        except (JournalError, OSError):
            continue


class Said(NamedTuple):
    """What was said later about one thing.

    Attributes:
        tags_added: Tags, sorted.
        tags_removed: Tags taken off again, sorted.
        notes: Texts, in the order of time.
        deleted: It was deleted.
    """

    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    deleted: bool = False


def what_was_said(folder: ProjectFolder) -> dict[str, Said]:
    """Tags, notes and deletions by the IRI they are about; of a tag the last word counts."""
    rows = []
    cache = folder.path("cache", "statements.jsonl")
    for entry in remember(cache, statement_files(folder), _work_out):
        row = entry.first
        if row is not None:
            rows.append(row)
    said: dict[str, Said] = {}
    for _, _, kind, about, data in sorted(rows, key=lambda row: (row[0], row[1])):
        for iri in about:
            said[iri] = _heard(said.get(iri, Said()), kind, data)
    return said


def _work_out(path: str) -> Worked:
    """A small part of a statement, when it changes how its subject is listed."""
    statement = read_statement(path)
    if statement.kind not in ("tag", "note", "tombstone"):
        return None, None
    row = encode_statement(statement)
    data = {} if statement.kind == "tombstone" else dict(statement.data)
    return [row["at"], statement.id, statement.kind, row["about"], data], None


def _heard(before: Said, kind: str, data: dict[str, Any]) -> Said:
    if kind == "tombstone":
        return before._replace(deleted=True)
    if kind == "note":
        return before._replace(notes=(*before.notes, str(data.get("text", ""))))
    named = {str(tag) for tag in data.get("tags") or ()}
    added, removed = set(before.tags_added), set(before.tags_removed)
    if data.get("removed"):
        added, removed = added - named, removed | named
    else:
        added, removed = added | named, removed - named
    return before._replace(tags_added=tuple(sorted(added)), tags_removed=tuple(sorted(removed)))
