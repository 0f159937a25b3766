"""Import the database and archive of matlab-dataone, DataONE's RunManager for MATLAB.

``recordm.sqlite`` lies in ``provenance_storage_directory``, by default
``~/.d1/provenance``, beside ``archive/``.

Its "SHA-256" is that of a file decoded as text and encoded again: two binary
files can have the same, and it is none of the bytes. It is never taken for the
content of a file. Where the archive has a copy, that is hashed anew; else the
content stays unknown, and the state says what matlab-dataone wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
from provkit.importers.runmanager import COPY, DEPENDENCIES, WHY, make_records, plain_text, size_of
from provkit.importers.runmanager_tables import read_tables

_NAME = "recordm.sqlite"
_PLACES = (_NAME, f"provenance/{_NAME}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_ID_COLUMNS = ("ExecutionId", "DatapackageId")


class MatlabDataone:
    """The importer."""

    def recognizes(self, source: str) -> bool:
        """Whether it is a database with its tables, or a folder with ``recordm.sqlite``."""
        path = find_database(source, *_PLACES)
        return path is not None and (
            path.name == _NAME or {"execmeta", "modulemeta"} <= tables_of(path)
        )

    def read(self, source: str) -> Imported:
        """Runs of all rows of execmeta.

        Raises:
            UnknownDataError: It has no such table, or cannot be read.
        """
        path = find_database(source, *_PLACES)
        if path is None:
            raise missing_database(source, *_PLACES)
        repairs = Repairs()
        warn_of_journals(path, repairs)
        database = Database(path, repairs)
        tables = read_tables(database)
        copies = Copies(path.parent)
        modules = _modules(database)
        return make_records(
            "matlab-dataone",
            [
                {**_with_urn(row, repairs), DEPENDENCIES: modules.get(plain_text(row, "Seq"))}
                for row in tables.execmeta
            ],
            [_with_content(_with_urn(row, repairs), copies, repairs) for row in tables.filemeta],
            [_with_urn(row, repairs) for row in tables.tags],
            repairs,
        )


importer = MatlabDataone()


def _with_urn(row: Row, repairs: Repairs) -> Row:
    """The row with ``urn:uuid:`` before the UUIDs of a run and of its package."""
    bare = [name for name in _ID_COLUMNS if _UUID.match(plain_text(row, name))]
    if bare:
        repairs.count("bare UUIDs, given urn:uuid:", row)
    return {**row, **{name: f"urn:uuid:{plain_text(row, name).lower()}" for name in bare}}


def _with_content(row: Row, copies: Copies, repairs: Repairs) -> Row:
    """The row with the hash of the bytes, or with none."""
    of_text, written = plain_text(row, "Sha256"), plain_text(row, "ArchivedFilePath")
    found, why = copies.read(written)
    size = size_of(row)
    if found is not None and size not in (None, found.size_bytes):
        # Files of one hash of text got one copy, though their bytes may differ.
        found, why = None, "its copy in the source has another size"
    if found is None:
        if not of_text:
            return {**row, WHY: f"not hashed by the source; {why}"}
        repairs.count(f"hashes of decoded text, left out as {why}", row)
        told = f"only known by matlab-dataone's hash of decoded text, {of_text}; {why}"
        return {**row, "Sha256": None, WHY: told}
    if of_text and of_text.lower() != found.sha256:
        repairs.say(
            f"{of_text} is the hash of decoded text; the archived bytes have {found.sha256}", row
        )
    size_bytes = found.size_bytes
    return {**row, "Sha256": found.sha256, "Size": size_bytes, COPY: copies.path(written)}


def _modules(database: Database) -> dict[str, str]:
    """Number of a run to what it depended on."""
    if not {"modulemeta", "execmodulebridge"} <= database.tables():
        return {}
    metas = database.rows("modulemeta", ("module_id", "dependencyInfo"), needed=("module_id",))
    infos = {plain_text(row, "module_id"): plain_text(row, "dependencyInfo") for row in metas}
    columns = ("exec_seq", "module_id")
    told: dict[str, list[str]] = {}
    for row in database.rows("execmodulebridge", columns, needed=columns):
        if info := infos.get(plain_text(row, "module_id")):
            told.setdefault(plain_text(row, "exec_seq"), []).append(info)
    return {seq: _joined(found) for seq, found in told.items()}


def _joined(infos: Iterable[str]) -> str:
    return ", ".join(sorted(set(infos)))
