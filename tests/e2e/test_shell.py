"""An interactive session is one run, whatever is done in it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

SESSIONS = {
    "bash": b"cat in.txt > out.txt\nexit\n",
    "python": b"open('out.txt', 'w').write(open('in.txt').read())\nexit()\n",
}


def talk(command: list[str | Path], folder: Path, words: bytes) -> tuple[int, bytes]:
    """Run a command on a terminal of its own, type words, and give what it showed."""
    ours, theirs = pty.openpty()
    going = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown, typed, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.5)
        if ready:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        elif not typed:  # it waits for us
            os.write(ours, words)
            typed = True
    code = going.wait(timeout=60)
    os.close(ours)
    return code, shown


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_session_is_recorded_as_one_run(tmp_path: Path, provkit_bin: Path, kind: str) -> None:
    (tmp_path / "in.txt").write_text("1\n")

    code, shown = talk([provkit_bin, "shell", kind, "--name", "looking"], tmp_path, SESSIONS[kind])

    assert code == 0, shown.decode()
    assert b"recorded as run 1" in shown
    done = subprocess.run(
        [provkit_bin, "show", "1", "--json"], cwd=tmp_path, capture_output=True, check=True
    )
    assert b'"looking"' in done.stdout
    assert b'"out.txt"' in done.stdout
    assert b'"in.txt"' in done.stdout
