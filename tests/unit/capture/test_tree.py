"""Comparing a folder before and after tells what changed; a hash is remembered by status."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from provkit.capture import tree as module
from provkit.capture.hashes import Hashes
from provkit.capture.noise import Noise
from provkit.capture.tree import Identity, Tree, identify

SHA = "0" * 64


def look(folder: Path) -> Tree:
    return Tree(str(folder), Noise(str(folder)))


def test_new_changed_and_gone(tmp_path: Path) -> None:
    """What every recorder is checked against."""
    (tmp_path / "sub").mkdir()
    for name in ("same", "changed", "gone", "sub/touched"):
        (tmp_path / name).write_text("x")
    before = look(tmp_path)
    (tmp_path / "changed").write_text("y")
    (tmp_path / "gone").unlink()
    (tmp_path / "sub" / "new").write_text("")
    os.utime(tmp_path / "sub" / "touched", (1, 1))
    after = look(tmp_path)

    assert after.changed_since(before) == [
        f"{tmp_path}/{name}" for name in ("changed", "sub/new", "sub/touched")
    ]
    assert after.gone_since(before) == [f"{tmp_path}/gone"]


def test_noise_and_special_files_are_not_looked_at(tmp_path: Path) -> None:
    """A FIFO must never be opened; .git is nobody's data."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_text("x")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")

    assert set(look(tmp_path).files) == {f"{tmp_path}/link"}


def test_loops_of_links_end(tmp_path: Path) -> None:
    """A link to a folder is a link, not a folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to("..")

    assert set(look(tmp_path).files) == {f"{tmp_path}/a/up"}


def test_a_folder_that_is_too_large_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather incomplete than slow."""
    monkeypatch.setattr(module, "MOST_FILES", 3)
    for index in range(9):
        (tmp_path / f"d{index}").mkdir()
        (tmp_path / f"d{index}" / "x").write_text("")

    assert not look(tmp_path).complete


def test_same_bytes_needs_the_same_status() -> None:
    """Except for what was not looked at."""
    known = Identity(1, 2, 3, 4, 5, 0o100644)

    assert known.same_bytes(known._replace(mode=0o100600))
    assert known.same_bytes(known._replace(dev=0, ino=0, ctime_ns=0))
    assert not known.same_bytes(known._replace(ctime_ns=6))
    assert not known.same_bytes(known._replace(size=0))


def test_a_hash_is_remembered_for_an_old_file(tmp_path: Path) -> None:
    """From one run to the next."""
    (tmp_path / "x").write_text("x")
    time.sleep(0.02)
    identity = identify(str(tmp_path / "x"))
    assert identity is not None
    hashes = Hashes(str(tmp_path / "cache"))
    hashes.put(identity, SHA)
    hashes.save()

    assert Hashes(str(tmp_path / "cache")).get(identity) == SHA
    assert Hashes(str(tmp_path / "cache")).get(identity._replace(mtime_ns=1)) is None


def test_a_file_changed_just_now_is_not_remembered(tmp_path: Path) -> None:
    """A second change within a tick of the clock would look the same."""
    now = time.time_ns()
    hashes = Hashes(str(tmp_path / "cache"))
    hashes.put(Identity(1, 2, 3, now, now, 0o100644), SHA)
    hashes.save()

    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "text", [b"\0\0\0", b"1 2 3 4 5 " + b"z" * 64, b"nonsense\n", b"1 2 3 4 5 " + b"0" * 63]
)
def test_a_damaged_cache_is_no_cache(tmp_path: Path, text: bytes) -> None:
    """It is never believed, and never in the way."""
    (tmp_path / "cache").write_bytes(text)

    assert Hashes(str(tmp_path / "cache")).get(Identity(1, 2, 3, 4, 5, 0)) is None


def test_a_cache_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest lines stay."""
    monkeypatch.setattr("provkit.capture.hashes.MOST_LINES", 5)
    hashes = Hashes(str(tmp_path / "cache"))
    for index in range(12):
        hashes.put(Identity(1, index, 3, 4, 5, 0), SHA)
    hashes.save()

    assert len((tmp_path / "cache").read_bytes().splitlines()) == 5
    assert Hashes(str(tmp_path / "cache")).get(Identity(1, 11, 3, 4, 5, 0)) == SHA
