"""Save the bytes that a run is about to destroy, while the process is held.

Cheapest way first. A file about to be deleted or replaced gets a second name
(hard link): no byte is copied however large it is. One about to be overwritten
is cloned where the file system shares blocks (``FICLONE``), else copied when it
is small enough. What cannot be saved is noted with the reason.
"""

from __future__ import annotations

import errno
import os
from fcntl import ioctl
from stat import S_ISREG

COPY_LIMIT_BYTES = 256 << 20
"""Larger files are linked, cloned or noted: copying would hold the process for too long."""

KEEP_LIMIT_BYTES = 2 << 30
"""Larger files are noted: their room on the disk may be what the command is after."""

TOTAL_LIMIT_BYTES = 4 << 30
"""Saved in one run, in all."""

NUMBER_LIMIT = 100_000
"""Files saved in one run, in all; also how many names are remembered."""

_FICLONE = 0x40049409


class Staging:
    """The staging folder of one run, and what in the project needs saving no more.

    Args:
        root: Real path of the project folder; other files are not saved.
        folder: Descriptor of the staging folder.
        since_ns: When the run began; what changed later was changed by it.
    """

    def __init__(self, root: bytes, folder: int, since_ns: int) -> None:
        self._inside = root.rstrip(b"/") + b"/"
        self._own = self._inside + b".provkit/"
        self._folder = folder
        self._since_ns = since_ns
        self._settled: set[bytes] = set()
        self._count = 0
        self._total_bytes = 0

    def created(self, path: bytes) -> None:
        """Remember that a file was made by the run: its bytes need no saving."""
        if len(self._settled) < NUMBER_LIMIT and path.startswith(self._inside):
            self._settled.add(path)

    def moved(self, path: bytes, target: bytes) -> None:
        """Remember under its new name what needs no saving."""
        if path in self._settled:
            self._settled.discard(path)
            self._settled.add(target)
        else:
            self._settled.discard(target)

    def save(self, path: bytes, info: os.stat_result, *, doomed: bool) -> tuple[bytes, bytes]:
        """Save the old bytes of a file of the project, once in a run.

        Args:
            path: Real path.
            info: Its status now.
            doomed: The name is about to go away, so a hard link is enough.

        Returns:
            Name in the staging folder, or empty; and why not.
        """
        why = self._refusal(path, info)
        self.created(path)  # whatever comes of it: from now on the bytes are others
        if why:
            return b"", why
        name = b"%d" % (self._count + 1)
        try:
            if doomed and info.st_nlink == 1 and self._link(path, name):
                why = b""
            else:
                why = self._copy(path, name, info)
        except OSError as error:
            why = b"no room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else b"not readable"
        if why:
            return b"", why
        self._count += 1
        self._total_bytes += info.st_size
        return name, b""

    def _refusal(self, path: bytes, info: os.stat_result) -> bytes:
        """Why a file is not saved; empty when it can be."""
        if not path.startswith(self._inside) or path.startswith(self._own):
            return b"outside"
        forgotten = len(self._settled) >= NUMBER_LIMIT and info.st_ctime_ns > self._since_ns
        if path in self._settled or forgotten:
            return b"changed by this run"
        if not S_ISREG(info.st_mode):
            return b"not a regular file"
        if self._count >= NUMBER_LIMIT:
            return b"too many files"
        if info.st_size > min(KEEP_LIMIT_BYTES, TOTAL_LIMIT_BYTES - self._total_bytes):
            return b"too large"
        return b""

    def _link(self, path: bytes, name: bytes) -> bool:
        try:
            os.link(path, name, dst_dir_fd=self._folder, follow_symlinks=False)
        except OSError:  # other file system, or not our file
            return False
        return True

    def _copy(self, path: bytes, name: bytes, info: os.stat_result) -> bytes:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            copy = os.open(name, flags, 0o600, dir_fd=self._folder)
            try:
                why = self._fill(source, copy, info.st_size)
            except OSError:
                os.unlink(name, dir_fd=self._folder)
                raise
            finally:
                os.close(copy)
            if why:
                os.unlink(name, dir_fd=self._folder)
            return why
        finally:
            os.close(source)

    def _fill(self, source: int, copy: int, size: int) -> bytes:
        try:
            ioctl(copy, _FICLONE, source)
        except OSError:
            pass
        else:
            return b""
        if size > COPY_LIMIT_BYTES:
            return b"too large"
        room = os.fstatvfs(copy)
        if room.f_bavail * room.f_frsize < 2 * size:
            return b"no room"
        left = size
        while left > 0 and (done := os.sendfile(copy, source, None, min(left, 1 << 24))):
            left -= done
        return b""

    def close(self) -> None:
        """Save nothing more."""
        self._inside = b"\0"  # no path begins so
        os.close(self._folder)
