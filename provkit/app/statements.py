"""Later statements: make one, seal it into ``records/``, read them all.

A statement is one JSON object and a seal, in a file of its own that never
changes: two people who say things at once cannot lose each other's words.
What each kind holds in ``data``:

=============== ==========================================================
``tag``         ``{"tags": […]}``, or ``{"tags": […], "removed": true}``
``note``        ``{"text": …}``
``tombstone``   ``{"run": id, "seq": n, "record": [event, …]}``: what is
                left of a deleted run so that lineage stays joined;
                ``record`` is empty after ``--purge``
=============== ==========================================================

Other kinds are told where they are made.
"""

# Plain os.path: pathlib costs 5 ms, and the run list passes here.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

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


def statement_files(folder: ProjectFolder) -> list[str]:
    """Absolute path of every statement, by name."""
    place = folder.path("records")
    try:
        names = os.listdir(place)
    except OSError as error:
        raise not_usable(place, error) from error
    return [
        f"{place}/{name}"
        for name in sorted(names)
        if name.endswith(".jsonl") and is_run_id(name.removesuffix(".jsonl"))
    ]


def read_statements(folder: ProjectFolder) -> Iterator[Statement]:
    """Every statement that can be read, by name; ``provkit fsck`` names the others."""
    for path in statement_files(folder):
        try:
            yield read_statement(path)
        except (JournalError, OSError):
            continue
