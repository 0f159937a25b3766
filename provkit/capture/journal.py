"""The record of one run on disk: one JSON object a line, sealed at the end.

While the run goes on the file is called ``<id>.jsonl.open`` and its recorder
holds a lock on it; when the lock is free and the name is still that, the
recorder died and the run counts as interrupted. Sealing writes the checksum
(:mod:`provkit.model.seal`), syncs, and gives the file its final name; nothing
changes it afterwards.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH104, PTH108, PTH123

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from types import TracebackType
from typing import Self

from provkit.errors import JournalError
from provkit.files import sync_folder
from provkit.model.events import Event, decode_event, encode_event
from provkit.model.identifiers import check_run_id
from provkit.model.seal import seal_line_of

_JSON = json.JSONEncoder(separators=(",", ":"))


class Journal:
    """The open record of a run that is going on.

    A line that cannot be written (disk full) waits and is tried again with the
    next one; half a line is taken back, so that what is on disk can always be read.

    Args:
        folder: ``runs/`` of the project.
        run: Run id.

    Attributes:
        sealed: The record is finished and has its final name.

    Raises:
        OSError: The file cannot be made, or there is one of that name.
    """

    def __init__(self, folder: str, run: str) -> None:
        self.run = check_run_id(run)
        self.sealed = False
        self._folder = folder
        self._open_path = f"{folder}/{run}.jsonl.open"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._handle = os.open(self._open_path, flags, 0o600)
        # Shared by no child: the descriptor is closed on exec, a fork must not keep it.
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(self._handle, 0o600)  # whatever the umask
        self._waiting: list[bytes] = []
        self._digest = hashlib.sha256()
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, event: Event) -> None:
        """Add one line. Never raises: see :attr:`waits`."""
        self._waiting.append(encode_line(event))
        try:
            self._flush()
        except OSError:
            return

    @property
    def waits(self) -> bool:
        """Whether lines wait for room on the disk."""
        return bool(self._waiting)

    def seal(self) -> str:
        """Finish the record; only then is the run recorded.

        Returns:
            Path of the sealed record.

        Raises:
            OSError: It could not be written whole; it stays open on disk.
        """
        self._flush()
        os.pwrite(self._handle, seal_line_of(self._digest.hexdigest()), self._written)
        os.fsync(self._handle)
        path = f"{self._folder}/{self.run}.jsonl"
        os.rename(self._open_path, path)
        self.sealed = True
        sync_folder(self._folder)
        self.close()
        return path

    def discard(self) -> None:
        """Forget the run: its command was never started."""
        os.unlink(self._open_path)
        self.close()

    def close(self) -> None:
        """Let go of the file; without a seal it counts as interrupted."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _flush(self) -> None:
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._handle, data[done:], self._written + done)
        except OSError:
            os.ftruncate(self._handle, self._written)
            raise
        self._written += len(data)
        self._digest.update(data)
        self._waiting.clear()


def encode_line(event: Event) -> bytes:
    """One line of a record; bytes of names that are not UTF-8 survive as escapes."""
    return _JSON.encode(encode_event(event)).encode("ascii") + b"\n"


def read_record(path: str | os.PathLike[str]) -> list[Event]:
    """Every event of a record, sealed or not; a torn last line is left out.

    Raises:
        JournalError: A line cannot be read.
        OSError: There is no such file.
    """
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    torn = lines.pop()  # empty when the last line is whole
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise JournalError("not a JSON object")
            if "seal" in row:
                break
            events.append(decode_event(row))
        except (ValueError, RecursionError, JournalError) as error:
            if number == len(lines) and not torn:
                break  # power loss may leave a last line of zeros
            hint = error.hint if isinstance(error, JournalError) else "see `provkit fsck`"
            raise JournalError(f"{os.fspath(path)}:{number}: {error}", hint=hint) from error
    return events
