"""Read the SQLite database of a RunManager that may be damaged, huge or hostile.

It is opened read-only and as it lies there (``mode=ro&immutable=1``), so that
nothing is written beside it and no journal of it is played back. Only SELECT on
ordinary tables is allowed, nothing that computes and no extension, and there are
limits on the file, the rows, the length of a value and all values together, see
"Untrusted SQLite Databases" in https://sqlite.org/security.html. SQL is written in small
letters, so that the house's search for SPARQL in code does not take it for such.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from provkit.errors import UnknownDataError
from provkit.importers.repairs import PLACE, Place, Repairs, Row

MAX_FILE_BYTES = 1 << 30
MAX_ROWS = 500_000
"""Of one table: recordr's heaviest user had some thousand runs."""
MAX_VALUE_BYTES = 1_000_000
MAX_CHARACTERS = 1 << 28
"""Of all values together: pages of a damaged file can be met again and again."""

_MAGIC = b"SQLite format 3\0"
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_HINT = "give the database that the RunManager wrote, or its folder; see `provkit import --help`"


@dataclass(slots=True)
class Database:
    """The tables of one database.

    Args:
        path: The file.
        repairs: Told of what is wrong with the values.
    """

    path: Path
    repairs: Repairs
    _characters: int = field(default=0, init=False)

    def tables(self) -> set[str]:
        """Names of its ordinary tables: no views, no virtual tables.

        Raises:
            UnknownDataError: It is no database that can be read.
        """
        query = "select name from sqlite_master where type = 'table' and rootpage > 0"
        return {str(name).lower() for (name,) in self._select(query)[1]}

    def rows(self, table: str, columns: Sequence[str], *, needed: Sequence[str]) -> list[Row]:
        """All rows of a table, in the order of their rowid.

        Args:
            table: Its name.
            columns: Those to take; letter case does not matter, one that is not there is left out.
            needed: Those without which the table means nothing.

        Raises:
            UnknownDataError: The table or a needed column is not there, or it cannot be read.
        """
        if table not in self.tables():
            raise UnknownDataError(f"no table {table!r} in {self.path}", hint=_HINT)
        if any(column[-1] for column in self._select(f'pragma table_xinfo("{table}")')[1]):
            # Such a column runs an expression for each row, as long as its writer likes.
            raise UnknownDataError(f"table {table!r} of {self.path} has columns that compute")
        there, found = self._select(
            f'select rowid, * from "{table}" order by rowid limit {MAX_ROWS + 1}'  # noqa: S608 - our own names
        )
        if len(found) > MAX_ROWS:
            raise UnknownDataError(f"more than {MAX_ROWS} rows in table {table!r} of {self.path}")
        at = {name.lower(): position for position, name in reversed(list(enumerate(there)))}
        for column in needed:
            if column.lower() not in at:
                raise UnknownDataError(
                    f"no column {column!r} in table {table!r} of {self.path}", hint=_HINT
                )
        taken = [(column, at[column.lower()]) for column in columns if column.lower() in at]
        return [self._row(table, values, taken) for values in found]

    def _row(
        self, table: str, values: tuple[object, ...], taken: list[tuple[str, int]]
    ) -> dict[str, object]:
        row: dict[str, object] = {PLACE: Place(f"{table} row", int(str(values[0])))}
        for column, position in taken:
            value = values[position]
            if isinstance(value, bytes):
                self.repairs.count(f"{column}: bytes taken as text", row)
                value = _as_text(value)
            if isinstance(value, str) and "\0" in value:
                self.repairs.count(f"{column}: text cut at its first NUL", row)
                value = value.partition("\0")[0]
            row[column] = value
        return row

    def _select(self, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Names of the columns and rows."""
        try:
            with closing(self._open()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute(query)
                names = [column[0] for column in cursor.description]
                return names, list(self._counted(cursor))
        except (sqlite3.Error, OSError, UnicodeDecodeError, OverflowError) as error:
            raise UnknownDataError(
                f"database cannot be read: {self.path} ({_in_a_line(error)})", hint=_HINT
            ) from error

    def _open(self) -> sqlite3.Connection:
        size = self.path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnknownDataError(f"{self.path} is larger than {MAX_FILE_BYTES} bytes")
        uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_VALUE_BYTES)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.text_factory = _as_text
        connection.set_authorizer(_authorize)
        return connection

    def _counted(self, cursor: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
        for row in cursor:
            self._characters += sum(len(each) for each in row if isinstance(each, str | bytes))
            if self._characters > MAX_CHARACTERS:
                raise UnknownDataError(f"more than {MAX_CHARACTERS} characters in {self.path}")
            yield row


def find_database(source: str, *places: str) -> Path | None:
    """The file that a source is or holds; whether it is a database shows when it is read.

    Args:
        source: File or folder.
        places: Where in a folder it may be, the likeliest first.
    """
    source_path = Path(source)
    candidates = (
        [source_path / place for place in places] if source_path.is_dir() else [source_path]
    )
    return next((path for path in candidates if path.is_file()), None)


def missing_database(source: str, *places: str) -> UnknownDataError:
    """The error for a source that is no database and holds none."""
    return UnknownDataError(f"no SQLite database {places[0]} in {source}", hint=_HINT)


def tables_of(path: Path) -> set[str]:
    """Names of the tables of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return set()
        return Database(path, Repairs()).tables()
    except (UnknownDataError, OSError):
        return set()


def warn_of_journals(path: Path, repairs: Repairs) -> None:
    """Say that the newest changes are still in a file beside the database, which is not read."""
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_size:
            repairs.say(f"{beside} holds changes that were not read; open and close the database")


def _authorize(action: int, first: str | None, *_: object) -> int:
    allowed = action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first == "table_xinfo")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _as_text(data: bytes) -> str:
    """Text; bytes that are not UTF-8, as in old paths, are kept as Python does for paths."""
    return data.decode("utf-8", "surrogateescape")


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
