"""Read a package that anybody may have made: a folder, a zip or a tar file, or one document.

Nothing is unpacked. Every name is looked at before its bytes are, links and
devices are never followed or opened, and no more bytes are read than there
should be. What is unsafe becomes a finding, and the rest is still read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from provkit.errors import PackageError
from provkit.package.findings import Ledger

MOST_FILES = 100_000
GREATEST_RATIO = 100
SMALL_BYTES = 64 << 20
"""A text such as a manifest or a map is read whole only up to this size."""


class Readable(Protocol):
    """Bytes to read once, then to close."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes from where reading stands."""

    def __enter__(self) -> Readable: ...

    def __exit__(self, *args: Any) -> None: ...


class Contents(Protocol):
    """The files of a package, by safe relative path."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file."""

    @property
    def folders(self) -> Set[str]:
        """Every folder, empty ones too."""

    def open(self, path: str) -> Readable:
        """The bytes of one file.

        Raises:
            PackageError: They cannot be read.
        """


def read_small(contents: Contents, path: str) -> bytes:
    """All bytes of a file that is meant to be small.

    Raises:
        PackageError: It is not small, or cannot be read.
    """
    if contents.sizes[path] > SMALL_BYTES:
        raise PackageError(f"{path} is larger than {SMALL_BYTES >> 20} MiB")
    with contents.open(path) as file:
        return file.read(SMALL_BYTES + 1)


_DANGERS = {
    "a NUL character, where some readers stop": re.compile(r".*\x00", re.DOTALL),
    "an absolute path": re.compile(r"[/\\]|[A-Za-z]:"),
    "a path to a home folder": re.compile("~"),
    "a path that climbs out of the package": re.compile(r"(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL),
    "a path written in a roundabout way": re.compile(r"\Z|(.*/)?\.?(/|\Z)", re.DOTALL),
}
_ODD = re.compile(r"[\x01-\x1f\x7f\\\udc80-\udcff]")


def why_unsafe(path: str) -> str:
    """What is dangerous about a name in a package; empty when nothing is.

    A name that climbs out, or starts at a root or a drive, is dangerous
    wherever the package is unpacked.
    """
    return next((danger for danger, form in _DANGERS.items() if form.match(path)), "")


def add_safely(sizes: dict[str, int], path: str, size: int, ledger: Ledger) -> bool:
    """Take up a file when its name is safe and new; else it is a finding.

    Raises:
        PackageError: There are more files than any package should have.
    """
    why = why_unsafe(path)
    if why:
        ledger.error("P1", path, f"unsafe name: {why}")
        return False
    if path in sizes:
        ledger.error("P2", path, "this name is there twice; which one counts depends on the reader")
        return False
    if len(sizes) >= MOST_FILES:
        raise PackageError(f"the package has more than {MOST_FILES} files")
    if _ODD.search(path):
        ledger.warn("P5", path, "a control character, a backslash or a byte that is not UTF-8")
    sizes[path] = size
    return True


class FolderContents:
    """A package that is a folder; links in it are findings and are not followed.

    Args:
        root: The folder.
        ledger: Takes down what is unsafe.
    """

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._sizes: dict[str, int] = {}
        self._folders: set[str] = set()
        for place, folders, names in os.walk(root):
            folders.sort()
            inside = os.path.relpath(place, root)
            self._folders.add(inside)
            prefix = "" if inside == "." else f"{inside}/"
            for name in sorted([*names, *folders]):
                self._take(f"{prefix}{name}", ledger)

    def _take(self, path: str, ledger: Ledger) -> None:
        info = self._root.joinpath(path).lstat()
        if stat.S_ISREG(info.st_mode):
            add_safely(self._sizes, path, info.st_size, ledger)
        elif stat.S_ISLNK(info.st_mode):
            ledger.error("P3", path, "a symbolic link, which may lead out of the package")
        elif not stat.S_ISDIR(info.st_mode):
            ledger.error("P3", path, "not a regular file")

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file."""
        return self._sizes

    @property
    def folders(self) -> Set[str]:
        """Every folder."""
        return self._folders

    def open(self, path: str) -> IO[bytes]:
        """The bytes of one file; a link put in its place meanwhile is refused."""
        try:
            handle = os.open(
                self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            )
        except OSError as error:
            raise PackageError(f"cannot read {path}: {error.strerror}") from error
        return os.fdopen(handle, "rb")


@dataclass(frozen=True, slots=True)
class SingleDocument:
    """One document on its own, such as a resource map.

    Attributes:
        path: Where it is.
        size_bytes: Its size.
    """

    path: Path
    size_bytes: int

    @property
    def sizes(self) -> Mapping[str, int]:
        """The one file."""
        return {self.path.name: self.size_bytes}

    @property
    def folders(self) -> Set[str]:
        """None."""
        return frozenset()

    def open(self, path: str) -> IO[bytes]:
        """Its bytes."""
        del path
        return self.path.open("rb")


class Within:
    """The contents of one folder of a package.

    Args:
        whole: The package.
        prefix: The folder, with a slash at its end.
    """

    def __init__(self, whole: Contents, prefix: str) -> None:
        self._whole, self._prefix, start = whole, prefix, len(prefix)
        self._sizes = {p[start:]: size for p, size in whole.sizes.items() if p.startswith(prefix)}
        self._folders = {path[start:] for path in whole.folders if path.startswith(prefix)}

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file below the folder."""
        return self._sizes

    @property
    def folders(self) -> Set[str]:
        """Every folder below it."""
        return self._folders

    def open(self, path: str) -> Readable:
        """The bytes of one file."""
        return self._whole.open(self._prefix + path)


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder that some files lie in."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
