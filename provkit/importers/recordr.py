"""Import the database and archive of recordr, DataONE's RunManager for R.

``recordr.sqlite`` lies in the home folder beside ``archive/``. A copy there is
taken over when it has the hash that its row says.
"""

from __future__ import annotations

from provkit.importers.base import Imported
from provkit.importers.copies import Copies
from provkit.importers.database import (
    Database,
    find_database,
    missing_database,
    tables_of,
    warn_of_journals,
)
from provkit.importers.repairs import Repairs, Row
from provkit.importers.runmanager import COPY, WHY, make_records, plain_text
from provkit.importers.runmanager_tables import read_tables

_NAME = "recordr.sqlite"


class Recordr:
    """The importer."""

    def recognizes(self, source: str) -> bool:
        """Whether it is a database with recordr's tables, or a folder with ``recordr.sqlite``."""
        path = find_database(source, _NAME)
        return path is not None and (
            path.name == _NAME or {"execmeta", "provenance"} <= tables_of(path)
        )

    def read(self, source: str) -> Imported:
        """Runs of all rows of execmeta.

        Raises:
            UnknownDataError: It has no such table, or cannot be read.
        """
        path = find_database(source, _NAME)
        if path is None:
            raise missing_database(source, _NAME)
        repairs = Repairs()
        warn_of_journals(path, repairs)
        tables = read_tables(Database(path, repairs))
        copies = Copies(path.parent)
        files = [_with_copy(row, copies, repairs) for row in tables.filemeta]
        return make_records("recordr", tables.execmeta, files, tables.tags, repairs)


importer = Recordr()


def _with_copy(row: Row, copies: Copies, repairs: Repairs) -> Row:
    """The row, and where its bytes are when they are what it says."""
    sha256, written = plain_text(row, "Sha256").lower(), plain_text(row, "ArchivedFilePath")
    found, why = copies.read(written)
    if found is None:
        if written:
            repairs.count(f"copies not taken over, {why}", row)
        return {**row, WHY: why}
    if found.sha256 != sha256:
        # recordr gives files of one hash one copy and never checks it (its defect D17).
        repairs.count("copies not taken over, they have another hash than their row", row)
        return {**row, WHY: "its copy in the source has another hash"}
    return {**row, "Sha256": sha256, COPY: copies.path(written)}
