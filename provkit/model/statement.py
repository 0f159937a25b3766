"""What is said about runs and files after they were recorded.

A statement is a sealed record of its own (``.provkit/records/<id>.jsonl``),
with who said it and when. It never changes what was observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from provkit.errors import JournalError, UsageError
from provkit.times import read_time, write_time

StatementKind = Literal[
    "tag", "note", "link", "correction", "import", "model", "verdict", "update", "tombstone"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One later statement.

    Attributes:
        id: A UUID.
        kind: What sort of statement.
        about: IRI of what it is about, or of each thing.
        at: When it was made.
        by: Login name or ORCID of who made it.
        data: What it says; the keys depend on the kind and are documented where it is made.
    """

    id: str
    kind: StatementKind
    about: tuple[str, ...]
    at: datetime
    by: str
    data: dict[str, Any] = field(default_factory=dict)


def encode_statement(statement: Statement) -> dict[str, Any]:
    """A statement as a JSON object."""
    return {
        "statement": statement.kind,
        "id": statement.id,
        "about": list(statement.about),
        "at": write_time(statement.at),
        "by": statement.by,
        "data": statement.data,
    }


def decode_statement(row: dict[str, Any]) -> Statement:
    """Inverse of :func:`encode_statement`.

    Raises:
        JournalError: Not a statement.
    """
    try:
        return Statement(
            id=row["id"],
            kind=row["statement"],
            about=tuple(row["about"]),
            at=read_time(row["at"]),
            by=row["by"],
            data=row.get("data", {}),
        )
    except (KeyError, TypeError, AttributeError, UsageError) as error:
        raise JournalError(f"not a statement: {error}") from error
