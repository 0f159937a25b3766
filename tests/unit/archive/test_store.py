"""Archived bytes are the bytes, once, under the name of what they hold."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from provkit.archive import store as module
from provkit.archive.store import Archive, Batch
from provkit.errors import ArchiveError

LARGE = os.urandom(3 * (1 << 20) + 7)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    folder = tmp_path / "objects"
    folder.mkdir()
    return Archive(str(folder))


def everything(archive: Archive) -> list[str]:
    top = Path(archive.path("0" * 64)).parents[1]
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())


@pytest.mark.parametrize("data", [b"", b"abc", LARGE], ids=["empty", "small", "large"])
def test_what_is_kept_comes_back(archive: Archive, tmp_path: Path, data: bytes) -> None:
    """Whatever its size."""
    source = tmp_path / "x"
    source.write_bytes(data)

    found = archive.keep(source)

    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.size_bytes == len(data)
    with archive.open(found.sha256) as file:
        assert file.read() == data
    assert archive.verify(found.sha256) == found
    assert everything(archive) == [f"{found.sha256[:2]}/{found.sha256[2:]}"]


def test_equal_bytes_are_kept_once(archive: Archive, tmp_path: Path) -> None:
    """However often a run reads them."""
    for name in ("x", "y"):
        (tmp_path / name).write_bytes(LARGE)
        archive.keep(tmp_path / name)

    assert len(everything(archive)) == 1


def test_without_nameless_files_it_works_too(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system has O_TMPFILE; nothing is left behind there either."""
    real = os.open

    def refuse(path: str, flags: int, *rest: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    (tmp_path / "x").write_bytes(LARGE)

    found = archive.keep(tmp_path / "x")

    assert everything(archive) == [f"{found.sha256[:2]}/{found.sha256[2:]}"]


def test_nobody_else_may_read_it(archive: Archive) -> None:
    """Whatever the umask."""
    old = os.umask(0)
    try:
        path = Path(archive.path(archive.keep_bytes(b"x").sha256))
    finally:
        os.umask(old)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_keeps_changing_is_refused(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong hash is worse than none."""
    source = tmp_path / "x"
    source.write_bytes(LARGE)
    real = module._copy

    def copy_while_changing(handle: int, target: int) -> object:
        with source.open("ab") as file:
            file.write(b"more")
        return real(handle, target)

    monkeypatch.setattr(module, "_clone", lambda source, target: None)
    monkeypatch.setattr(module, "_copy", copy_while_changing)

    with pytest.raises(ArchiveError, match="changing"):
        archive.keep(source)
    assert everything(archive) == []


def test_a_fifo_is_not_opened(archive: Archive, tmp_path: Path) -> None:
    """It would block for ever."""
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(OSError, match="not a regular file"):
        archive.keep(tmp_path / "fifo")


def test_changed_bytes_are_noticed(archive: Archive, tmp_path: Path) -> None:
    """A flipped bit on disk is no version of a file; what stood there stays."""
    sha256 = archive.keep_bytes(b"abc").sha256
    Path(archive.path(sha256)).write_bytes(b"abd")
    (tmp_path / "x").write_bytes(b"mine")

    with pytest.raises(ArchiveError, match="changed on disk"):
        archive.verify(sha256)
    with pytest.raises(ArchiveError, match="changed on disk"):
        archive.restore(sha256, str(tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x"]


def test_missing_bytes_are_told(archive: Archive) -> None:
    """With the hash that is missing."""
    with pytest.raises(ArchiveError, match="0" * 64):
        archive.open("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "0" * 63, "", "0" * 62 + "/x"])
def test_only_a_hash_names_bytes(archive: Archive, name: str) -> None:
    """A forged record must not lead elsewhere."""
    with pytest.raises(ArchiveError):
        archive.path(name)


def test_bytes_archived_again_count_as_new(tmp_path: Path) -> None:
    """A run that is going on must not lose them to a `gc`, which spares what is new."""
    archive = Archive(tmp_path)
    kept = archive.keep_bytes(b"old")
    os.utime(archive.path(kept.sha256), (0, 0))

    archive.keep_bytes(b"old")

    assert Path(archive.path(kept.sha256)).stat().st_mtime > 0


@pytest.mark.parametrize("number", [3, 40])
def test_a_batch_names_nothing_before_it_is_on_disk(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A power cut must not leave a name that stands for half a file; one wait serves many."""
    waits: list[str] = []
    monkeypatch.setattr(os, "sync", lambda: waits.append("all"))
    monkeypatch.setattr(os, "fsync", lambda handle: waits.append("one"))
    batch = Batch(str(tmp_path / "objects"), str(tmp_path / "scratch"))
    kept = [batch.keep_bytes(b"%d" % index).sha256 for index in range(number)]
    batch.keep_bytes(b"0")

    assert waits == []
    assert everything(archive) == []
    assert all(batch.has(sha256) for sha256 in kept)
    batch.publish()
    assert waits[:1] == ["one" if number == 3 else "all"]
    assert all(archive.has(sha256) for sha256 in kept)
    assert len(everything(archive)) == number
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_batch_keeps_what_is_there(archive: Archive, tmp_path: Path) -> None:
    """Equal bytes are not written again."""
    sha256 = archive.keep_bytes(b"x").sha256
    batch = Batch(str(tmp_path / "objects"), str(tmp_path / "scratch"))

    assert batch.keep_bytes(b"x").sha256 == sha256
    assert not (tmp_path / "scratch").exists()
