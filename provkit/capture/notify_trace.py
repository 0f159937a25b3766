r"""The trace: what the supervisor of the notify recorder writes, line by line.

Bytes, not text: a name is what the kernel was given. Fields are parted by
tabs; in a field ``\\``, ``\t`` and ``\n`` stand for backslash, tab and line end.
``at`` counts microseconds since 1970. An *identity* is six fields: device, inode,
size, modification and status change time in ns, and mode; inode -1: there was nothing.
*Saved* is two: name in the staging folder, and why there is no copy.

===== ===================================================================
line  fields
===== ===================================================================
``P`` pid, at, parent, sources, sinks, folder, executable, argument…
``E`` pid, at, status of wait or empty, CPU in µs, peak memory in bytes
``R`` pid, at, identity, path           opened for reading
``W`` pid, at, identity, saved, how, path   for writing; how: ``f`` fresh, ``a`` append
``O`` pid, at, path                     was open for writing until now
``M`` pid, at, identity, saved, path, target    rename of a file; saved is the target
``D`` pid, at, identity, saved, path    deletion
``L`` pid, at, how, path, target        path gets a further name: ``s`` symbolic, ``h`` hard
``T`` pid, at, path                     folder listed
``!`` sentence                          what could not be seen
===== ===================================================================

Sources and sinks are what stands behind the inherited descriptors, parted by
zero bytes; empty with an empty folder when they are not known.
"""

from __future__ import annotations

import os

LIMIT_BYTES = 4 << 20
"""How much waits for room on a full disk before lines are given up (and counted)."""


def escape(field: bytes) -> bytes:
    """A field as it stands in a line."""
    if b"\\" in field or b"\n" in field or b"\t" in field:
        field = field.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\t", b"\\t")
    return field


class Trace:
    """Appends lines to a file and survives that it cannot.

    Attributes:
        lost: Lines given up because the disk stayed full.
        written: Bytes in the file.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lines: list[bytes] = []
        self._rest = b""
        self.lost = 0
        self.written = 0

    def add(self, line: bytes) -> None:
        """Take one line, without its end."""
        self._lines.append(line)
        if len(self._lines) >= 512:
            self.flush()

    @property
    def waits(self) -> bool:
        """Whether something is not yet in the file."""
        return bool(self._lines or self._rest)

    @property
    def held_bytes(self) -> int:
        """How much is held in memory."""
        return len(self._rest) + sum(map(len, self._lines))

    def flush(self) -> None:
        """Write what waits. Never raises; what finds no room stays, up to a limit."""
        if self._lines:
            if len(self._rest) > LIMIT_BYTES:
                self.lost += len(self._lines)
            else:
                self._rest += b"\n".join(self._lines) + b"\n"
            self._lines.clear()
        try:
            while self._rest:
                done = os.write(self._handle, self._rest)
                self.written += done
                self._rest = self._rest[done:]
        except OSError:
            return

    def close(self) -> None:
        """Write what can be written, count the rest as lost, and let the file go."""
        self.flush()
        self.lost += self._rest.count(b"\n")
        self._rest = b""
        os.close(self._handle)
