"""Databases as recordr and matlab-dataone write them, for tests that need one but neither tool.

Tables and columns are theirs, the SQL is our own; it is in small letters as in
:mod:`provkit.importers.database`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

_EXECMETA = (
    "seq INTEGER PRIMARY KEY, executionId TEXT NOT NULL UNIQUE, metadataId TEXT,"
    " datapackageId TEXT,"
    " user TEXT, subject TEXT, hostId TEXT, startTime TEXT, operatingSystem TEXT, runtime TEXT,"
    " softwareApplication TEXT, {dependencies} endTime TEXT, errorMessage TEXT, publishTime TEXT,"
    " publishNodeId TEXT, publishId TEXT, console INTEGER"
)
_SHARED = {
    "tags": "seq INTEGER PRIMARY KEY, executionId TEXT NOT NULL, tag TEXT NOT NULL,"
    " UNIQUE(executionId, tag) ON CONFLICT IGNORE,"
    " FOREIGN KEY(executionId) REFERENCES execmeta(executionId) ON DELETE CASCADE",
    "filemeta": "fileId TEXT PRIMARY KEY, executionId TEXT NOT NULL, filePath TEXT NOT NULL,"
    " sha256 TEXT, size INTEGER, user TEXT, modifyTime TEXT, createTime TEXT, access TEXT,"
    " format TEXT, archivedFilePath TEXT,"
    " FOREIGN KEY(executionId) REFERENCES execmeta(executionId) ON DELETE CASCADE",
}
RECORDR = {
    "admin": "id INTEGER PRIMARY KEY, version TEXT NOT NULL, UNIQUE(version)",
    "execmeta": _EXECMETA.format(dependencies="moduleDependencies TEXT,"),
    **_SHARED,
    "provenance": "executionId TEXT, subject TEXT, predicate TEXT, object TEXT, subjectType TEXT,"
    " objectType TEXT, dataTypeURI TEXT",
}
"""Table of recordr to its definition."""
MATLAB = {
    "execmeta": _EXECMETA.format(dependencies=""),
    **_SHARED,
    "modulemeta": "module_id INTEGER PRIMARY KEY, dependencyInfo TEXT UNIQUE",
    "execmodulebridge": "exec_seq INTEGER, module_id INTEGER, PRIMARY KEY(exec_seq, module_id)",
}
"""Table of matlab-dataone to its definition."""

RowOf = Mapping[str, object]


def write_database(
    path: Path, schema: Mapping[str, str], rows: Mapping[str, Sequence[RowOf]]
) -> Path:
    """A database with these tables and rows; foreign keys are off, as recordr has them."""
    with closing(sqlite3.connect(path)) as connection:
        for table, columns in schema.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        for table, found in rows.items():
            for row in found:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(
                    f"insert into {table} ({names}) values ({marks})",  # noqa: S608 - our own names
                    tuple(row.values()),
                )
        connection.commit()
    return path


def execution(run: str, seq: int, **other: object) -> RowOf:
    """A row of recordr's execmeta."""
    return {
        "seq": seq,
        "executionId": run,
        "metadataId": f"urn:uuid:m{seq}",
        "datapackageId": f"urn:uuid:d{seq}",
        "user": "ann",
        "subject": None,
        "hostId": "lab7",
        "startTime": f"2017-01-13 11:4{seq}:50 PST",
        "operatingSystem": "x86_64-pc-linux-gnu",
        "runtime": "R version 3.3.2",
        "softwareApplication": f"/home/ann/step{seq}.R",
        "endTime": f"2017-01-13 11:4{seq}:59 PST",
        "console": 0,
    } | other


def accessed(
    file: str,
    run: str,
    access: str,
    path: str,
    *,
    sha256: str | None,
    size: int | None,
    copy: str | None = None,
    **other: object,
) -> RowOf:
    """A row of filemeta."""
    return {
        "fileId": file,
        "executionId": run,
        "filePath": path,
        "sha256": sha256,
        "size": size,
        "user": "ann",
        "modifyTime": "2017-01-13 10:00:00 PST",
        "createTime": "2017-01-13 10:00:00 PST",
        "access": access,
        "format": "text/csv",
        "archivedFilePath": copy,
    } | other
