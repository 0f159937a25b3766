"""Fingerprint, copy and atomically write files.

Nothing here knows about provenance. Recorders, the archive, the YesWorkflow
reconstructor and the bag writer stand on this floor, so that a file has one
fingerprint everywhere.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

CHUNK_BYTES = 1 << 20


class Fingerprint(NamedTuple):
    """What a file holds, whatever it is called.

    Attributes:
        sha256: Lower-case hexadecimal SHA-256 of the bytes.
        size_bytes: How many bytes there are.
    """

    sha256: str
    size_bytes: int


def fingerprint_bytes(data: bytes) -> Fingerprint:
    """Fingerprint of bytes in memory."""
    return Fingerprint(hashlib.sha256(data).hexdigest(), len(data))


def fingerprint(path: str | os.PathLike[str]) -> Fingerprint:
    """Fingerprint of a regular file, read once in pieces.

    The caller decides whether the file may change meanwhile; see
    :func:`fingerprint_steady`.

    Raises:
        OSError: The file cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - bytes paths are allowed too
        while block := file.read(CHUNK_BYTES):
            digest.update(block)
            size += len(block)
    return Fingerprint(digest.hexdigest(), size)


def fingerprint_steady(path: str | os.PathLike[str], *, tries: int = 3) -> Fingerprint | None:
    """Fingerprint of a file that was the same before, during and after reading.

    Returns:
        The fingerprint, or None when the file changed each time: a wrong hash
        is never returned.

    Raises:
        OSError: The file cannot be read, or is not a regular file.
    """
    for _ in range(tries):
        before = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(before.st_mode):
            raise OSError(f"not a regular file: {os.fspath(path)!r}")
        found = fingerprint(path)
        after = os.stat(path)  # noqa: PTH116
        if _identity(before) == _identity(after) and found.size_bytes == after.st_size:
            return found
    return None


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def sync_folder(folder: str) -> None:
    """Make a rename or a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def write_atomically(path: str, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """Open a new file that takes its name only when it is whole and on disk.

    Raises:
        OSError: Nothing was left under ``path`` that was not there before.
    """
    temporary = f"{path}.{os.getpid()}.part"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise
    sync_folder(os.path.dirname(path) or ".")  # noqa: PTH120
