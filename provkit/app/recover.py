"""Tidy up after a crash: nothing that was recorded is touched, nothing is lost.

A journal whose recorder died is sealed as an interrupted run, with what it had
seen. Half-written files, pre-images of dead runs and records of runs whose
tombstone is sealed go. Safe to repeat, and to run while others record.
"""

# ruff: noqa: PTH101, PTH102, PTH104, PTH105, PTH108, PTH110, PTH112, PTH114, PTH116, PTH123, PTH208

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provkit.app.folder import (
    BIRTH_S,
    SUBFOLDERS,
    ProjectFolder,
    RecordFile,
    is_run_id,
    not_usable,
    write_identity,
)
from provkit.app.locate import FOLDER
from provkit.app.mend import finish_deletion
from provkit.app.project import Project
from provkit.app.statements import what_was_said
from provkit.capture.journal import encode_line, read_record
from provkit.errors import JournalError
from provkit.files import sync_folder, write_atomically
from provkit.model.events import Event, RunEnded, RunStarted
from provkit.model.identifiers import mint_run_id, run_iri
from provkit.model.seal import check_seal, seal_line

_PART = re.compile(r".+\.(\d+)(?:\.part)?\Z")
"""A half-written file or a snapshot for one question, with the number of its process."""
_PRIVATE = 0o077


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was tidied up.

    Attributes:
        sealed: Ids of runs that are sealed now, as interrupted.
        deleted: Ids of runs whose deletion is complete now.
        removed: Leftover files and folders that are gone.
        mended: What else was put in order, one sentence each.
        left: What could not be, one sentence each.
    """

    sealed: tuple[str, ...]
    deleted: tuple[str, ...]
    removed: tuple[str, ...]
    mended: tuple[str, ...]
    left: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What ``recover --json`` prints."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


def recover(project: Project) -> Recovery:
    """Tidy up a project.

    Raises:
        ProjectError: The folder cannot be written.
    """
    project.check_writable()
    sealed: list[str] = []
    left: list[str] = []
    for record in list(project.records()):
        if record.state == "dead":
            problem = _seal_dead(record)
            if problem:
                left.append(f"{record.path}: {problem}")
            else:
                sealed.append(record.run)
    said = what_was_said(project)
    deleted = [
        record.run
        for record in list(project.records())
        if (word := said.get(run_iri(record.run))) is not None and word.deleted
    ]
    for run in deleted:
        finish_deletion(project, run)
    try:
        removed = _remove_leftovers(project)
        mended = _close_to_others(project)
    except OSError as error:
        raise not_usable(project.folder, error) from error
    return Recovery(tuple(sealed), tuple(deleted), tuple(removed), tuple(mended), tuple(left))


def mend_identity(root: str, *, version: str) -> bool:
    """Write ``project.json`` anew when it cannot be read and what stands beside it is a project.

    Returns:
        Whether it was written.

    Raises:
        ProjectError: There is something else of that name, or it cannot be written.
    """
    folder = f"{root.rstrip('/')}/{FOLDER}"
    if os.path.islink(folder) or not os.path.isdir(f"{folder}/runs"):
        return False
    try:
        with open(f"{folder}/project.json", encoding="utf-8") as file:
            about = json.load(file)
        if {"format", "id", "created"} <= set(about):
            return False
    except FileNotFoundError:
        pass
    except (ValueError, TypeError):
        os.replace(f"{folder}/project.json", f"{folder}/project.json.damaged")
    except OSError as error:
        raise not_usable(folder, error) from error
    for part in SUBFOLDERS:
        os.makedirs(f"{folder}/{part}", mode=0o700, exist_ok=True)  # noqa: PTH103
    write_identity(folder, mint_run_id(), version=version)
    return True


def _seal_dead(record: RecordFile) -> str:
    """Seal the journal of a recorder that died; says what is wrong when that cannot be."""
    try:
        handle = os.open(record.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise not_usable(record.path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its recorder may just have begun
        return _seal(record, _read_all(handle))
    except BlockingIOError:
        return ""
    except OSError as error:
        raise not_usable(record.path, error) from error
    finally:
        os.close(handle)


def _seal(record: RecordFile, content: bytes) -> str:
    folder = os.path.dirname(record.path)  # noqa: PTH120
    if not content:
        os.unlink(record.path)
        return "had not begun, so it is gone"
    if check_seal(content) != "sealed":
        try:
            events = read_record(record.path)
        except JournalError as error:
            return str(error)
        if not events or not isinstance(events[0], RunStarted):
            return "does not begin with RunStarted"
        lines = b"".join(line + b"\n" for line in content.split(b"\n")[: len(events)])
        if not isinstance(events[-1], RunEnded):
            lines += encode_line(_ending(events[0], events))
        with write_atomically(record.path) as file:
            file.write(lines + seal_line(lines))
    os.rename(record.path, record.path.removesuffix(".open"))
    sync_folder(folder)
    return ""


def _ending(start: RunStarted, events: list[Event]) -> RunEnded:
    """The end of a run as far as was seen: the last moment in its record."""
    moments = [at for event in events if isinstance(at := getattr(event, "at", None), datetime)]
    last = max(moments, default=start.at)
    return RunEnded(at=last, elapsed_s=(last - start.at).total_seconds(), status="interrupted")


def _read_all(handle: int) -> bytes:
    with open(handle, "rb", closefd=False) as file:
        return file.read()


def _remove_leftovers(project: ProjectFolder) -> list[str]:
    """Staging of runs that are not going on, half-written files, half-made projects."""
    states = {record.run: record.state for record in project.records()}
    gone = [
        path
        for name in sorted(os.listdir(project.path("staging")))
        if (path := project.path("staging", name))
        and states.get(name) != "recording"
        and (name in states or not _is_young(path))
    ]
    for part in ("", "runs", "records", "sequence", "cache"):
        folder = project.path(part) if part else project.folder
        gone += [
            f"{folder}/{name}"
            for name in sorted(os.listdir(folder))
            if (match := _PART.match(name)) and not _is_alive(int(match[1]))
        ]
    gone += [
        path
        for name in sorted(os.listdir(project.root))
        if name.startswith(f"{FOLDER}.")
        and is_run_id(name.removeprefix(f"{FOLDER}."))
        and not _is_young(path := f"{project.root}/{name}")
    ]
    for path in gone:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    return gone


def _is_young(path: str) -> bool:
    """Whether somebody may just be making it."""
    return time.time() - os.lstat(path).st_mtime < BIRTH_S


def _is_alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def _close_to_others(project: ProjectFolder) -> list[str]:
    """Take away what group and others may do with the folders, and so with all in them."""
    mended = []
    for part in ("", *SUBFOLDERS):
        path = project.path(part) if part else project.folder
        if not os.path.isdir(path):
            os.mkdir(path, 0o700)
            mended.append(f"made {path}")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & _PRIVATE:
            os.chmod(path, 0o700)
            mended.append(f"closed {path} to others")
    return mended
