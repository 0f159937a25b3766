"""provkit lineage: what is meant, how far it goes, what carries it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provkit.app.lineage import LineageAnswer, LineageQuestion, Way, ask_lineage
from provkit.app.mend import delete_runs
from provkit.app.project import Project
from provkit.errors import NotRecordedError, UsageError
from provkit.files import fingerprint_bytes
from provkit.lineage.network import By, Evidence
from provkit.lineage.walk import Rules
from provkit.testing.records import NOON

Record = Callable[..., str]


def sha(content: bytes) -> str:
    return fingerprint_bytes(content).sha256


@pytest.fixture
def ask(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LineageAnswer]:
    """Ask in the project's folder."""
    monkeypatch.chdir(project.root)

    def do(
        target: str,
        way: Way = "up",
        by: By = "content",
        evidence: Evidence = "workflow",
        depth: int | None = None,
        **more: Any,
    ) -> LineageAnswer:
        rules = Rules(by=by, evidence=evidence, depth=depth)
        return ask_lineage(project, LineageQuestion(target=target, way=way, rules=rules, **more))

    return do


@pytest.fixture
def later(record: Record) -> Record:
    """Record runs one after another, a minute apart."""
    count = iter(range(1000))

    def make(**facts: Any) -> str:
        return record(started=NOON + timedelta(minutes=next(count)), **facts)

    return make


def paths(answer: LineageAnswer) -> set[str]:
    return {file.path for file in answer.lineage.files}


def seqs(answer: LineageAnswer) -> list[int | None]:
    return [run.seq for run in answer.lineage.runs]


def edges(answer: LineageAnswer) -> set[tuple[str, str, str, str]]:
    """Edges with paths and run numbers instead of ids."""
    names = {file.id: file.path for file in answer.lineage.files}
    names |= {run.id: str(run.seq) for run in answer.lineage.runs}
    return {(names[a], names[b], kind, carrier) for a, b, kind, carrier in answer.lineage.edges}


@pytest.fixture
def chain(later: Record) -> None:
    """raw.csv -> clean.csv -> plot.png, and a copy that nobody recorded."""
    later(program="clean.R", inputs={"raw.csv": b"raw"}, outputs={"clean.csv": b"clean"})
    later(program="plot.R", inputs={"clean.csv": b"clean"}, outputs={"plot.png": b"plot"})
    later(program="map.R", inputs={"copy.csv": b"clean"}, outputs={"map.png": b"map"})


