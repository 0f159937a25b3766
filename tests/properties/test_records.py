"""Laws of run records: what is written is read, a torn tail costs no more than itself, the fold."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from provkit.capture.journal import Journal, encode_line, read_record
from provkit.model.derivation import derive
from provkit.model.events import Event, FileAccessed, ProcessStarted, RunStarted
from provkit.model.identifiers import check_run_id
from provkit.model.run import fold
from provkit.testing.values import moments, records

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAMES = st.sampled_from("abcde")
ACCESSES = st.lists(
    st.builds(
        FileAccessed,
        process=st.integers(1, 3),
        kind=st.sampled_from(["read", "write", "write", "rename", "delete", "link"]),
        path=NAMES,
        target=NAMES,
        fresh=st.booleans(),
    ),
    max_size=12,
)


@given(records())
def test_what_a_journal_writes_is_read(events: list[Event]) -> None:
    """Whatever the names, times and texts are."""
    start = events[0]
    assert isinstance(start, RunStarted)
    with tempfile.TemporaryDirectory() as folder:
        with Journal(folder, check_run_id(start.run)) as journal:
            for event in events:
                journal.append(event)
            path = journal.seal()
        assert read_record(path) == events


@given(records(), st.data())
def test_a_torn_tail_costs_only_itself(events: list[Event], data: st.DataObject) -> None:
    """Cut anywhere, a record gives the events before the cut, and no error."""
    lines = [encode_line(event) for event in events]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "record")
        path.write_bytes(whole[:cut])
        found = read_record(path)

    complete = sum(len(b"".join(lines[: n + 1])) <= cut for n in range(len(lines)))
    assert found == events[:complete]


@given(records())
def test_the_fold_reads_what_it_is_given_and_nothing_else(events: list[Event]) -> None:
    """The same record is the same run, whoever folds it, wherever."""
    assert fold(events) == fold(list(events))


@given(records())
def test_inputs_outputs_and_the_rest_do_not_overlap(events: list[Event]) -> None:
    """A state found is read, replaced, or the program, never two of these."""
    run = fold(events)
    read, replaced = {s.path for s in run.inputs}, {s.path for s in run.replaced}

    assert not read & replaced
    assert run.program not in read | replaced
    assert all(state.moment == "left" for state in run.outputs)
    assert {s.moment for s in (*run.inputs, *run.replaced)} <= {"found"}


@given(records())
def test_derivations_are_between_what_was_read_and_what_was_left(events: list[Event]) -> None:
    """Lineage walks from state to state, so both ends must be there."""
    run = fold(events)
    outputs, inputs = {s.path for s in run.outputs}, {s.path for s in run.inputs}

    assert all(out in outputs and source in inputs for out, source in run.derivations)
    assert list(run.derivations) == sorted(set(run.derivations))


@given(records(), moments)
def test_an_empty_process_changes_no_data_flow(events: list[Event], at: datetime) -> None:
    """Watching more closely must not invent data."""
    more = [*events, ProcessStarted(process=99, at=at, command=("true",), directory=".")]

    assert fold(more).derivations == fold(events).derivations


def _apart(accesses: list[FileAccessed]) -> list[Event]:
    """Three processes without any pipe, and what they did."""
    begun: list[Event] = [
        ProcessStarted(
            process=number,
            at=NOON,
            command=(str(number),),
            directory=".",
            reads_from=(),
            writes_to=(),
        )
        for number in (1, 2, 3)
    ]
    return [*begun, *accesses]


@given(ACCESSES)
def test_reading_after_everything_was_written_adds_nothing(accesses: list[FileAccessed]) -> None:
    """An output cannot come from what was read later."""
    reads = [FileAccessed(process=p, kind="read", path=name) for p in (1, 2, 3) for name in "abcde"]
    before = derive(_apart(accesses), inputs="abcde", outputs="abcde")

    assert derive(_apart([*accesses, *reads]), inputs="abcde", outputs="abcde") == before


@given(ACCESSES)
def test_what_nobody_met_is_no_source(accesses: list[FileAccessed]) -> None:
    """A derivation needs a reading, or bytes that stayed or moved."""
    met = {access.path for access in accesses}

    found = derive(_apart(accesses), inputs="abcde", outputs="abcde")

    assert {source for _, source in found} <= met


@given(ACCESSES)
def test_knowing_less_of_a_writing_never_loses_a_source(accesses: list[FileAccessed]) -> None:
    """Not knowing that a file was emptied first can only add."""
    vaguer = [replace(access, fresh=False) for access in accesses]

    found = set(derive(_apart(accesses), inputs="abcde", outputs="abcde"))

    assert found <= set(derive(_apart(vaguer), inputs="abcde", outputs="abcde"))
