"""Archived bytes are the bytes, once, under the name of what they hold."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from provkit.archive import store as module
from provkit.archive.store import Archive
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
