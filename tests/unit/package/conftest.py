"""A small laboratory: runs made of events, and an archive in memory."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from provkit.model.events import (
    Event,
    FileAccessed,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
)
from provkit.model.run import Run, fold
from provkit.package.assemble import assemble
from provkit.package.base import Opener, Package
from provkit.package.settings import Person, Settings

ANN = Person(given="Ann", surname="Example", email="ann@example.org", orcid="0000-0002-1825-0097")
SETTINGS = Settings(title="Monthly means", creators=(ANN,))


class Lab:
    """Files on a bench; each run reads and writes them, at its own hour."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.archive: dict[str, bytes] = {}
        self.runs: list[Run] = []

    def run(
        self,
        program: str,
        reads: Sequence[str] = (),
        writes: Mapping[str, bytes] | None = None,
        *,
        archived: bool = True,
        status: str = "ok",
        **start: Any,
    ) -> Run:
        """A run that reads everything before it writes."""
        seq = len(self.runs) + 1
        at = datetime(2026, 1, 31, 9, seq // 60, seq % 60, tzinfo=UTC)
        facts: dict[str, Any] = {
            "run": str(uuid.UUID(int=seq, version=4)),
            "seq": seq,
            "at": at,
            "command": ("python", program),
            "directory": "/home/ann/project",
            "program": program,
            "user": "ann",
            "host": "bench",
        }
        facts.update(start)
        events: list[Event] = [
            RunStarted(**facts),
            ProcessStarted(process=1, at=at, command=facts["command"], directory="."),
        ]
        if program in self.files:
            events.append(self._state("found", program, archived))
        for path in reads:
            events.append(self._state("found", path, archived))
            events.append(FileAccessed(process=1, kind="read", path=path))
        for path, data in (writes or {}).items():
            self.files[path] = data
            events.append(FileAccessed(process=1, kind="write", path=path))
            events.append(self._state("left", path, archived))
        end = RunEnded(at=at + timedelta(seconds=4), elapsed_s=4.0, status=status, exit_code=0)
        run = fold([*events, end])
        self.runs.append(run)
        return run

    def _state(self, moment: Any, path: str, archived: bool) -> StateObserved:
        data = self.files[path]
        sha256 = hashlib.sha256(data).hexdigest()
        if archived:
            self.archive[sha256] = data
        return StateObserved(
            moment=moment, path=path, size_bytes=len(data), sha256=sha256, archived=archived
        )

    def locate(self, sha256: str, path: str) -> Opener | None:
        """Bytes by their hash, as an archive gives them."""
        del path
        data = self.archive.get(sha256)
        return None if data is None else lambda: BytesIO(data)

    def package(self, runs: Sequence[Run] | None = None, **more: Any) -> Package:
        """The package of these runs, or of all."""
        options: dict[str, Any] = {
            "locate": self.locate,
            "date": datetime(2026, 2, 1, 12, 30, 1, tzinfo=UTC),
            "made_by": "provkit test",
            "settings": SETTINGS,
        }
        options.update(more)
        return assemble(self.runs if runs is None else runs, **options)


@pytest.fixture
def lab() -> Lab:
    """An empty bench."""
    return Lab()


@pytest.fixture
def chain(lab: Lab) -> Lab:
    """raw.csv -> clean.py -> clean.csv -> plot.R -> plot.png: two linked runs."""
    lab.files |= {
        "clean.py": b"# clean\n",
        "plot.R": b"# plot\n",
        "data/raw.csv": b"a,b\n1,2\n",
        "data/style.json": b"{}\n",
    }
    lab.run("clean.py", ["data/raw.csv"], {"data/clean.csv": b"a\n1\n"})
    lab.run("plot.R", ["data/clean.csv", "data/style.json"], {"plot.png": b"\x89PNG\r\n\x1a\n.."})
    return lab
