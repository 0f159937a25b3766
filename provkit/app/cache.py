"""Remember what was worked out of files that never change.

A run list over 10,000 records must not read 10,000 records. Each line of a
cache file holds a checksum of its rest, the name, size and time of a sealed
file, and two JSON texts: what is always wanted of it, and what is wanted
sometimes. Losing the cache, or a byte of it, costs time and nothing else; two
processes that append at once do no harm, because one addition is one write.
"""

# Plain os.path: pathlib costs 5 ms, and the run list passes here.
# ruff: noqa: PTH119, PTH123

from __future__ import annotations

import json
import os
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from provkit.errors import JournalError
from provkit.files import write_atomically

VERSION = 1
"""Raise it when what is remembered changes; older lines are then ignored."""

Worked = tuple[Any, Any]
"""What is always wanted of a file, and what is wanted sometimes: two JSON values."""


class SealedFile(NamedTuple):
    """A file as it was when looked at.

    Attributes:
        path: Absolute path.
        size_bytes: Its size.
        modified_ns: Its modification time.
    """

    path: str
    size_bytes: int
    modified_ns: int

    @property
    def key(self) -> str:
        """Text that changes when the file does."""
        return f"{VERSION} {os.path.basename(self.path)} {self.size_bytes} {self.modified_ns}"


class Entry(NamedTuple):
    """What is remembered of one file, decoded when asked for.

    Attributes:
        file: The file.
        texts: Two JSON texts.
    """

    file: SealedFile
    texts: tuple[str, str]

    @property
    def first(self) -> Any:
        """What is always wanted."""
        return json.loads(self.texts[0])

    @property
    def second(self) -> Any:
        """What is wanted sometimes."""
        return json.loads(self.texts[1])


def remember(
    cache: str,
    files: Iterable[SealedFile],
    work_out: Callable[[str], Worked],
) -> Iterator[Entry]:
    """What ``work_out`` says of each file, from the cache where it can be.

    Args:
        cache: Path of the cache file; need not exist, nor be writable.
        files: The files there are.
        work_out: Reads one file. A file for which it raises JournalError or
            OSError is left out, and asked again next time.

    Yields:
        One entry per readable file, in the order of ``files``.
    """
    known = _load(cache)
    kept: list[str] = []
    fresh: list[str] = []
    for file in files:
        texts = known.get(file.key)
        if texts is None:
            try:
                first, second = work_out(file.path)
            except (JournalError, OSError):
                continue
            texts = (_compact(first), _compact(second))
            fresh.append(_line(file.key, texts))
        else:
            kept.append(file.key)
        yield Entry(file, texts)
    if len(known) > 2 * len(kept):  # most of it is about files that are gone
        fresh = [_line(key, known[key]) for key in kept] + fresh
        _write(cache, fresh, anew=True)
    elif fresh:
        _write(cache, fresh, anew=False)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII, so no tab and no line end is in it


def _line(key: str, texts: tuple[str, str]) -> str:
    rest = "\t".join((key, *texts))
    return f"{crc32(rest.encode('ascii')):08x}\t{rest}\n"


def _load(cache: str) -> dict[str, tuple[str, str]]:
    try:
        with open(cache, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return {}
    known = {}
    for line in lines:
        checksum, _, rest = line.partition(b"\t")
        if checksum == b"%08x" % crc32(rest):
            key, first, second = rest.decode("ascii").split("\t")
            known[key] = (first, second)
    return known


def _write(cache: str, lines: list[str], *, anew: bool) -> None:
    content = "".join(lines).encode("ascii")
    try:
        if anew:
            with write_atomically(cache) as whole:
                whole.write(content)
        else:
            with open(cache, "ab", buffering=0, opener=_private) as file:
                file.write(content)
    except OSError:
        return  # a project that cannot be written can still be read


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
