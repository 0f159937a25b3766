"""Remember the hash of a file by what the file system says of it.

One line a file: device, inode, size, both change times, SHA-256. A file that was
changed within the clock's grain of being hashed is not remembered, since a
later change could leave the same times ("racy" in Git's words).
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH123

from __future__ import annotations

import os
import re
import time

from provkit.capture.tree import Identity
from provkit.files import write_atomically

MOST_LINES = 20_000
_GRAIN_NS = 12_000_000  # coarser than the clock of local file systems (a tick, at most 10 ms)
_LINE = re.compile(rb"(\d+ \d+ \d+ \d+ \d+) ([0-9a-f]{64})\Z")


class Hashes:
    """A cache; losing it costs time only.

    Args:
        path: File that keeps it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: dict[bytes, bytes] | None = None
        self._new: list[bytes] = []

    def get(self, identity: Identity) -> str | None:
        """SHA-256 of the file that had that identity, when known."""
        found = self._load().get(_key(identity))
        return None if found is None else found.decode("ascii")

    def put(self, identity: Identity, sha256: str) -> None:
        """Remember a hash, taken just now."""
        if time.time_ns() - max(identity.mtime_ns, identity.ctime_ns) < _GRAIN_NS:
            return
        key, value = _key(identity), sha256.encode("ascii")
        if self._load().get(key) != value:
            self._load()[key] = value
            self._new.append(key + b" " + value + b"\n")

    def save(self) -> None:
        """Write what is new; never raises, because it is only a cache."""
        known = self._load()
        try:
            if len(known) > 2 * MOST_LINES:
                newest = list(known.items())[-MOST_LINES:]
                with write_atomically(self._path) as whole:
                    whole.writelines(key + b" " + value + b"\n" for key, value in newest)
            elif self._new:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                handle = os.open(self._path, flags, 0o600)
                try:
                    os.write(handle, b"".join(self._new))
                finally:
                    os.close(handle)
        except OSError:
            return
        self._new.clear()

    def _load(self) -> dict[bytes, bytes]:
        if self._known is None:
            self._known = {}
            try:
                with open(self._path, "rb") as file:
                    lines = file.read().split(b"\n")
            except OSError:
                return self._known
            for line in lines:
                found = _LINE.match(line)
                if found is not None:
                    self._known[found[1]] = found[2]
        return self._known


def _key(identity: Identity) -> bytes:
    return b"%d %d %d %d %d" % identity[:5]
