"""Zip and tar files as contents of a package, with every trap looked for first.

A bomb is told by sizes before anything is unpacked: no archive may hold more
than a hundred times its own size (beyond the first 10 MiB) or a hundred
thousand files. The size of a directory is checked before it is read into
memory, and of a compressed tar while it grows on disk.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import IO, Any

from provkit.errors import PackageError
from provkit.files import CHUNK_BYTES
from provkit.package.findings import Ledger
from provkit.package.reading import GREATEST_RATIO, MOST_FILES, Readable, add_safely, folders_of

_FREE_BYTES = 10 << 20
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_DIRECTORY_BYTES = MOST_FILES * 1000
_HEADER_BYTES = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def open_zip(file: IO[bytes], size_bytes: int, ledger: Ledger) -> ZipContents:
    """A zip file as contents.

    Raises:
        PackageError: It is damaged or a bomb.
    """
    _check_directory(file, size_bytes)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise PackageError(f"the zip file cannot be read: {error}") from error
    return ZipContents(archive, size_bytes, ledger)


def _check_directory(file: IO[bytes], size_bytes: int) -> None:
    """Refuse a directory so large that reading it is the attack (APPNOTE 4.3.14, 4.3.16)."""
    file.seek(max(0, size_bytes - (1 << 16) - 22 - 76))
    tail = file.read()
    for mark, at, form in ((_END, 10, "<HI"), (_END_64, 32, "<QQ")):
        start = tail.rfind(mark)
        if start >= 0 and len(tail) >= start + at + struct.calcsize(form):
            entries, directory = struct.unpack_from(form, tail, start + at)
            is_in_64 = directory == 0xFFFFFFFF
            if not is_in_64 and (directory > _DIRECTORY_BYTES or entries > MOST_FILES):
                raise PackageError(f"the zip file has more than {MOST_FILES} entries")
    file.seek(0)


class ZipContents:
    """The regular files of a zip file.

    Args:
        archive: Open.
        size_bytes: Of the zip file.
        ledger: Takes down what is unsafe.
    """

    def __init__(self, archive: zipfile.ZipFile, size_bytes: int, ledger: Ledger) -> None:
        self._archive = archive
        self._sizes: dict[str, int] = {}
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._folders: set[str] = set()
        entries = archive.infolist()
        _check_ratio(sum(entry.file_size for entry in entries), size_bytes)
        _check_overlap(entries)
        for entry in entries:
            self._take(entry, ledger)
        self._folders |= folders_of(self._sizes)

    def _take(self, entry: zipfile.ZipInfo, ledger: Ledger) -> None:
        path, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR) and entry.create_system == 3:
            ledger.error("P3", path, "a link or a device, not a file")
        elif path.endswith("/"):
            self._folders.add(path.rstrip("/"))
            if entry.file_size:
                ledger.error("P3", path, "a folder with bytes in it")
        elif entry.flag_bits & 0x1:
            ledger.error("P4", path, "encrypted")
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            ledger.error("P4", path, f"compressed in a way not read here ({entry.compress_type})")
        elif add_safely(self._sizes, path, entry.file_size, ledger):
            self._entries[path] = entry

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file, as the directory says; reading goes no further."""
        return self._sizes

    @property
    def folders(self) -> Set[str]:
        """Every folder."""
        return self._folders

    def open(self, path: str) -> Readable:
        """The bytes of one file."""
        try:
            return _Guarded(self._archive.open(self._entries[path]), path)
        except _BROKEN as error:
            raise PackageError(f"{path} cannot be read: {error}") from error


@contextmanager
def open_tar(file: IO[bytes], size_bytes: int, ledger: Ledger) -> Iterator[TarContents]:
    """A tar file as contents, compressed with gzip, bzip2 or xz or not at all.

    Raises:
        PackageError: It is damaged or a bomb.
    """
    with tempfile.TemporaryFile() as plain:
        source, allowed = file, max(_FREE_BYTES, size_bytes * GREATEST_RATIO)
        head = file.read(6)
        file.seek(0)
        try:
            if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
                _decompress(_reader(file, head), plain, allowed)
                source = plain
            _check_headers(source)
            with tarfile.open(fileobj=source, mode="r:") as archive:
                yield TarContents(archive, size_bytes, ledger)
        except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise PackageError(f"the tar file cannot be read: {error}") from error


