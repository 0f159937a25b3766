"""Keep the bytes of file versions, each once, under the name of what they hold.

``objects/ab/<62 hex>`` is a plain copy of the bytes whose SHA-256 is its name:
it can be read without provkit. A copy gets its name only when it is whole and
on disk, so a name never stands for half a file.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH103, PTH104, PTH105, PTH108, PTH110, PTH120, PTH123

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from typing import IO

from provkit.errors import ArchiveError
from provkit.files import CHUNK_BYTES, Fingerprint, fingerprint, sync_folder

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file, where the file system can
_FEW = 32  # files that are synced one by one; beyond that, everything at once is quicker
_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


class Archive:
    """The content store of one project.

    Args:
        folder: ``.provkit/objects``.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def path(self, sha256: str) -> str:
        """Where the bytes of that hash are, or would be."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ArchiveError(f"not a SHA-256: {sha256!r}", hint="64 lower-case hex digits")
        return f"{self._folder}/{sha256[:2]}/{sha256[2:]}"

    def has(self, sha256: str) -> bool:
        """Whether the bytes of that hash are kept."""
        return os.path.exists(self.path(sha256))

    def open(self, sha256: str) -> IO[bytes]:
        """The bytes of that hash, for reading; unchecked, see :meth:`verify`.

        Raises:
            ArchiveError: They are not kept.
        """
        try:
            return open(self.path(sha256), "rb")
        except FileNotFoundError:
            raise ArchiveError(
                f"no archived bytes of sha256 {sha256}",
                hint="they were not kept, or `provkit gc` removed them; see `provkit fsck`",
            ) from None

    def verify(self, sha256: str) -> Fingerprint:
        """Read the bytes once and compare them with their name.

        Raises:
            ArchiveError: They are not kept, or are not what was kept.
        """
        with self.open(sha256) as file:
            found = fingerprint(file.name)
        if found.sha256 != sha256:
            raise ArchiveError(
                f"archived bytes changed on disk: {file.name}", hint="see `provkit fsck`"
            )
        return found

    def restore(self, sha256: str, to: str) -> None:
        """Write the bytes of that hash to a path, which appears or changes at once.

        Raises:
            ArchiveError: They are not kept, or are not what was kept; ``to`` is as before.
            OSError: ``to`` cannot be written; it is as before.
        """
        partial = f"{to}.{os.getpid()}.part"
        target = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with self.open(sha256) as source:
                found = _copy(source.fileno(), target)
            if found.sha256 != sha256:
                raise ArchiveError(
                    f"archived bytes changed on disk: {self.path(sha256)}",
                    hint="see `provkit fsck`",
                )
            os.replace(partial, to)
        except BaseException:
            os.unlink(partial)
            raise
        finally:
            os.close(target)

    def keep(self, path: str | os.PathLike[str], *, tries: int = 3) -> Fingerprint:
        """Archive a regular file as it is now, reading it once.

        Args:
            path: A regular file; a link to one is followed.
            tries: How often to begin again when the file changes meanwhile.

        Returns:
            What was kept. A wrong hash is never returned.

        Raises:
            ArchiveError: The file changed each time.
            OSError: It cannot be read or is not regular, or the archive cannot be written.
        """
        for _ in range(tries):
            # A FIFO would block and a device may act: neither is opened for real.
            source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
            try:
                before = os.fstat(source)
                if not stat.S_ISREG(before.st_mode):
                    raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
                kept = self._take_in(source, before)
            finally:
                os.close(source)
            if kept is not None:
                return kept
        raise ArchiveError(f"file kept changing while it was read: {os.fspath(path)}")

    def keep_bytes(self, data: bytes) -> Fingerprint:
        """Archive bytes in memory."""
        found = Fingerprint(hashlib.sha256(data).hexdigest(), len(data))
        if not self.renew(found.sha256):
            new, name = self._begin()
            try:
                _write(new, data)
                self._name(new, name, found.sha256)
            finally:
                _end(new, name)
        return found

    def _take_in(self, source: int, before: os.stat_result) -> Fingerprint | None:
        """Copy an open file under the name of its content; None when it changed meanwhile."""
        if before.st_size <= CHUNK_BYTES:
            data = os.read(source, CHUNK_BYTES + 1)
            if _same(before, os.fstat(source)) and len(data) == before.st_size:
                return self.keep_bytes(data)
            return None
        new, name = self._begin()
        try:
            found = _clone(source, new) or _copy(source, new)
            if not _same(before, os.fstat(source)) or found.size_bytes != before.st_size:
                return None
            if not self.renew(found.sha256):
                self._name(new, name, found.sha256)
            return found
        finally:
            _end(new, name)

    def renew(self, sha256: str) -> bool:
        """Whether these bytes are archived; then they count as new, so that no `gc` takes them.

        A record that will name them may not be sealed yet.
        """
        try:
            os.utime(self.path(sha256))
        except FileNotFoundError:
            return False
        return True

    def _begin(self) -> tuple[int, str]:
        """A new file in the archive without a name, so that a crash leaves nothing behind.

        Where the file system cannot do that, the file has a name ending in ``.part``.
        """
        try:
            return os.open(self._folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600), ""
        except OSError as error:
            if error.errno not in _NO_TMPFILE:
                raise
        name = f"{self._folder}/{os.getpid()}.part"
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), name

    def _name(self, new: int, name: str, sha256: str) -> None:
        """Put a whole file on disk under its name."""
        path = self.path(sha256)
        folder = os.path.dirname(path)
        os.fchmod(new, 0o600)
        os.fsync(new)
        for _ in range(2):
            try:
                _link(new, name, path)
                break
            except FileExistsError:
                return  # another recorder was quicker
            except FileNotFoundError:
                os.makedirs(folder, mode=0o700, exist_ok=True)
        sync_folder(folder)


class Batch(Archive):
    """Keeps many files with one wait for the disk: none has its name before :meth:`publish`.

    Args:
        folder: ``.provkit/objects``.
        scratch: Folder on the same file system, for as long as the batch lives; made when needed.
    """

    def __init__(self, folder: str, scratch: str) -> None:
        super().__init__(folder)
        self._scratch = scratch
        self._waiting: dict[str, None] = {}

    def has(self, sha256: str) -> bool:
        """Whether the bytes of that hash are kept, or will be."""
        return sha256 in self._waiting or super().has(sha256)

    def renew(self, sha256: str) -> bool:
        """As for an archive; what waits is new."""
        return sha256 in self._waiting or super().renew(sha256)

    def publish(self) -> None:
        """Wait until all is on disk, then give everything its name.

        Raises:
            OSError: It could not; what has its name is whole.
        """
        if not self._waiting:
            return
        few = len(self._waiting) <= _FEW
        if not few:
            os.sync()
        folders = set()
        for sha256 in self._waiting:
            waiting, path = f"{self._scratch}/{sha256}", self.path(sha256)
            if few:
                _sync_file(waiting)
            folders.add(os.path.dirname(path))
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.rename(waiting, path)
        if few:
            for folder in folders:
                sync_folder(folder)
        else:
            os.sync()
        self._waiting.clear()

    def _name(self, new: int, name: str, sha256: str) -> None:
        os.fchmod(new, 0o600)
        os.makedirs(self._scratch, mode=0o700, exist_ok=True)
        _link(new, name, f"{self._scratch}/{sha256}")
        self._waiting[sha256] = None


def _link(new: int, name: str, path: str) -> None:
    if name:
        os.link(name, path)
    else:
        # With a descriptor CPython calls linkat, which alone follows the link.
        os.link(f"/proc/self/fd/{new}", path, src_dir_fd=new, follow_symlinks=True)


def _sync_file(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _end(new: int, name: str) -> None:
    os.close(new)
    if name:
        os.unlink(name)


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether nobody wrote to a file between two looks at it."""
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _clone(source: int, target: int) -> Fingerprint | None:
    """Share blocks instead of copying; None where the file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return None
    return _read(target)


def _read(source: int) -> Fingerprint:
    digest, size = hashlib.sha256(), 0
    while block := os.pread(source, CHUNK_BYTES, size):
        digest.update(block)
        size += len(block)
    return Fingerprint(digest.hexdigest(), size)


def _copy(source: int, target: int) -> Fingerprint:
    digest, size = hashlib.sha256(), 0
    while block := os.pread(source, CHUNK_BYTES, size):
        digest.update(block)
        _write(target, block)
        size += len(block)
    return Fingerprint(digest.hexdigest(), size)


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
