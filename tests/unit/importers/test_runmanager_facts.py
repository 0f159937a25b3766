"""RunManager's exported facts become runs, and every repair is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.errors import UnknownDataError
from provkit.importers.base import Imported, find_importer
from provkit.importers.runmanager_facts import importer
from provkit.model.run import Run, fold

A, B = "a" * 64, "b" * 64
ONE = "urn:uuid:00000000-0000-4000-8000-000000000001"
TWO = "urn:uuid:00000000-0000-4000-8000-000000000002"


def execution(run: str = ONE, **other: str) -> str:
    row = {
        "user": "ann",
        "start": "2017-01-13 11:46:50 PST",
        "program": "/p/clean.R",
        "end": "2017-01-13 11:46:59 PST",
        "error": "null",
    } | other
    return (
        f"execmeta(7, '{run}', 'urn:uuid:m', 'urn:uuid:d', '{row['user']}', 'null', 'host',"
        f" '{row['start']}', 'x86_64', 'R version 3.3.2', '{row['program']}', '{row['end']}',"
        f" '{row['error']}', 'null', 'null', 'null', 0)."
    )


def file(access: str, path: str, sha256: str = A, run: str = ONE, size: object = 12) -> str:
    return (
        f"filemeta('urn:uuid:f', '{run}', '{path}', '{sha256}', {size}, 'ann',"
        f" '2017-01-13 10:00:00', '2017-01-13 10:00:00', '{access}', 'text/csv', 'archive/x')."
    )


def read(tmp_path: Path, *facts: str) -> Imported:
    (tmp_path / "facts.P").write_text("%FACT: …\n" + "\n".join(facts) + "\n", encoding="utf-8")
    return importer.read(str(tmp_path))


def only_run(imported: Imported) -> Run:
    (one,) = imported.runs
    return fold(one.events)


def test_a_run_has_what_its_rows_say(tmp_path: Path) -> None:
    run = only_run(
        read(
            tmp_path,
            execution(),
            file("read", "/p/raw.csv", A),
            file("write", "/p/clean.csv", B),
            file("execute", "/p/clean.R", "c" * 64),
            f"tag(1, '{ONE}', 'first').",
            f"tag(2, '{ONE}', 'second').",
        )
    )

    assert (run.id, run.user, run.host, run.program) == (ONE, "ann", "host", "/p/clean.R")
    assert run.started.isoformat() == "2017-01-13T19:46:50+00:00", "PST is eight hours behind UTC"
    assert run.elapsed_s == 9
    assert run.status == "ok"
    assert run.tags == ("first", "second"), "a tag is many-to-many"
    assert [(s.path, s.sha256, s.size_bytes) for s in run.inputs] == [("/p/raw.csv", A, 12)]
    assert [(s.path, s.sha256) for s in run.outputs] == [("/p/clean.csv", B)]
    assert run.environment.facts["runtime"] == "R version 3.3.2"
    assert run.environment.facts["runmanager.seq"] == "7"


def test_what_was_executed_is_the_program_and_no_input(tmp_path: Path) -> None:
    """Trap T12: access 'execute' has no edge and is not upstream."""
    run = only_run(read(tmp_path, execution(), file("execute", "/p/clean.R", B)))

    assert run.inputs == ()
    assert run.program_state is not None
    assert run.program_state.sha256 == B


def test_no_output_is_said_to_derive_from_an_input(tmp_path: Path) -> None:
    """The tables do not tell which read came before which write: evidence 'assumed'."""
    run = only_run(read(tmp_path, execution(), file("read", "/p/a"), file("write", "/p/b", B)))

    assert run.derivations == ()


def test_a_file_read_twice_is_one_input(tmp_path: Path) -> None:
    """Trap T13: one run, one file, two rows with their own FileId."""
    imported = read(tmp_path, execution(), file("read", "/p/a"), file("read", "/p/a"))

    assert len(only_run(imported).inputs) == 1
    assert any("again" in repair for repair in imported.repairs)


def test_a_tag_never_makes_a_run(tmp_path: Path) -> None:
    """Trap T11: 203 of 212 tags of the paper's example name executions that are not there."""
    imported = read(tmp_path, execution(), f"tag(1, '{TWO}', 'lost').")

    assert [run.id for run in imported.runs] == [ONE]
    assert "1 × tags of no known execution, left out: facts.P line 3" in imported.repairs


