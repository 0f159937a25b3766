"""The three tables that recordr and matlab-dataone share, from SQLite."""

from __future__ import annotations

from typing import NamedTuple

from provkit.importers.database import Database
from provkit.importers.repairs import Row
from provkit.importers.runmanager import DEPENDENCIES, EXECMETA, FILEMETA, TAG


class Tables(NamedTuple):
    """Rows with the names of columns that the exported facts have."""

    execmeta: list[Row]
    filemeta: list[Row]
    tags: list[Row]


def read_tables(database: Database) -> Tables:
    """All rows of the three tables.

    Raises:
        UnknownDataError: One is not there, or cannot be read.
    """
    return Tables(
        database.rows("execmeta", (*EXECMETA, DEPENDENCIES), needed=("ExecutionId",)),
        database.rows("filemeta", FILEMETA, needed=("ExecutionId", "FilePath", "Access")),
        database.rows("tags", TAG, needed=("ExecutionId", "Tag")),
    )
