"""Where a package is written to: a folder or a zip file, whole or not at all.

Files appear under their final name only when every byte is there. Zip entries
carry the date of the package, not of the day, and no owner, so that writing
twice gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from provkit.errors import PackageError, UsageError


class Target(Protocol):
    """Takes the files of a package, each once."""

    def open(self, path: str, *, size_bytes: int = 0) -> IO[bytes]:
        """A new file to write to and close; ``size_bytes`` is a guess for large ones."""


def write_file(target: Target, path: str, data: bytes) -> None:
    """Write a small file whole."""
    with target.open(path, size_bytes=len(data)) as file:
        file.write(data)


@contextmanager
def open_target(
    out: str, *, folder: str, date: datetime, check: Callable[[str], None] | None = None
) -> Iterator[Target]:
    """A place to write a package to, named by the user.

    Args:
        out: A folder that is not there or empty, or a name that ends in ``.zip``.
        folder: Folder inside the zip file that holds everything; may be empty.
        date: Of every zip entry.
        check: Looks at the package under a temporary name before it gets its own.

    Raises:
        UsageError: Something is there already, or its parent is not.
        PackageError: It cannot be written; nothing is left behind.
    """
    place = Path(out)
    if os.path.lexists(out) and not _is_empty_folder(place):
        raise UsageError(f"{out} is there already", hint="remove it, or choose another name")
    if not place.absolute().parent.is_dir():
        raise UsageError(f"no such folder: {place.parent}", hint="make it first")
    growing = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        if place.suffix.lower() == ".zip":
            with ZipFile(growing, "x", ZIP_DEFLATED) as archive:
                yield _ZipTarget(archive, folder, date)
        else:
            growing.mkdir()
            yield _FolderTarget(growing)
        if check is not None:
            check(str(growing))
        growing.replace(place)
    except OSError as error:
        raise PackageError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        if growing.is_dir():
            shutil.rmtree(growing)
        else:
            growing.unlink(missing_ok=True)


def _is_empty_folder(place: Path) -> bool:
    return place.suffix.lower() != ".zip" and place.is_dir() and not any(place.iterdir())


class _FolderTarget:
    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, path: str, *, size_bytes: int = 0) -> IO[bytes]:
        del size_bytes
        place = self._root.joinpath(*path.split("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        return place.open("xb")


class _ZipTarget:
    def __init__(self, archive: ZipFile, folder: str, date: datetime) -> None:
        self._archive = archive
        self._prefix = f"{folder}/" if folder else ""
        self._date = _zip_date(date)

    def open(self, path: str, *, size_bytes: int = 0) -> IO[bytes]:
        entry = ZipInfo(self._prefix + path, self._date)
        entry.compress_type = ZIP_DEFLATED
        entry.create_system = 3  # Unix, wherever this runs
        entry.external_attr = 0o100644 << 16
        entry.file_size = size_bytes
        return self._archive.open(entry, "w")


def _zip_date(date: datetime) -> tuple[int, int, int, int, int, int]:
    """The date as zip can hold it: from 1980 to 2107, even seconds, here always UTC."""
    moment = date.astimezone(UTC)
    if moment.year < 1980:
        return (1980, 1, 1, 0, 0, 0)
    if moment.year > 2107:
        return (2107, 12, 31, 23, 59, 58)
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second & ~1)
