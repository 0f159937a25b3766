"""Every filter of the run list against a plain statement of what it means."""

from __future__ import annotations

import fnmatch
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provkit.app.project import Project, create_project
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.errors import UsageError
from provkit.model.events import Status
from provkit.testing.records import run_events, write_run

EXAMPLES = 2000 if os.environ.get("FULL") else 150
PROGRAMS = ("clean.R", "scripts/clean.R", "plot[1].py", "a'b.sh", "déjà vu.jl")
TAGS = ("final", "draft", "it's", "50%", "a_b", "*")
STATUSES: tuple[Status, ...] = ("ok", "failed", "interrupted", "incomplete")
FILES = ("data/raw.csv", "raw.csv", "out/plot.png", "x[0].txt", "/mnt/share/raw.csv")
ERRORS = (b"", b"boom\nError: no such column 'x'\nExecution halted\n", b"ValueError: 100% wrong\n")


@dataclass(frozen=True)
class Known:
    """What the test itself remembers of a run."""

    id: str
    seq: int
    program: str
    status: str
    started: datetime
    user: str
    tags: tuple[str, ...]
    error: str
    files: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Project, list[Known]]]:
    """Forty runs that differ in everything a filter can see."""
    with tempfile.TemporaryDirectory() as folder:
        project = create_project(folder, version="0.1.0")
        yield project, [_record(project, number) for number in range(1, 41)]


def _record(project: Project, number: int) -> Known:
    program = PROGRAMS[number % len(PROGRAMS)]
    status = STATUSES[number * 7 // 3 % len(STATUSES)]
    # Around midnight, in steps of 7 h 11 min 13.5 s, so that days, hours and zones matter.
    started = datetime(2026, 1, 28, 23, tzinfo=UTC) + number * timedelta(seconds=25873.5)
    tags = tuple(tag for at, tag in enumerate(TAGS) if number >> at & 1)
    said = ERRORS[number % len(ERRORS)] if status != "ok" else b""
    used, made = FILES[number % len(FILES)], FILES[number * 3 % len(FILES)]
    content = {used: f"in {number % 4}".encode(), made: f"out {number % 6}".encode()}
    events = run_events(
        program=program,
        status=status,
        started=started,
        user=("ann", "bob", "0000-0002-1825-0097")[number % 3],
        tags=tags,
        inputs={used: content[used]},
        outputs={made: content[made]},
    )
    run = write_run(project, events, stderr=said)
    states = [event for event in events if type(event).__name__ == "StateObserved"]
    errors = {b"": "exit code 1" if status != "ok" else "", ERRORS[1]: "Error: no such column 'x'",
              ERRORS[2]: "ValueError: 100% wrong"}  # fmt: skip
    return Known(
        run, number, program, status, started, ("ann", "bob", "0000-0002-1825-0097")[number % 3],
        tags, errors[said], tuple((state.path, state.sha256) for state in states),  # type: ignore[union-attr]
    )  # fmt: skip


globs = st.sampled_from(
    [*PROGRAMS, *TAGS, *FILES, "*", "?*", "*.R", "clean*", "raw.*", "[a-c]*", "out/*", "nothing",
     "scripts", "", "*'*", "a_?", "bob", "0000*", "Error*", "column", "100%", "exit code ?", "no*x"]
)  # fmt: skip
zones = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-9))]
)
FIRST = datetime(2026, 1, 28, tzinfo=UTC)
moments = st.builds(
    lambda seconds, zone: (FIRST + timedelta(seconds=seconds)).astimezone(zone),
    st.integers(0, 14 * 86400),
    zones,
)
words = st.fixed_dictionaries(
    {},
    optional={
        "program": globs,
        "file": st.lists(globs, max_size=2),
        "tag": st.lists(globs, max_size=2),
        "user": globs,
        "status": st.sampled_from(STATUSES),
        "since": moments,
        "until": moments,
        "error": globs,
        "seq": st.tuples(st.integers(0, 41), st.integers(0, 41)).map(sorted),
        "limit": st.integers(0, 45),
    },
)


def _text(glob: str, text: str) -> bool:
    return text == glob or fnmatch.fnmatchcase(text, glob)


def _path(glob: str, path: str) -> bool:
    """The path itself, or what is left of it after any of its folders."""
    parts = path.split("/")
    tails = ["/".join(parts[at:]) for at in range(len(parts))]
    return any(_text(glob, tail) for tail in (tails if not glob.startswith("/") else [path]))


def _part(glob: str, text: str) -> bool:
    return text != "" and (glob in text or fnmatch.fnmatchcase(text, f"*{glob}*"))