def test_a_run_without_a_tag_is_kept(tmp_path: Path) -> None:
    """Trap T11: the paper's rules lose it; provkit does not."""
    assert only_run(read(tmp_path, execution())).tags == ()


def test_an_error_message_with_quotes_and_lines_is_kept(tmp_path: Path) -> None:
    imported = read(tmp_path, execution(error="Error in read('x') :\n can't open file"))
    run = only_run(imported)

    assert run.status == "failed"
    assert run.environment.facts["runmanager.errorMessage"].endswith("can't open file")
    assert any("not escaped" in repair for repair in imported.repairs)


def test_a_run_without_an_end_was_interrupted(tmp_path: Path) -> None:
    assert only_run(read(tmp_path, execution(end="null"))).status == "interrupted"


def test_a_run_that_ends_before_it_starts_is_mended(tmp_path: Path) -> None:
    imported = read(tmp_path, execution(end="2017-01-13 10:00:00 PST"))

    assert only_run(imported).elapsed_s == 0
    assert any("ended before" in repair for repair in imported.repairs)


@pytest.mark.parametrize(
    ("written", "size", "kept"),
    [
        (A.upper(), 1, A),
        ("N/A", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("N/A", 5, None),
        ("../../etc/passwd", 5, None),
    ],
)
def test_a_hash_is_lower_case_hex_or_none(
    tmp_path: Path, written: str, size: int, kept: str | None
) -> None:
    """matlab-dataone writes upper case, and N/A for empty files (its defect D19)."""
    run = only_run(read(tmp_path, execution(), file("read", "/p/a", written, size=size)))

    assert run.inputs[0].sha256 == kept


def test_times_of_matlab_are_read_and_their_missing_zone_is_told(tmp_path: Path) -> None:
    imported = read(tmp_path, execution(start="20151027T104500", end="20151027T104501"))

    assert only_run(imported).started.isoformat() == "2015-10-27T10:45:00+00:00"
    assert any("without zone taken as UTC" in repair for repair in imported.repairs)


def test_rows_of_unknown_executions_are_left_out_and_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, execution(), file("read", "/p/a", run=TWO))

    assert only_run(imported).inputs == ()
    assert "1 × filemeta rows of no known execution, left out: facts.P line 3" in imported.repairs


def test_a_second_row_of_an_execution_is_left_out(tmp_path: Path) -> None:
    imported = read(tmp_path, execution(), execution(user="bob"))

    assert only_run(imported).user == "ann"
    assert "1 × second rows of one execution, left out: facts.P line 3" in imported.repairs


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    """Else an import could not be repeated without a change."""
    facts = (execution(), file("read", "/p/a"), file("write", "/p/b", B))

    assert read(tmp_path, *facts) == read(tmp_path, *facts)


def test_the_kind_of_a_source_is_found_by_looking(tmp_path: Path) -> None:
    read(tmp_path, execution())

    assert find_importer(str(tmp_path))[0] == "runmanager-facts"
    assert find_importer(str(tmp_path / "facts.P"))[0] == "runmanager-facts"


def test_a_strange_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "facts.P").write_bytes(b"\x00\xff%" * 100)

    with pytest.raises(UnknownDataError, match="nothing that provkit can import"):
        find_importer(str(tmp_path))
    with pytest.raises(UnknownDataError, match="no execmeta/17 fact"):
        importer.read(str(tmp_path))
