"""The trace holds every name, and survives a disk that is full."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from provkit.capture import notify_replay
from provkit.capture.notify_trace import LIMIT_BYTES, Trace, escape


@given(st.binary(max_size=40).filter(lambda name: b"\0" not in name))
def test_any_name_comes_back(name: bytes) -> None:
    """A name may hold tabs, line ends, backslashes and bytes that are no text."""
    line = escape(name)

    assert b"\t" not in line
    assert b"\n" not in line
    assert os.fsencode(notify_replay.unescape(line)) == name


def test_lines_come_in_order(tmp_path: Path) -> None:
    """The order of lines is what derivations are read from."""
    path = tmp_path / "trace"
    trace = Trace(os.open(path, os.O_WRONLY | os.O_CREAT))
    for number in range(2000):
        trace.add(b"%d" % number)
    trace.close()

    assert path.read_text().split() == [str(number) for number in range(2000)]
    assert trace.lost == 0


def test_a_full_disk_loses_lines_and_counts_them() -> None:
    """The supervisor must go on, with bounded memory, and say what is missing."""
    trace = Trace(os.open("/dev/full", os.O_WRONLY))
    line = b"x" * 1023
    for _ in range(3 * LIMIT_BYTES // 1024):
        trace.add(line)
    trace.flush()

    assert trace.waits
    assert trace.held_bytes < 1.3 * LIMIT_BYTES
    trace.close()
    assert trace.lost == 3 * LIMIT_BYTES // 1024


def test_what_waited_is_written_when_there_is_room_again(tmp_path: Path) -> None:
    """Disks fill up and are emptied; no line may be torn by it."""
    path = tmp_path / "trace"
    full, free = os.open("/dev/full", os.O_WRONLY), os.open(path, os.O_WRONLY | os.O_CREAT)
    trace = Trace(full)
    trace.add(b"first")
    trace.flush()
    os.dup2(free, full)
    trace.add(b"second")
    trace.close()
    os.close(free)

    assert path.read_bytes() == b"first\nsecond\n"
    assert trace.lost == 0
