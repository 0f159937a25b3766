"""The folder ``.provkit/`` on disk: find it, make it, know what lies where.

Everything that is *true* lies in three folders of sealed files: ``runs/``
(what was observed), ``records/`` (what was said later) and ``objects/`` (the
bytes). The rest can be lost and made again. This module knows no record's
content and no RDF: :class:`provkit.app.project.Project` adds those.

=============================== ==============================================
``project.json``                format version, id, when and by what made
``runs/<id>.jsonl``             sealed run record; ``.jsonl.open`` while recording
``records/<id>.jsonl``          a later statement
``objects/ab/<62 hex>``         archived bytes
``staging/<id>/``               pre-images of a run that is going on
``sequence/<n>``                run id that owns the number ``n``
``store/ index/ cache/``        made from the above, by ``provkit reindex``
``config.toml``                 settings
=============================== ==============================================

Folders are 0700 and files 0600 whatever the umask; a folder that is a symbolic
link or belongs to somebody else is refused, as Git's ``safe.directory`` does.
"""

# Plain os.path: pathlib costs 5 ms, and every command passes here.
# ruff: noqa: PTH102, PTH104, PTH106, PTH108, PTH109, PTH110, PTH112, PTH118, PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from provkit.app.locate import FOLDER
from provkit.errors import (
    IdentifierError,
    NotRecordedError,
    ProjectError,
    UsageError,
)
from provkit.files import sync_folder, write_atomically
from provkit.model.identifiers import check_run_id, mint_run_id
from provkit.times import write_time

FORMAT = 1
"""Version of the folder's layout; a project of a greater one is refused."""

SUBFOLDERS = ("runs", "records", "objects", "staging", "sequence", "index", "cache")

BIRTH_S = 10.0
"""What is younger may still be in the making by a process that holds no lock on it yet."""

RecordState = Literal["sealed", "recording", "dead"]


class RecordFile(NamedTuple):
    """A run record as it lies on disk.

    Attributes:
        run: Run id, from the file's name.
        path: Absolute path.
        state: ``sealed``; ``recording`` when its recorder lives; ``dead``
            when the recorder went away without sealing it.
        size_bytes: Size when looked at.
        modified_ns: Modification time when looked at.
    """

    run: str
    path: str
    state: RecordState
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class ProjectFolder:
    """A folder of files with its ``.provkit/``.

    Attributes:
        root: Absolute real path of the folder that holds ``.provkit``.
        id: UUID of the project, made with it.
        created: When it was made, RFC 3339.
    """

    root: str
    id: str
    created: str

    @property
    def folder(self) -> str:
        """Absolute path of ``.provkit``."""
        return f"{self.root}/{FOLDER}"

    def path(self, *parts: str) -> str:
        """Absolute path of something in ``.provkit``, for example ``path("runs")``."""
        return "/".join((self.folder, *parts))

    def relative(self, path: str | os.PathLike[str], *, start: str | None = None) -> str:
        """A path as records write it: from the project when inside it, else absolute.

        Args:
            path: Absolute, or relative to ``start``.
            start: Folder that relative paths start from; the working directory by default.

        Raises:
            UsageError: It holds a NUL, which no path can.
        """
        if "\0" in os.fspath(path):
            raise UsageError(f"not a path: {os.fspath(path)!r}")
        full = os.path.normpath(os.path.join(start or os.getcwd(), os.fspath(path)))
        for candidate in (full, os.path.join(*_real_parent(full))):
            if candidate == self.root:
                return "."
            if candidate.startswith(self.root.rstrip("/") + "/"):
                return candidate[len(self.root.rstrip("/")) + 1 :]
        return full

    def absolute(self, path: str) -> str:
        """Inverse of :meth:`relative`: where a recorded path is on this machine."""
        return os.path.normpath(os.path.join(self.root, path))

    def check_writable(self) -> None:
        """Make sure that a run could be recorded now.

        Raises:
            ProjectError: It could not; nothing was changed.
        """
        for part in ("runs", "records", "objects", "staging", "sequence"):
            if not os.access(self.path(part), os.W_OK | os.X_OK):
                raise ProjectError(
                    f"project folder is not writable: {self.path(part)}",
                    hint="check its permissions, or record elsewhere with --project DIR",
                )

    def reserve_seq(self, run: str) -> int:
        """Reserve the next run number for a run, by exclusive create; never reused.

        Raises:
            ProjectError: The folder cannot be written.
        """
        folder = self.path("sequence")
        try:
            number = max((int(name) for name in os.listdir(folder) if name.isdecimal()), default=0)
            while True:
                number += 1
                try:
                    handle = os.open(
                        f"{folder}/{number}",
                        os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
                        0o600,
                    )
                except FileExistsError:
                    continue
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(f"{run}\n")
                return number
        except OSError as error:
            raise not_usable(folder, error) from error

    def records(self) -> Iterator[RecordFile]:
        """Every run record, sealed or not, in the order of run ids."""
        folder = self.path("runs")
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise not_usable(folder, error) from error
        last = ""
        for name in names:
            run, dot, kind = name.partition(".")
            if dot and kind in ("jsonl", "jsonl.open") and run != last and is_run_id(run):
                found = _record_file(run, f"{folder}/{name}", sealed=kind == "jsonl")
                if found is not None:
                    last = run  # sealed comes first: what is left of its journal does not count
                    yield found

    def record(self, run: str) -> RecordFile:
        """The record of one run.

        Raises:
            NotRecordedError: There is none.
        """
        if is_run_id(run):
            for name, sealed in ((f"{run}.jsonl", True), (f"{run}.jsonl.open", False)):
                found = _record_file(run, self.path("runs", name), sealed=sealed)
                if found is not None:
                    return found
        raise NotRecordedError(f"no run {run!r} in this project", hint="see `provkit runs`")