def _reader(file: IO[bytes], head: bytes) -> IO[bytes]:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # reads bytes like a file
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    # An xz file names how much memory its dictionary needs, up to 4 GiB.
    return lzma.LZMAFile(file, format=lzma.FORMAT_XZ)


def _decompress(source: IO[bytes], target: IO[bytes], allowed: int) -> None:
    grown = 0
    while block := source.read(CHUNK_BYTES):
        grown += len(block)
        if grown > allowed:
            raise PackageError(f"a bomb: grows to more than {GREATEST_RATIO} times its size")
        target.write(block)
    target.seek(0)


def _check_headers(file: IO[bytes]) -> None:
    """Walk over the headers of a tar without trusting them (POSIX.1-2017, pax, ustar)."""
    size, entries = file.seek(0, os.SEEK_END), 0
    at = 0
    while at + 512 <= size:
        file.seek(at)
        header = file.read(512)
        if not header.strip(b"\x00"):
            break
        length = _tar_number(header[124:136])
        entries += 1
        if entries > 2 * MOST_FILES:
            raise PackageError(f"the tar file has more than {MOST_FILES} entries")
        if header[156:157] in b"xgLK" and length > _HEADER_BYTES:
            raise PackageError("a bomb: the tar file has a header of more than a megabyte")
        at += 512 + (length + 511) // 512 * 512
    file.seek(0)


def _tar_number(text: bytes) -> int:
    if text[0] & 0x80:
        return int.from_bytes(text[1:], "big")
    return int(text.strip(b" \x00") or b"0", 8)


class TarContents:
    """The regular files of a tar file.

    Args:
        archive: Open, not compressed.
        size_bytes: Of the file as it was named by the user.
        ledger: Takes down what is unsafe.
    """

    def __init__(self, archive: tarfile.TarFile, size_bytes: int, ledger: Ledger) -> None:
        self._archive = archive
        self._sizes: dict[str, int] = {}
        self._entries: dict[str, tarfile.TarInfo] = {}
        self._folders: set[str] = set()
        total = 0
        for entry in archive:
            path = entry.name.removeprefix("./")
            if entry.isdir():
                self._folders.add(path)
                continue
            if not entry.isreg() or entry.issparse():
                ledger.error("P3", path, "a link, a device or a sparse file")
            elif add_safely(self._sizes, path, entry.size, ledger):
                self._entries[path] = entry
                total += entry.size
        _check_ratio(total, size_bytes)
        self._folders |= folders_of(self._sizes)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file."""
        return self._sizes

    @property
    def folders(self) -> Set[str]:
        """Every folder."""
        return self._folders

    def open(self, path: str) -> Readable:
        """The bytes of one file."""
        opened = self._archive.extractfile(self._entries[path])
        if opened is None:
            raise PackageError(f"{path} is not a file")
        return _Guarded(opened, path)


def _check_ratio(total: int, size_bytes: int) -> None:
    if total > max(_FREE_BYTES, size_bytes * GREATEST_RATIO):
        raise PackageError(f"a bomb: holds more than {GREATEST_RATIO} times its own size")


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes: the trick of bombs with a harmless ratio each."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise PackageError(f"a bomb: {entry.filename!r} shares bytes with another entry")
        end = entry.header_offset + 30 + entry.compress_size


class _Guarded:
    """A file in an archive; what breaks while reading is told as an error of the package."""

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._file = file
        self._path = path

    def read(self, size: int = -1) -> bytes:
        """Bytes from where reading stands."""
        try:
            return self._file.read(size)
        except (*_BROKEN, tarfile.TarError) as error:
            raise PackageError(f"{self._path} cannot be read: {error}") from error

    def __enter__(self) -> _Guarded:
        return self

    def __exit__(self, *args: Any) -> None:
        self._file.close()
