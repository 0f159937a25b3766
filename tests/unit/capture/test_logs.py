"""A log keeps the beginning and the end, and never half a line beside the gap."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from provkit.capture.logs import Log, Tee


def test_a_short_log_is_whole() -> None:
    """To the byte."""
    log = Log(100)
    log.add(b"one\n")
    log.add(b"\xff\x00two")

    assert log.text() == b"one\n\xff\x00two"
    assert not log.truncated


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_a_long_log_keeps_both_ends(piece: int) -> None:
    """The error is at the end; what was asked for, at the beginning."""
    whole = b"".join(b"line %04d\n" % number for number in range(1000))
    log = Log(200)
    for start in range(0, len(whole), piece):
        log.add(whole[start : start + piece])

    text = log.text()
    assert log.truncated
    assert log.size_bytes == len(whole)
    assert text.startswith(b"line 0000\n")
    assert text.endswith(b"line 0999\n")
    assert len(text) < 300
    kept = [line for line in text.splitlines() if line.startswith(b"line")]
    assert all(len(line) == 9 for line in kept), "a secret must not be cut in two"
    left_out = int(text.partition(b"[provkit: ")[2].split()[0])
    assert left_out + sum(len(line) + 1 for line in kept) == len(whole)


def test_one_endless_line_is_left_out(tmp_path: Path) -> None:
    """Rather nothing than a piece of it."""
    log = Log(100)
    log.add(b"x" * 1000)

    assert log.text() == b"[provkit: 1000 bytes left out]\n"


def test_a_file_is_not_stood_in_the_way_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where output goes to a file, the command writes to that file itself."""
    path = tmp_path / "out"
    path.write_text("before\n")
    saved = os.dup(1)
    target = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(target, 1)
    try:
        tee = Tee()
        assert 1 not in tee.streams
        tee.begin()
        os.write(1, b"said\n")
        logs = dict(tee.end())
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(target)

    assert logs["stdout"].text() == b"said\n"
    assert stat.S_ISREG(path.stat().st_mode)
