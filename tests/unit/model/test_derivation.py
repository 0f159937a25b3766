"""An output derives from what its process, and those that handed it data, had read before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from provkit.model.derivation import MOST_PAIRS, derive
from provkit.model.events import (
    AccessKind,
    Event,
    FileAccessed,
    ProcessEnded,
    ProcessStarted,
    StateObserved,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def began(process: int, *words: str, parent: int | None = None, **streams: Any) -> Event:
    return ProcessStarted(
        process=process, at=NOW, command=words, directory=".", parent=parent, **streams
    )


def ended(process: int) -> Event:
    return ProcessEnded(process=process, at=NOW)


def did(process: int, kind: AccessKind, path: str, **more: Any) -> Event:
    return FileAccessed(process=process, kind=kind, path=path, **more)


def pairs(events: list[Event], inputs: str, outputs: str) -> set[tuple[str, str]]:
    return set(derive(events, inputs=inputs.split(), outputs=outputs.split()))


def test_only_what_was_read_before_the_last_write_counts() -> None:
    """A script with two independent steps must not tie the first result to the second source."""
    events = [
        began(1, "python"),
        did(1, "read", "a"),
        did(1, "write", "x", fresh=True),
        did(1, "read", "b"),
        did(1, "write", "y", fresh=True),
    ]

    assert pairs(events, "a b", "x y") == {("x", "a"), ("y", "a"), ("y", "b")}


def test_a_file_still_open_for_writing_takes_what_is_read_meanwhile() -> None:
    """``with open(out) as o: o.write(open(source).read())`` opens its output first."""
    events = [
        began(1, "python"),
        did(1, "write", "x", fresh=True),
        did(1, "read", "a"),
        did(1, "write", "x"),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_a_fresh_start_forgets_older_content() -> None:
    """A scratch file used twice ties nothing of the first use to the second."""
    events = [
        began(1, "sh"),
        began(2, "step1", parent=1, reads_from=(), writes_to=()),
        did(2, "read", "a"),
        did(2, "write", "tmp", fresh=True),
        began(3, "step2", parent=1, reads_from=(), writes_to=()),
        did(3, "read", "tmp"),
        did(3, "write", "x", fresh=True),
        began(4, "step1", parent=1, reads_from=(), writes_to=()),
        did(4, "read", "b"),
        did(4, "write", "tmp", fresh=True),
        began(5, "step2", parent=1, reads_from=(), writes_to=()),
        did(5, "read", "tmp"),
        did(5, "write", "y", fresh=True),
    ]

    assert pairs(events, "a b", "x y") == {("x", "a"), ("y", "b")}


def test_appending_keeps_what_was_there() -> None:
    """A log goes on from its older state: the same path, two states."""
    events = [began(1, "sh"), did(1, "read", "log"), did(1, "write", "log")]

    assert pairs(events, "log", "log") == {("log", "log")}


def test_global_order_counts_not_the_order_of_processes() -> None:
    """A process seen first may read what a later one has written."""
    events = [
        began(1, "driver", reads_from=(), writes_to=()),
        began(2, "worker", parent=1, reads_from=(), writes_to=()),
        did(2, "read", "a"),
        did(2, "write", "mid", fresh=True),
        did(1, "read", "mid"),
        did(1, "write", "x", fresh=True),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_a_pipeline_carries_data_to_where_it_is_written() -> None:
    """``cat a | sort > x``: the shell opens x before sort exists, and sort reads no file."""
    events = [
        began(1, "sh", reads_from=(), writes_to=()),
        began(2, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        did(3, "write", "x", fresh=True),
        began(3, "sort", parent=1, reads_from=("pipe:[7]",), writes_to=("x",)),
        did(2, "read", "a"),
        ended(2),
        ended(3),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_named_pipes_keep_neighbours_apart() -> None:
    """Two pipelines of one script at the same time are not mixed."""
    events = [
        began(1, "sh", reads_from=(), writes_to=()),
        began(2, "cat", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        began(3, "cat", parent=1, reads_from=(), writes_to=("pipe:[8]",)),
        began(4, "sort", parent=1, reads_from=("pipe:[7]",), writes_to=()),
        began(5, "sort", parent=1, reads_from=("pipe:[8]",), writes_to=()),
        did(2, "read", "a"),
        did(3, "read", "b"),
        did(4, "write", "x", fresh=True),
        did(5, "write", "y", fresh=True),
    ]

    assert pairs(events, "a b", "x y") == {("x", "a"), ("y", "b")}


def test_a_parent_reads_what_its_child_says() -> None:
    """``subprocess.check_output``: one end of the pipe is named, the parent holds the other."""
    events = [
        began(1, "python", reads_from=(), writes_to=("pipe:[1]",)),
        began(2, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[9]",)),
        did(2, "read", "a"),
        ended(2),
        did(1, "write", "x", fresh=True),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_the_output_of_the_run_itself_leads_nowhere() -> None:
    """Children that print where their parent prints do not feed it."""
    events = [
        began(1, "sh", reads_from=(), writes_to=("pipe:[1]",)),
        began(2, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[1]",)),
        did(2, "read", "a"),
        ended(2),
        began(3, "gen", parent=1, reads_from=(), writes_to=("pipe:[1]",)),
        did(3, "write", "x", fresh=True),
    ]

    assert pairs(events, "a", "x") == set()


def test_copies_of_a_process_share_what_was_read() -> None:
    """A pool of forked workers computes for its parent."""
    events = [
        began(1, "python", "pool.py", reads_from=(), writes_to=()),
        did(1, "read", "config"),
        began(2, "python", "pool.py", parent=1, reads_from=(), writes_to=()),
        did(2, "read", "part"),
        did(1, "write", "x", fresh=True),
        did(2, "write", "y", fresh=True),
    ]

    assert pairs(events, "config part", "x y") == {
        ("x", "config"),
        ("x", "part"),
        ("y", "config"),
        ("y", "part"),
    }


def test_unknown_pipes_are_taken_conservatively() -> None:
    """Without descriptors, stages of a shell pipeline alive together may feed the later ones."""
    events = [
        began(1, "sh"),
        began(2, "cat", parent=1),
        began(3, "sort", parent=1),
        did(2, "read", "a"),
        did(3, "write", "x", fresh=True),
        ended(2),
        ended(3),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_unknown_pipes_do_not_join_what_ran_one_after_the_other() -> None:
    """``step1; step2`` in a shell: step2 was not there when step1 spoke."""
    events = [
        began(1, "sh"),
        began(2, "step1", parent=1),
        did(2, "read", "a"),
        did(2, "write", "x", fresh=True),
        ended(2),
        began(3, "step2", parent=1),
        did(3, "read", "b"),
        did(3, "write", "y", fresh=True),
        ended(3),
    ]

    assert pairs(events, "a b", "x y") == {("x", "a"), ("y", "b")}


def test_unknown_redirection_stays_open() -> None:
    """What a shell opens before it becomes another program is where that one's output goes."""
    events = [
        began(1, "sh"),
        began(2, "sh", parent=1),
        did(2, "write", "x", fresh=True),
        began(2, "sort", parent=1),
        did(2, "read", "a"),
        ended(2),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_a_rename_carries_what_the_file_was_made_from() -> None:
    """Results are often written beside their place and renamed into it."""
    events = [
        began(1, "python"),
        did(1, "read", "a"),
        did(1, "write", "x.part", fresh=True),
        did(1, "rename", "x.part", target="x"),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_moving_an_input_derives_its_new_name_from_it() -> None:
    """``mv a x``: the bytes of a go on as x."""
    events = [began(1, "mv"), did(1, "rename", "a", target="x")]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_a_huge_product_is_not_written_out() -> None:
    """Ten thousand files in and out must not make a hundred million pairs."""
    number = 1000
    events: list[Event] = [began(1, "python")]
    events += [did(1, "read", f"in{index}") for index in range(number)]
    events += [did(1, "write", f"out{index}", fresh=True) for index in range(number)]
    events += [began(2, "sh", reads_from=(), writes_to=()), did(2, "read", "in0")]
    events += [did(2, "write", "small", fresh=True)]

    found = derive(
        events,
        inputs=[f"in{index}" for index in range(number)],
        outputs=[*(f"out{index}" for index in range(number)), "small"],
    )

    assert len(found) <= MOST_PAIRS
    assert ("small", "in0") in found, "what narrows lineage most is kept"


def test_a_stage_of_a_pipeline_writes_while_the_first_still_reads() -> None:
    """``(cat a; cat b) | tee x``: tee opened x before b was read, and is not seen to read."""
    events = [
        began(1, "sh", reads_from=(), writes_to=()),
        began(2, "tee", "x", parent=1, reads_from=("pipe:[7]",), writes_to=()),
        did(2, "write", "x", fresh=True),
        began(3, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        did(3, "read", "a"),
        began(4, "cat", "b", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        did(4, "read", "b"),
    ]

    assert pairs(events, "a b", "x") == {("x", "a"), ("x", "b")}


def at(second: float) -> datetime:
    return NOW + timedelta(seconds=second)


def left(path: str, second: float) -> Event:
    return StateObserved(moment="left", path=path, modified=at(second))


def test_a_file_left_alone_takes_nothing_more() -> None:
    """Results of a driver that reads its children's output one after the other stay apart."""
    events = [
        began(1, "python", reads_from=(), writes_to=()),
        began(2, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        did(2, "read", "a", at=at(1)),
        did(1, "write", "x", fresh=True, at=at(2)),
        began(3, "cat", "b", parent=1, reads_from=(), writes_to=("pipe:[8]",)),
        did(3, "read", "b", at=at(3)),
        did(1, "write", "y", fresh=True, at=at(4)),
        left("x", 2.1),
        left("y", 4.1),
    ]

    assert pairs(events, "a b", "x y") == {("x", "a"), ("y", "a"), ("y", "b")}


def test_modification_time_tells_who_went_on_writing() -> None:
    """For recorders that see openings only: x was written until the end, y was not."""
    events = [
        began(1, "python"),
        did(1, "write", "x", fresh=True, at=at(1)),
        did(1, "write", "y", fresh=True, at=at(2)),
        did(1, "read", "a", at=at(3)),
        left("x", 4),
        left("y", 2.1),
    ]

    assert pairs(events, "a", "x y") == {("x", "a")}


def test_a_time_set_by_hand_tells_nothing() -> None:
    """``cp -p`` gives a new file an old time; what came through a pipe still counts."""
    events = [
        began(1, "sh", reads_from=(), writes_to=()),
        began(2, "tar", parent=1, reads_from=("pipe:[7]",), writes_to=()),
        did(2, "write", "x", fresh=True, at=at(100)),
        began(3, "cat", "a", parent=1, reads_from=(), writes_to=("pipe:[7]",)),
        did(3, "read", "a", at=at(101)),
        left("x", 1),
    ]

    assert pairs(events, "a", "x") == {("x", "a")}


def test_the_first_stage_of_a_pipeline_has_the_lower_pid() -> None:
    """Without descriptors, the process seen first may be the last stage: its shell opened a file."""
    events = [
        began(1, "sh"),
        began(2, "sh", parent=1, pid=102),
        did(2, "write", "x", fresh=True),
        began(3, "sort", parent=1, pid=101),
        began(2, "uniq", parent=1, pid=102),
        did(3, "read", "a"),
        did(3, "write", "z", fresh=True),
        did(2, "read", "b"),
        ended(3),
        ended(2),
    ]

    assert pairs(events, "a b", "x z") == {("x", "a"), ("x", "b"), ("z", "a")}