def oracle(run: Known, asked: dict[str, Any]) -> bool:
    """The meaning of the filters, said as plainly as Python allows."""
    first, last = asked.get("seq", (0, 1000))
    return all(
        (
            _path(asked["program"], run.program) if "program" in asked else True,
            all(any(_path(glob, path) for path, _ in run.files) for glob in asked.get("file", ())),
            all(any(_text(glob, tag) for tag in run.tags) for glob in asked.get("tag", ())),
            _text(asked["user"], run.user) if "user" in asked else True,
            run.status == asked.get("status", run.status),
            run.started >= asked.get("since", run.started),
            run.started <= asked.get("until", run.started),
            _part(asked["error"], run.error) if "error" in asked else True,
            first <= run.seq <= last,
        )
    )  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(asked=words)
def test_filters_mean_what_they_say(
    recorded: tuple[Project, list[Known]], asked: dict[str, Any]
) -> None:
    """All given must hold; the newest first; the limit counts from the newest (D5 and D3)."""
    project, known = recorded
    said = dict(asked)
    if "seq" in said:
        said["seq"] = f"{said['seq'][0]}:{said['seq'][1]}"
    for name in ("since", "until"):
        if name in said:  # written to the microsecond, so that nothing is rounded
            said[name] = said[name].isoformat(timespec="microseconds")

    found = [run.id for run in list_runs(project, read_filter(**said))]

    expected = [run for run in known if oracle(run, asked)]
    expected.sort(key=lambda run: run.started, reverse=True)
    assert found == [run.id for run in expected][: asked.get("limit", 1000)]


@settings(max_examples=EXAMPLES // 3, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(day=st.dates(datetime(2026, 1, 27).date(), datetime(2026, 2, 12).date()))  # noqa: DTZ001
@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns", "Pacific/Auckland"])
def test_until_a_day_includes_that_local_day(
    recorded: tuple[Project, list[Known]],
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    day: Any,
) -> None:
    """interface: ``--until 2026-01-31`` includes that day; without zone it is local (D5)."""
    import time  # noqa: PLC0415 - only here

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        project, known = recorded
        found = {run.id for run in list_runs(project, read_filter(until=str(day), since=str(day)))}
        assert found == {run.id for run in known if run.started.astimezone().date() == day}
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2026-01-31T10:30", "10:30:59.999999"),
        ("2026-01-31 10:30Z", "10:30:59.999999"),
        ("2026-01-31T10:30:05+00:00", "10:30:05.999999"),
        ("2026-01-31T10Z", "10:59:59.999999"),
        ("2026-01-31T10:30:05.250000Z", "10:30:05.250000"),
        ("20260131T103005Z", "10:30:05.999999"),
    ],
)
def test_until_a_time_includes_its_last_unit(until: str, last: str) -> None:
    """What a table prints to the second can be pasted, and finds that run."""
    moment = datetime.fromisoformat(f"2026-01-31T{last}+00:00")

    chosen = read_filter(until=until if "Z" in until or "+" in until else until + "+00:00")
    assert chosen.before is not None
    assert moment < chosen.before <= moment + timedelta(microseconds=1)


@pytest.mark.parametrize("start", range(1, 13))
def test_ids_and_hashes_are_found_by_their_start(
    recorded: tuple[Project, list[Known]], start: int
) -> None:
    """With the prefixes people paste along."""
    project, known = recorded
    wanted = known[start]
    digest = wanted.files[0][1]

    found = [run.id for run in list_runs(project, read_filter(id=f"urn:uuid:{wanted.id[:13]}"))]
    assert found == [wanted.id]
    found = [run.id for run in list_runs(project, read_filter(hash=[f"sha256:{digest[:20]}"]))]
    assert set(found) == {run.id for run in known if any(h == digest for _, h in run.files)}


@pytest.mark.parametrize(
    "asked",
    [
        {"seq": "5:3"}, {"seq": "a:b"}, {"seq": ":"}, {"seq": ""}, {"seq": "1:2:3"}, {"seq": "-1"},
        {"since": "yesterday"}, {"until": "2026-13-01"}, {"until": ""}, {"status": "purple"},
        {"limit": -1}, {"since": "0001-01-01T00:00+14:00"},
    ],
)  # fmt: skip
def test_nonsense_is_a_usage_error(asked: dict[str, Any]) -> None:
    """D5: no SQL error, no empty answer that looks like the truth."""
    with pytest.raises(UsageError):
        read_filter(**asked)


def test_a_cache_that_is_lost_or_broken_changes_no_answer(
    recorded: tuple[Project, list[Known]],
) -> None:
    """The cache is never the truth: any byte of it may flip."""
    project, _ = recorded
    cache = Path(project.path("cache", "runs.jsonl"))
    truth = list_runs(project)
    content = cache.read_bytes()
    for at in range(0, len(content), max(1, len(content) // 60)):
        broken = bytearray(content)
        broken[at] ^= 0x15
        cache.write_bytes(broken)
        assert list_runs(project) == truth
    cache.write_bytes(content[: len(content) // 2])
    assert list_runs(project) == truth
    cache.unlink()
    assert list_runs(project) == truth