@pytest.mark.usefixtures("chain")
class TestAnswers:
    """Files, runs, edges."""

    def test_upstream_goes_over_runs(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("plot.png")

        assert paths(found) == {"raw.csv", "clean.csv", "plot.png"}
        assert seqs(found) == [1, 2]
        assert edges(found) == {
            ("raw.csv", "1", "used", "exact"),
            ("1", "clean.csv", "generated", "observed"),
            ("clean.csv", "2", "used", "exact"),
            ("2", "plot.png", "generated", "observed"),
        }

    def test_a_file_is_one_version_however_many_runs_met_it(
        self, ask: Callable[..., LineageAnswer]
    ) -> None:
        files = [file.path for file in ask("plot.png").lineage.files]

        assert files == sorted(set(files))

    def test_downstream_is_the_mirror(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("raw.csv", "down")

        assert paths(found) == {"raw.csv", "clean.csv", "plot.png", "copy.csv", "map.png"}
        assert seqs(found) == [1, 2, 3]

    def test_both_is_both(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("clean.csv", "both")

        assert paths(found) == {"raw.csv", "clean.csv", "plot.png", "copy.csv", "map.png"}

    def test_an_unrecorded_copy_is_joined_by_its_bytes(
        self, ask: Callable[..., LineageAnswer]
    ) -> None:
        """D9: recordr lost it, because its lineage also asked for equal creation times (T19)."""
        found = ask("map.png")

        assert ("clean.csv", "3", "used", "content") in edges(found)
        assert ("copy.csv", "3", "used", "exact") in edges(found)
        assert seqs(found) == [1, 3]

    def test_the_exact_join_does_not_cross_a_copy(self, ask: Callable[..., LineageAnswer]) -> None:
        assert seqs(ask("map.png", by="exact")) == [3]
        assert seqs(ask("plot.png", by="exact")) == [1, 2]

    def test_a_target_known_as_a_copy_only_is_tied_to_who_wrote_it(
        self, ask: Callable[..., LineageAnswer]
    ) -> None:
        """Else the answer would fall into two pieces."""
        assert ("1", "copy.csv", "generated", "content") in edges(ask("copy.csv"))

    def test_a_file_from_outside_has_no_past(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("raw.csv")

        assert paths(found) == {"raw.csv"}
        assert found.lineage.edges == ()

    def test_depth_counts_runs(self, ask: Callable[..., LineageAnswer]) -> None:
        assert seqs(ask("plot.png", depth=1)) == [2]
        assert seqs(ask("plot.png", depth=2)) == [1, 2]
        assert seqs(ask("plot.png", depth=0)) == []

    def test_through_keeps_only_ways_through_a_match(
        self, ask: Callable[..., LineageAnswer]
    ) -> None:
        found = ask("raw.csv", "down", through="plot.*")

        assert paths(found) == {"raw.csv", "clean.csv", "plot.png"}

    def test_through_nothing_is_an_error(self, ask: Callable[..., LineageAnswer]) -> None:
        with pytest.raises(NotRecordedError, match=r"nothing in this lineage matches 'x\*'"):
            ask("plot.png", through="x*")

    def test_the_shortest_ways_are_told(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("plot.png", paths=3)
        names = {f.id: f.path for f in found.lineage.files} | {
            r.id: r.program for r in found.lineage.runs
        }

        assert [[names[node] for node in way] for way in found.paths] == [
            ["raw.csv", "clean.R", "clean.csv", "plot.R", "plot.png"]
        ]
        assert found.to_json()["paths"]

    def test_json_has_the_keys_of_the_contract(self, ask: Callable[..., LineageAnswer]) -> None:
        answer = ask("plot.png").to_json()

        assert set(answer) == {"target", "files", "runs", "edges"}
        assert all(set(file) == {"id", "path", "sha256"} for file in answer["files"])
        assert all(set(run) == {"id", "seq", "program"} for run in answer["runs"])
        assert answer["target"] in {file["id"] for file in answer["files"]}
        assert answer["files"] == sorted(answer["files"], key=lambda f: (f["path"], f["id"]))
        assert answer["edges"] == sorted(answer["edges"])

    def test_turtle_is_prov(self, ask: Callable[..., LineageAnswer]) -> None:
        written = ask("plot.png").to_turtle()

        assert "prov:wasGeneratedBy" in written
        assert 'provkit:path "plot.png"' in written


@pytest.mark.usefixtures("chain")
class TestTargets:
    """What a user means."""

    @pytest.mark.parametrize("text", ["plot.png", "./plot.png", "plot.png@2", "plot.png@latest"])
    def test_a_path_with_or_without_a_run(
        self, ask: Callable[..., LineageAnswer], later: Record, text: str
    ) -> None:
        if text.endswith("latest"):
            later(program="again.R", outputs={"plot.png": b"plot"})
        assert "plot.png" in paths(ask(text))

    def test_a_path_means_its_latest_version(
        self, ask: Callable[..., LineageAnswer], later: Record
    ) -> None:
        later(program="new.R", inputs={"other.csv": b"other"}, outputs={"plot.png": b"new"})

        assert paths(ask("plot.png")) == {"other.csv", "plot.png"}
        assert "raw.csv" in paths(ask("plot.png@2"))

    def test_at_a_run_that_only_read_it(self, ask: Callable[..., LineageAnswer]) -> None:
        assert "raw.csv" in paths(ask("clean.csv@2"))

    @pytest.mark.parametrize("text", ["sha256:" + sha(b"plot"), "sha256:" + sha(b"plot")[:8]])
    def test_a_hash(self, ask: Callable[..., LineageAnswer], text: str) -> None:
        assert seqs(ask(text)) == [1, 2]

    def test_a_hash_of_equal_bytes_at_two_places(self, ask: Callable[..., LineageAnswer]) -> None:
        assert {"clean.csv", "copy.csv"} <= paths(ask("sha256:" + sha(b"clean")))

    def test_a_run_by_number(self, ask: Callable[..., LineageAnswer]) -> None:
        up, down = ask("2"), ask("1", "down")

        assert up.lineage.target == up.lineage.runs[1].id
        assert ("clean.csv", "2", "used", "exact") in edges(up)
        assert "plot.png" not in paths(up)
        assert ("1", "clean.csv", "generated", "observed") in edges(down)
        assert seqs(down) == [1, 2, 3]
        assert seqs(ask("2", depth=1)) == [2]

    def test_an_id_from_an_answer(self, ask: Callable[..., LineageAnswer]) -> None:
        first = ask("plot.png").to_json()

        assert ask(first["target"]).to_json() == first

    def test_a_recorded_path_beats_a_run_of_that_name(
        self, ask: Callable[..., LineageAnswer], later: Record
    ) -> None:
        later(outputs={"2": b"two"})

        assert paths(ask("2")) == {"2"}

    def test_an_existing_path_beats_a_run_of_that_name(
        self, ask: Callable[..., LineageAnswer], project: Project
    ) -> None:
        Path(project.root, "1").write_text("one")

        with pytest.raises(NotRecordedError, match="never recorded: 1"):
            ask("1")

    def test_dot_slash_is_always_a_path(self, ask: Callable[..., LineageAnswer]) -> None:
        with pytest.raises(NotRecordedError, match="never recorded"):
            ask("./1")

    def test_the_last_at_sign_splits_when_a_run_follows(
        self, ask: Callable[..., LineageAnswer], later: Record
    ) -> None:
        later(outputs={"a@b.csv": b"x", "c@2": b"y"})

        assert paths(ask("a@b.csv")) == {"a@b.csv"}
        assert paths(ask("a@b.csv@4")) == {"a@b.csv"}
        assert paths(ask("c@2")) == {"c@2"}, "a recorded path beats path@RUN"
        with pytest.raises(NotRecordedError, match=r"never recorded: a@c\.csv"):
            ask("a@c.csv")

    def test_paths_are_from_the_working_directory(
        self,
        ask: Callable[..., LineageAnswer],
        later: Record,
        project: Project,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        later(outputs={"sub/x.csv": b"x"})
        Path(project.root, "sub").mkdir()
        monkeypatch.chdir(Path(project.root, "sub"))

        assert paths(ask("x.csv")) == {"sub/x.csv"}
        assert "raw.csv" in paths(ask("../plot.png"))
        assert paths(ask(f"{project.root}/sub/x.csv")) == {"sub/x.csv"}

    def test_a_folder_is_all_its_files(
        self, ask: Callable[..., LineageAnswer], later: Record
    ) -> None:
        """renku-graph#241: no lineage for the files of a folder."""
        later(inputs={"in.csv": b"i"}, outputs={"out/a": b"1", "out/b": b"2"})

        assert paths(ask("out")) == {"in.csv", "out/a", "out/b"}

    def test_never_recorded_is_said_and_no_empty_answer(
        self, ask: Callable[..., LineageAnswer], project: Project
    ) -> None:
        """An empty lineage would read as 'it came from nothing'."""
        Path(project.root, "here.csv").write_text("x")
        for text in ("here.csv", "nowhere.csv", "sha256:" + "0" * 64, "plot.png@9", "9", "x@y@z"):
            with pytest.raises(NotRecordedError) as caught:
                ask(text)
            assert caught.value.exit_code == 3
            assert caught.value.hint

    def test_a_run_that_did_not_touch_the_file_is_told(
        self, ask: Callable[..., LineageAnswer]
    ) -> None:
        with pytest.raises(NotRecordedError, match=r"run 1 did not touch 'plot\.png'"):
            ask("plot.png@1")

    @pytest.mark.parametrize("text", ["sha256:", "sha256:ab", "sha256:xyz"])
    def test_half_a_hash_is_refused(self, ask: Callable[..., LineageAnswer], text: str) -> None:
        with pytest.raises((UsageError, NotRecordedError)):
            ask(text)


class TestEvidence:
    """Which inputs an output comes from."""

    @pytest.fixture(autouse=True)
    def _order_matters(self, project: Project) -> None:
        """first.csv was written before b.csv was read."""
        from provkit.model.events import FileAccessed, RunEnded  # noqa: PLC0415
        from provkit.testing.records import run_events, write_run  # noqa: PLC0415

        files = {"a.csv": b"a", "b.csv": b"b"}
        events = run_events(inputs=files, outputs={"first.csv": b"1", "second.csv": b"2"})
        order = [
            ("read", "a.csv"),
            ("write", "first.csv"),
            ("read", "b.csv"),
            ("write", "second.csv"),
        ]
        accesses = [FileAccessed(process=1, kind=k, path=p) for k, p in order]  # type: ignore[arg-type] # two of its kinds
        rest = [event for event in events if not isinstance(event, FileAccessed)]
        end = next(i for i, event in enumerate(rest) if isinstance(event, RunEnded))
        write_run(project, [*rest[:end], *accesses, *rest[end:]])

    def test_observed_order_narrows(self, ask: Callable[..., LineageAnswer]) -> None:
        """renku-graph#582: asked for one file, got what made everything the script wrote."""
        assert paths(ask("first.csv")) == {"a.csv", "first.csv"}
        assert paths(ask("second.csv")) == {"a.csv", "b.csv", "second.csv"}
        assert paths(ask("b.csv", "down")) == {"b.csv", "second.csv"}

    def test_assumed_takes_all(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("first.csv", evidence="assumed")

        assert paths(found) == {"a.csv", "b.csv", "first.csv"}
        assert ("1", "first.csv", "generated", "assumed") in edges(found)

    def test_stated_ignores_what_was_only_observed(self, ask: Callable[..., LineageAnswer]) -> None:
        """Nothing was stated, so nothing narrows."""
        assert paths(ask("first.csv", evidence="stated")) == {"a.csv", "b.csv", "first.csv"}


class TestVersions:
    """Two contents at one path; one content written twice."""

    @pytest.fixture(autouse=True)
    def _twice(self, later: Record) -> None:
        later(program="make.R", outputs={"mid.csv": b"one"})
        later(program="use.R", inputs={"mid.csv": b"one"}, outputs={"out.csv": b"same"})
        later(program="make.R", outputs={"mid.csv": b"two"})
        later(program="use.R", inputs={"mid.csv": b"two"}, outputs={"out.csv": b"same"})

    def test_equal_bytes_have_both_pasts(self, ask: Callable[..., LineageAnswer]) -> None:
        """Figure 4 of the paper: both versions of the intermediate file (T10, T18)."""
        found = ask("out.csv")

        assert seqs(found) == [1, 2, 3, 4]
        assert [file.path for file in found.lineage.files] == ["mid.csv", "mid.csv", "out.csv"]

    def test_exactly_the_last_writing_has_one_past(self, ask: Callable[..., LineageAnswer]) -> None:
        assert seqs(ask("out.csv", by="exact")) == [3, 4]
        assert seqs(ask("out.csv@2", by="exact")) == [1, 2]

    def test_the_path_join_mixes_versions(self, ask: Callable[..., LineageAnswer]) -> None:
        found = ask("mid.csv@1", "down", by="path")

        assert {edge[3] for edge in edges(found) if edge[0] == "mid.csv"} >= {"exact", "path"}
        assert seqs(found) == [2, 4]


def test_a_deleted_run_still_joins(
    ask: Callable[..., LineageAnswer], later: Record, project: Project
) -> None:
    """rm leaves a tombstone; --purge leaves nothing."""
    for letter, following in ("ab", "bc", "cd"):
        later(inputs={letter: letter.encode()}, outputs={following: following.encode()})
    delete_runs(project, ["2"])

    assert paths(ask("d")) == {"a", "b", "c", "d"}


def test_reading_one_unchanged_input_joins_its_readers_exactly(
    ask: Callable[..., LineageAnswer], later: Record
) -> None:
    """Downstream of a file from outside: everybody who read that version."""
    later(inputs={"in": b"i"}, outputs={"x": b"x"})
    later(inputs={"in": b"i"}, outputs={"y": b"y"})

    assert paths(ask("in@1", "down", by="exact")) == {"in", "x", "y"}


def test_a_write_between_ends_a_version(ask: Callable[..., LineageAnswer], later: Record) -> None:
    """The same bytes, written again, are another version."""
    later(inputs={"in": b"i"}, outputs={"x": b"x"})
    later(outputs={"in": b"i"})
    later(inputs={"in": b"i"}, outputs={"y": b"y"})

    assert paths(ask("in@1", "down", by="exact")) == {"in", "x"}
    assert paths(ask("in@2", "down", by="exact")) == {"in", "y"}
    assert paths(ask("in@1", "down")) == {"in", "x", "y"}


def test_a_run_that_arrives_late_takes_its_place(
    ask: Callable[..., LineageAnswer], record: Record
) -> None:
    """A run recorded elsewhere and copied in: the exact join is redone for its paths."""
    record(started=NOON, outputs={"in": b"i"})
    record(started=NOON + timedelta(minutes=2), inputs={"in": b"i"}, outputs={"y": b"y"})
    assert seqs(ask("y", by="exact")) == [1, 2]

    record(started=NOON + timedelta(minutes=1), outputs={"in": b"i"})

    assert seqs(ask("y", by="exact")) == [2, 3]


def test_a_file_that_was_not_hashed_is_only_joined_by_path(
    ask: Callable[..., LineageAnswer], project: Project
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from provkit.model.events import StateObserved  # noqa: PLC0415
    from provkit.testing.records import run_events, write_run  # noqa: PLC0415

    for facts in ({"outputs": {"big": b"x"}}, {"inputs": {"big": b"x"}, "outputs": {"o": b"o"}}):
        events = [
            replace(event, sha256=None, why="too large")
            if isinstance(event, StateObserved) and event.path == "big"
            else event
            for event in run_events(**facts)  # type: ignore[arg-type] # both are such arguments
        ]
        write_run(project, events)

    assert seqs(ask("o")) == [2]
    assert seqs(ask("o", by="path")) == [1, 2]
    assert [file.sha256 for file in ask("o").lineage.files if file.path == "big"] == [None]


@pytest.mark.usefixtures("chain")
def test_a_file_that_changed_since_is_told(
    ask: Callable[..., LineageAnswer], project: Project
) -> None:
    """The answer is about the recorded version, not about what lies there now."""
    assert ask("plot.png").remarks == ()
    Path(project.root, "plot.png").write_bytes(b"plot")
    assert ask("plot.png").remarks == ()
    Path(project.root, "plot.png").write_bytes(b"touched up")
    assert ask("plot.png").remarks == (
        "plot.png has changed since run 2; this is the lineage of the version then",
    )
    assert ask("plot.png@2").remarks == ()


class TestIndex:
    """The file beside the store: quick, and never older than the records."""

    def test_with_it_the_store_may_be_held_by_somebody_else(
        self, ask: Callable[..., LineageAnswer], chain: None, project: Project
    ) -> None:
        """A server holds the store all day; lineage does not wait for it."""
        before = ask("plot.png").to_json()
        with project.store():
            assert ask("plot.png").to_json() == before

    def test_a_new_run_is_seen(
        self, ask: Callable[..., LineageAnswer], chain: None, later: Record
    ) -> None:
        assert seqs(ask("plot.png", "down")) == []
        later(inputs={"plot.png": b"plot"}, outputs={"end": b"e"})
        assert seqs(ask("plot.png", "down")) == [4]

    def test_a_deletion_is_seen(
        self, ask: Callable[..., LineageAnswer], chain: None, project: Project
    ) -> None:
        assert seqs(ask("plot.png")) == [1, 2]
        delete_runs(project, ["1"], purge=True)
        assert seqs(ask("plot.png")) == [2]

    def test_a_run_whose_recorder_died_is_seen(
        self, ask: Callable[..., LineageAnswer], chain: None, later: Record
    ) -> None:
        ask("plot.png")
        later(seal=False, inputs={"plot.png": b"plot"}, outputs={"end": b"e"})
        assert seqs(ask("plot.png", "down")) == [4]

    def test_without_it_or_with_a_damaged_one_the_answer_is_the_same(
        self, ask: Callable[..., LineageAnswer], chain: None, project: Project
    ) -> None:
        before = ask("plot.png").to_json()
        place = Path(project.path("index", "lineage"))
        place.write_bytes(b"damaged")
        assert ask("plot.png").to_json() == before
        place.unlink()
        assert ask("plot.png").to_json() == before


@pytest.mark.usefixtures("chain")
def test_paths_are_asked_for_by_target_and_tests(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """provkit paths: between two targets, with tests on what only the store knows."""
    from provkit.app.paths import PathQuestion, find_paths  # noqa: PLC0415

    monkeypatch.chdir(project.root)
    up = find_paths(project, PathQuestion(expression="(wasGeneratedBy/used)+", begin="map.png"))
    names = {f.id: f.path for f in up.files} | {r.id: r.program for r in up.runs}
    assert [names[node] for node in up.ways[-1]] == [
        "map.png", "map.R", "copy.csv", "clean.R", "raw.csv"
    ]  # fmt: skip
    tested = PathQuestion(expression="wasGeneratedBy[user=ann, status=ok]", begin="map.png")
    assert len(find_paths(project, tested).ways) == 1
    missed = PathQuestion(expression="wasGeneratedBy[user=bob]", begin="map.png")
    assert find_paths(project, missed).ways == ()
    with pytest.raises(NotRecordedError):
        find_paths(project, PathQuestion(expression="used", begin="nowhere"))
