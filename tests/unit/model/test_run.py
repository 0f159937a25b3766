"""The fold decides what a run is, given what was seen while it went on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provkit.errors import JournalError
from provkit.model.events import (
    Event,
    FileAccessed,
    ParameterSet,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
)
from provkit.model.identifiers import Moment
from provkit.model.run import Run, fold

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 9, 31, tzinfo=UTC)
START = RunStarted(
    run="00000000-0000-4000-8000-000000000001",
    seq=1,
    at=NOW,
    command=("python", "fit.py"),
    directory=".",
    program="fit.py",
    user="ann",
    host="here",
    parameters={"threshold": "5"},
)


def read(path: str) -> Event:
    return FileAccessed(process=1, kind="read", path=path)


def write(path: str) -> Event:
    return FileAccessed(process=1, kind="write", path=path)


def state(moment: Moment, path: str) -> Event:
    return StateObserved(moment=moment, path=path)


def folded(*events: Event) -> Run:
    return fold([START, *events])


def paths(states: tuple[StateObserved, ...]) -> list[str]:
    return [each.path for each in states]


def test_reading_then_writing_keeps_two_states() -> None:
    """What was found is not what was left, though the path is the same."""
    run = folded(read("x"), write("x"), state("found", "x"), state("left", "x"))

    assert paths(run.inputs) == ["x"]
    assert paths(run.outputs) == ["x"]


def test_reading_what_the_run_wrote_is_no_input() -> None:
    """The bytes before were never looked at, although they are known."""
    run = folded(write("x"), read("x"), state("found", "x"), state("left", "x"))

    assert run.inputs == ()
    assert paths(run.replaced) == ["x"]


def test_what_was_opened_but_not_changed_was_not_replaced() -> None:
    """A failed write leaves the state found, and that is all."""
    run = folded(write("x"), state("found", "x"))

    assert run.replaced == ()
    assert run.outputs == ()


def test_the_program_is_no_input() -> None:
    """It is the plan of the run, not its data."""
    run = folded(read("fit.py"), state("found", "fit.py"))

    assert run.inputs == ()
    assert run.program_state is not None
    assert run.program_state.path == "fit.py"


def test_renaming_an_input_reads_it() -> None:
    """Its bytes go on under the new name."""
    run = folded(
        FileAccessed(process=1, kind="rename", path="a", target="b"),
        state("found", "a"),
        state("left", "b"),
    )

    assert paths(run.inputs) == ["a"]
    assert paths(run.outputs) == ["b"]


def test_every_kept_state_is_named() -> None:
    """Collecting garbage must not take the bytes that a run replaced."""
    run = folded(write("x"), state("found", "x"), state("left", "x"), state("temporary", "t"))

    assert {(each.moment, each.path) for each in run.states} == {
        ("found", "x"),
        ("left", "x"),
        ("temporary", "t"),
    }


def test_parameters_told_by_the_program_win() -> None:
    """It knows best what it used."""
    assert folded(ParameterSet(name="threshold", value="7")).parameters == {"threshold": "7"}


def test_an_unsealed_record_is_interrupted() -> None:
    """Its recorder died before it could say how the run ended."""
    assert folded(read("x")).status == "interrupted"


def test_the_end_is_told_by_the_last_line() -> None:
    """Status, exit code and time."""
    run = folded(RunEnded(at=LATER, elapsed_s=60.0, status="failed", exit_code=2))

    assert (run.status, run.exit_code, run.ended, run.elapsed_s) == ("failed", 2, LATER, 60.0)


def test_a_process_is_the_last_program_it_became() -> None:
    """The shell that forked is not what ran; it began when the shell forked."""
    run = folded(
        ProcessStarted(process=1, at=NOW, command=("sh",), directory="."),
        ProcessStarted(process=1, at=LATER, command=("sort",), directory="."),
        ProcessEnded(process=1, at=LATER, exit_code=0),
    )

    (process,) = run.processes
    assert (process.command, process.started, process.exit_code) == (("sort",), NOW, 0)


def test_a_record_begins_with_its_start() -> None:
    """Anything else is no record."""
    with pytest.raises(JournalError):
        fold([read("x")])
