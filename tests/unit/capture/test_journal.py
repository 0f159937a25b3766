"""A record is readable at every moment, and whole once it is sealed."""

from __future__ import annotations

import errno
import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provkit.capture import journal as module
from provkit.capture.journal import Journal, read_record
from provkit.errors import IdentifierError, JournalError
from provkit.model.events import Event, FileAccessed, RunStarted
from provkit.model.seal import check_seal

RUN = "00000000-0000-4000-8000-000000000001"
START = RunStarted(
    run=RUN,
    seq=1,
    at=datetime(2026, 11, 24, tzinfo=UTC),
    command=("x",),
    directory=".",
    program="x",
    user="ann",
    host="here",
)
READ = FileAccessed(process=1, kind="read", path="caf\udce9\n")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Names that are not UTF-8 too."""
    with Journal(str(tmp_path), RUN) as journal:
        journal.append(START)
        journal.append(READ)
        path = journal.seal()

    assert read_record(path) == [START, READ]
    assert check_seal(Path(path).read_bytes()) == "sealed"


def test_each_line_is_on_disk_at_once(tmp_path: Path) -> None:
    """A recorder that dies loses nothing it had seen."""
    with Journal(str(tmp_path), RUN) as journal:
        journal.append(START)
        assert read_record(tmp_path / f"{RUN}.jsonl.open") == [START]


def test_a_living_recorder_holds_a_lock(tmp_path: Path) -> None:
    """That is how a dead one is told from a busy one."""
    with (
        Journal(str(tmp_path), RUN),
        Path(tmp_path, f"{RUN}.jsonl.open").open() as file,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """Whatever the umask."""
    old = os.umask(0)
    try:
        with Journal(str(tmp_path), RUN):
            assert Path(tmp_path, f"{RUN}.jsonl.open").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """A crash in the middle of a write."""
    path = tmp_path / f"{RUN}.jsonl.open"
    path.write_bytes(module.encode_line(START) + module.encode_line(READ)[:-9])

    assert read_record(path) == [START]


def test_zeros_of_a_power_cut_are_left_out(tmp_path: Path) -> None:
    """Some file systems give back a length without its bytes."""
    path = tmp_path / f"{RUN}.jsonl.open"
    path.write_bytes(module.encode_line(START) + b"\0" * 40 + b"\n")

    assert read_record(path) == [START]


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b'{"event":"Nothing"}', b'{"event":1}'])
def test_damage_in_the_middle_is_told_with_its_place(tmp_path: Path, line: bytes) -> None:
    """Not a traceback, and not silence."""
    path = tmp_path / f"{RUN}.jsonl"
    path.write_bytes(module.encode_line(START) + line + b"\n" + module.encode_line(READ))

    with pytest.raises(JournalError, match=r"\.jsonl:2: "):
        read_record(path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """Reading half of it would be worse."""
    path = tmp_path / f"{RUN}.jsonl"
    path.write_bytes(module.encode_line(START).replace(b'"format":1', b'"format":2') * 2)

    with pytest.raises(JournalError, match="format 2"):
        read_record(path)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written waits, and is written when there is room again."""
    real = os.pwrite
    room = [10]

    def pwrite(handle: int, data: bytes, at: int) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = real(handle, data[: room[0]], at)
        room[0] -= done
        return done

    with Journal(str(tmp_path), RUN) as journal:
        monkeypatch.setattr(os, "pwrite", pwrite)
        journal.append(START)
        assert journal.waits
        assert Path(tmp_path, f"{RUN}.jsonl.open").read_bytes() == b""
        with pytest.raises(OSError, match="space"):
            journal.seal()
        room[0] = 10_000
        journal.append(READ)
        assert not journal.waits
        assert read_record(journal.seal()) == [START, READ]


def test_sealing_goes_through_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a final name never stands for half a record."""
    calls: list[str] = []

    def spy(name: str, real: Any) -> Any:
        def call(*args: Any) -> Any:
            calls.append(name)
            return real(*args)

        return call

    with Journal(str(tmp_path), RUN) as journal:
        journal.append(START)
        for name in ("fsync", "rename"):
            monkeypatch.setattr(os, name, spy(name, getattr(os, name)))
        journal.seal()

    assert calls == ["fsync", "rename", "fsync"], "the file, its name, the folder"


def test_a_discarded_run_leaves_nothing(tmp_path: Path) -> None:
    """Its command was never started."""
    with Journal(str(tmp_path), RUN) as journal:
        journal.append(START)
        journal.discard()

    assert list(tmp_path.iterdir()) == []


def test_only_a_run_id_names_a_file(tmp_path: Path) -> None:
    """A forged id must not lead elsewhere."""
    with pytest.raises(IdentifierError):
        Journal(str(tmp_path), "../x")


def test_two_recorders_never_share_a_record(tmp_path: Path) -> None:
    """The file is made exclusively."""
    with Journal(str(tmp_path), RUN), pytest.raises(FileExistsError):
        Journal(str(tmp_path), RUN)


def test_events_are_values() -> None:
    """What the properties rely on: equal when they say the same."""
    events: list[Event] = [READ, FileAccessed(process=1, kind="read", path="caf\udce9\n")]

    assert events[0] == events[1]