def read_identity(root: str) -> tuple[str, str]:
    """Id of the project in a folder, and when it was made, having checked that it can be used.

    Raises:
        NotRecordedError: There is none.
        ProjectError: It belongs to somebody else, is damaged, or was made by a newer provkit.
    """
    folder = f"{root.rstrip('/')}/{FOLDER}"
    try:
        info = os.lstat(folder)
    except FileNotFoundError:
        raise NotRecordedError(
            f"no provkit project in {root}", hint="make one with `provkit init`"
        ) from None
    except OSError as error:
        raise not_usable(folder, error) from error
    _check_trust(folder, info)
    try:
        with open(f"{folder}/project.json", encoding="utf-8") as file:
            about = json.load(file)
        version, name, created = int(about["format"]), str(about["id"]), str(about["created"])
    except OSError as error:
        raise not_usable(f"{folder}/project.json", error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"damaged project: {folder}/project.json cannot be read",
            hint="`provkit recover` writes it anew; the records are not touched",
        ) from error
    if version > FORMAT:
        raise ProjectError(
            f"project of format {version} in {root}; this provkit reads up to {FORMAT}",
            hint="upgrade provkit: pip install --upgrade provkit",
        )
    _complete(folder)
    return name, created


def _complete(folder: str) -> None:
    """Make folders that may be empty and so were dropped on the way: Git keeps none.

    ``runs`` is only made while no number was ever given: else it is missing, and
    an empty list would be a lie.
    """
    for part in SUBFOLDERS:
        path = f"{folder}/{part}"
        if os.path.isdir(path):
            continue
        try:
            if part != "runs" or not os.listdir(f"{folder}/sequence"):
                os.mkdir(path, 0o700)
        except OSError:
            continue  # who needs it will say so


def make_folder(root: str, *, version: str) -> None:
    """Make ``.provkit`` in a folder, whole or not at all; one that is there stays.

    Args:
        root: Real path of an existing folder.
        version: Version of provkit, for the reader of ``project.json``.

    Raises:
        ProjectError: The folder cannot be written.
    """
    folder = f"{root.rstrip('/')}/{FOLDER}"
    if os.path.lexists(folder):
        return
    name = mint_run_id()
    growing = f"{folder}.{name}"
    try:
        os.mkdir(growing, 0o700)
        for part in SUBFOLDERS:
            os.mkdir(f"{growing}/{part}", 0o700)
        write_identity(growing, name, version=version)
        os.rename(growing, folder)
        sync_folder(root)
    except OSError as error:
        _forget_growing(growing)
        if not os.path.isdir(folder):  # else somebody was quicker: theirs is as good
            raise not_usable(root, error) from error


def write_identity(folder: str, name: str, *, version: str) -> None:
    """Write ``project.json`` into a project folder."""
    about = {
        "format": FORMAT,
        "id": name,
        "created": write_time(datetime.now(UTC)),
        "provkit": version,
    }
    with write_atomically(f"{folder}/project.json") as file:
        file.write(json.dumps(about, indent=1).encode() + b"\n")


def recorder_is_alive(path: str) -> bool:
    """Whether somebody still records into an open journal: its recorder holds a lock on it.

    An empty journal that is young counts as alive and is not touched: its
    recorder has made it and is about to lock it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        info = os.fstat(handle)
        if info.st_size == 0:
            return time.time() - info.st_mtime < BIRTH_S
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _record_file(run: str, path: str, *, sealed: bool) -> RecordFile | None:
    try:
        info = os.lstat(path)
    except OSError:
        return None  # sealed or deleted since it was listed
    if not stat.S_ISREG(info.st_mode):
        return None
    state: RecordState = "sealed"
    if not sealed:
        state = "recording" if recorder_is_alive(path) else "dead"
    return RecordFile(run, path, state, info.st_size, info.st_mtime_ns)


def _check_trust(folder: str, info: os.stat_result) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise ProjectError(
            f"{folder} is a symbolic link, which could lead records anywhere",
            hint="name the real folder with --project DIR",
        )
    if not stat.S_ISDIR(info.st_mode):
        raise ProjectError(f"{folder} is not a folder", hint="move it away, then `provkit init`")
    if info.st_uid != os.geteuid():
        raise ProjectError(
            f"{folder} belongs to another user (id {info.st_uid})",
            hint="work as that user, or copy the project",
        )


def record_name(run: str) -> str:
    """Name under which the record of a run lies; an imported run may be called ``urn:uuid:…``."""
    return run.removeprefix("urn:uuid:").lower()


def is_run_id(text: str) -> bool:
    """Whether a text may be part of a record's file name."""
    try:
        check_run_id(text)
    except IdentifierError:
        return False
    return True


def _real_parent(path: str) -> tuple[str, str]:
    """The folder with symbolic links resolved, and the last name as it is."""
    return os.path.realpath(os.path.dirname(path)), os.path.basename(path)


def _forget_growing(growing: str) -> None:
    for part in ("project.json", *SUBFOLDERS):
        path = f"{growing}/{part}"
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.exists(path):
            os.unlink(path)
    if os.path.isdir(growing):
        os.rmdir(growing)


def not_usable(path: str, error: OSError) -> ProjectError:
    """The error to raise when something in the project folder cannot be read or written."""
    return ProjectError(
        f"project folder cannot be used: {path}: {error.strerror or error}",
        hint="check permissions and free space, or name another folder with --project DIR",
    )
