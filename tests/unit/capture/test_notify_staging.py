"""Bytes that a run is about to destroy are saved, in the cheapest way that is safe."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provkit.capture import notify_staging
from provkit.capture.notify_staging import Staging


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / ".provkit").mkdir(parents=True)
    (tmp_path / "staging").mkdir()
    return tmp_path / "project"


@pytest.fixture
def staging(project: Path) -> Iterator[Staging]:
    handle = os.open(project.parent / "staging", os.O_RDONLY | os.O_DIRECTORY)
    found = Staging(os.fsencode(project), handle, time.time_ns())
    yield found
    found.close()


def save(staging: Staging, path: Path, *, doomed: bool = False) -> tuple[bytes | None, str]:
    """What was saved, and why not."""
    name, why = staging.save(os.fsencode(path), path.lstat(), doomed=doomed)
    folder = path.parent
    while not (folder / "staging").exists():
        folder = folder.parent
    saved = (folder / "staging" / os.fsdecode(name)).read_bytes() if name else None
    return saved, os.fsdecode(why)


def test_a_file_about_to_be_overwritten_is_copied(staging: Staging, project: Path) -> None:
    """Its bytes change in place, so a second name would change with them."""
    path = project / "a.csv"
    path.write_bytes(b"old")

    saved, why = save(staging, path)

    assert (saved, why) == (b"old", "")
    assert path.stat().st_nlink == 1


def test_a_file_about_to_go_away_gets_a_second_name(staging: Staging, project: Path) -> None:
    """However large it is, not a byte is copied."""
    path = project / "big.bin"
    path.write_bytes(b"old")

    assert save(staging, path, doomed=True) == (b"old", "")
    assert path.stat().st_nlink == 2


def test_a_file_with_other_names_is_copied(staging: Staging, project: Path) -> None:
    """Its bytes can still be changed by one of those."""
    path = project / "a.csv"
    path.write_bytes(b"old")
    os.link(path, project / "b.csv")

    assert save(staging, path, doomed=True) == (b"old", "")
    assert path.stat().st_nlink == 2


def test_a_file_is_saved_once(staging: Staging, project: Path) -> None:
    """What is there the second time was written by the run."""
    path = project / "a.csv"
    path.write_bytes(b"old")
    save(staging, path)
    path.write_bytes(b"new")

    assert save(staging, path) == (None, "changed by this run")


def test_a_file_made_by_the_run_is_not_saved(staging: Staging, project: Path) -> None:
    """Nor when it was renamed since."""
    path, moved = project / "a.tmp", project / "a.csv"
    path.write_bytes(b"mine")
    staging.created(os.fsencode(path))
    path.rename(moved)
    staging.moved(os.fsencode(path), os.fsencode(moved))

    assert save(staging, moved) == (None, "changed by this run")


@pytest.mark.parametrize("name", ["../outside.csv", ".provkit/project.json"])
def test_only_files_of_the_project_are_saved(staging: Staging, project: Path, name: str) -> None:
    """Other files are not ours to copy, and our own are not the run's."""
    path = project / name
    path.write_bytes(b"old")
    real = Path(os.path.normpath(path))

    assert save(staging, real) == (None, "outside")


def test_a_file_that_is_too_large_to_copy_is_noted(
    staging: Staging, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is held meanwhile; but a second name costs nothing."""
    monkeypatch.setattr(notify_staging, "COPY_LIMIT_BYTES", 2)
    copied, linked = project / "a", project / "b"
    copied.write_bytes(b"old")
    linked.write_bytes(b"old")

    if save(staging, copied)[0] is None:  # else the file system clones
        assert save(staging, copied)[1] == "changed by this run"
    assert save(staging, linked, doomed=True) == (b"old", "")


def test_a_file_that_was_too_large_is_not_taken_later(
    staging: Staging, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first overwriting the bytes are those of the run, small or not."""
    monkeypatch.setattr(notify_staging, "KEEP_LIMIT_BYTES", 2)
    path = project / "a"
    path.write_bytes(b"old")

    assert save(staging, path) == (None, "too large")
    path.write_bytes(b"x")
    assert save(staging, path) == (None, "changed by this run")


def test_room_for_all_files_is_limited(
    staging: Staging, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that deletes much does so to have room."""
    monkeypatch.setattr(notify_staging, "TOTAL_LIMIT_BYTES", 5)
    for name in "ab":
        (project / name).write_bytes(b"old")

    assert save(staging, project / "a", doomed=True)[0] == b"old"
    assert save(staging, project / "b", doomed=True) == (None, "too large")


def test_when_too_much_is_remembered_the_clock_decides(
    staging: Staging, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded: what changed after the start of the run was changed by it."""
    monkeypatch.setattr(notify_staging, "NUMBER_LIMIT", 0)
    path = project / "new"
    path.write_bytes(b"new")
    os.utime(path)

    assert save(staging, path) == (None, "changed by this run")


def test_what_is_no_regular_file_is_not_opened(staging: Staging, project: Path) -> None:
    """Opening a pipe would wait for ever."""
    path = project / "pipe"
    os.mkfifo(path)

    assert save(staging, path) == (None, "not a regular file")


def test_a_full_disk_is_no_error(staging: Staging, project: Path) -> None:
    """The supervisor goes on, and nothing half is left."""
    path = project / "a"
    path.write_bytes(b"old")
    path.chmod(0)
    folder = project.parent / "staging"
    folder.chmod(0o500)
    if os.geteuid() == 0:
        folder.rmdir()  # root may write anywhere, but not into what is gone

    saved, why = save_nothing(staging, path)

    assert saved == b""
    assert why in (b"not readable", b"no room")


def save_nothing(staging: Staging, path: Path) -> tuple[bytes, bytes]:
    return staging.save(os.fsencode(path), path.lstat(), doomed=False)
