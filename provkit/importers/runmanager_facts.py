"""Import the Prolog facts that RunManager exports: execmeta/17, filemeta/11, tag/3.

A source is a folder of ``.P`` files or one file; the paper's multi-run queries
start from such a folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from provkit.errors import UnknownDataError
from provkit.importers.base import Imported
from provkit.importers.prolog import Fact, Unreadable, read_facts
from provkit.importers.repairs import PLACE, Place, Repairs, Row
from provkit.importers.runmanager import EXECMETA, FILEMETA, TAG, make_records

MAX_FILE_BYTES = 1 << 30
_COLUMNS = {"execmeta": EXECMETA, "filemeta": FILEMETA, "tag": TAG}
_ARITIES = {relation: len(columns) for relation, columns in _COLUMNS.items()}
_LOOKS_LIKE = re.compile(rb"^[ \t]*(?:execmeta|filemeta)\(", re.MULTILINE)
_ENDINGS = (".P", ".p", ".pl", ".pro")


class RunManagerFacts:
    """The importer."""

    def recognizes(self, source: str) -> bool:
        """Whether some file has a fact of execmeta or filemeta in its first 64 KiB."""
        for path in _files(source):
            with path.open("rb") as file:
                if _LOOKS_LIKE.search(file.read(65536)):
                    return True
        return False

    def read(self, source: str) -> Imported:
        """Runs of all facts of the source.

        Raises:
            UnknownDataError: There is no fact of execmeta in it.
        """
        rows: dict[str, list[Row]] = {relation: [] for relation in _COLUMNS}
        repairs = Repairs()
        for path in _files(source):
            _read_file(path, rows, repairs)
        if not rows["execmeta"]:
            raise UnknownDataError(
                f"no execmeta/{len(EXECMETA)} fact in {source}",
                hint="give the folder that RunManager's exportPrologFacts wrote",
            )
        return make_records(
            "runmanager-facts", rows["execmeta"], rows["filemeta"], rows["tag"], repairs
        )


importer = RunManagerFacts()


def _files(source: str) -> Iterator[Path]:
    place = Path(source)
    if place.is_dir():
        yield from (
            path for path in sorted(place.iterdir()) if path.suffix in _ENDINGS and path.is_file()
        )
    elif place.is_file():
        yield place


def _read_file(path: Path, rows: dict[str, list[Row]], repairs: Repairs) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise UnknownDataError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        repairs.say(f"{path} is not UTF-8, read as Latin-1")
    for fact in read_facts(text, _ARITIES):
        if isinstance(fact, Unreadable):
            repairs.say(f"{path}:{fact.line}: {fact.why}, left out")
            continue
        row = _row(path, fact)
        if fact.unescaped:
            repairs.count("facts with quotes that were not escaped", row)
        rows[fact.relation].append(row)


def _row(path: Path, fact: Fact) -> Row:
    place = Place(f"{path.name} line", fact.line)
    return {PLACE: place, **dict(zip(_COLUMNS[fact.relation], fact.values, strict=True))}
