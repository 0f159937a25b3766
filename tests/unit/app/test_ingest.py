"""Records become graphs once, in any order, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from provkit.app import ingest as module
from provkit.app.folder import ProjectFolder
from provkit.app.ingest import Ingested, ingest, open_index
from provkit.app.mend import delete_runs
from provkit.app.project import Project, create_project
from provkit.app.reindex import reindex
from provkit.app.statements import state
from provkit.errors import StoreLockedError
from provkit.model.identifiers import content_iri, run_iri
from provkit.rdf.retrospective import decode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import run_events, write_run
from provkit.vocab.namespaces import PROV, PROVKIT, RDF, YW
from provkit.vocab.terms import IRI, Literal

SCRIPT = b"# @begin clean\n# @in raw\n# @out tidy\n# @end clean\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create_project(tmp_path, version="0")


def record(project: ProjectFolder, name: str = "a", **more: object) -> str:
    events = run_events(
        inputs={f"{name}.csv": name.encode()},
        outputs={f"{name}-out.csv": b"out"},
        environment={"os": "Linux"},
        **more,  # type: ignore[arg-type]
    )
    return write_run(project, events, contents=[SCRIPT])


def digest(project: ProjectFolder) -> str:
    with open_index(project) as store:
        return store.digest()


def update(project: ProjectFolder) -> Ingested:
    with OxigraphStore(project.path("store")) as store:
        return ingest(project, store)


def test_a_record_is_put_in_once(project: Project) -> None:
    first = record(project)

    assert update(project).runs == [run_iri(first)]
    assert not update(project).changed


def test_each_record_is_its_own_transaction(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash half-way leaves whole records in, and the rest follows next time."""
    record(project, "first")
    update(project)
    names = [record(project, name) for name in "abc"]
    replace_graphs = OxigraphStore.replace
    calls = []

    def die(store: OxigraphStore, graphs: dict[IRI, object]) -> None:
        calls.append(graphs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace_graphs(store, graphs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(OxigraphStore, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            update(project)

    assert len(update(project).runs) == len(names) - 1


def test_a_crash_of_the_first_filling_starts_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(project)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(OxigraphStore, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            update(project)

    after = digest(project)
    reindex(project)
    assert digest(project) == after


def test_any_order_of_arrival_gives_the_same_graph(project: Project, tmp_path: Path) -> None:
    """Records may come from another machine, one by one or all at once."""
    runs = [record(project, name) for name in "abcde"]
    state(project, "tag", [run_iri(runs[0])], by="ann", data={"tags": ["x", "y"]})
    state(project, "tag", [run_iri(runs[0])], by="bob", data={"tags": ["x"], "removed": True})
    state(project, "note", [run_iri(runs[1])], by="ann", data={"text": "look"})
    whole = digest(project)
    files = sorted(Path(project.folder).glob("r*/*.jsonl"))
    for seed in range(4):
        other = create_project(_new(tmp_path / f"copy{seed}"), version="0")
        Path(other.path("objects")).rmdir()
        Path(other.path("objects")).symlink_to(project.path("objects"))
        random.Random(seed).shuffle(files)
        for file in files:
            Path(other.folder, file.parent.name, file.name).write_bytes(file.read_bytes())
            update(other)
        assert digest(other) == whole


def _new(path: Path) -> Path:
    path.mkdir()
    return path


def test_reindex_gives_the_same_graph(project: Project) -> None:
    names = [record(project, name) for name in "abc"]
    state(project, "tag", [run_iri(names[0])], by="ann", data={"tags": ["x"]})
    before = digest(project)

    assert reindex(project) > len(names)
    assert digest(project) == before
    assert not list(Path(project.folder).glob("store.*"))


def test_reindex_mends_a_damaged_index(project: Project) -> None:
    record(project)
    before = digest(project)
    for manifest in Path(project.path("store")).glob("MANIFEST-*"):
        manifest.write_bytes(b"garbage")

    reindex(project)

    assert digest(project) == before


def test_reindex_waits_for_whoever_holds_the_index(project: Project) -> None:
    with open_index(project), pytest.raises(StoreLockedError):
        reindex(project, wait_s=0.1)


def test_a_newer_mapping_makes_the_index_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = record(project)
    update(project)
    monkeypatch.setattr(module, "GRAPH_VERSION", module.GRAPH_VERSION + 1)

    assert update(project).runs == [run_iri(name)]
    assert not update(project).changed


def test_what_was_said_later_is_in_the_graph(project: Project) -> None:
    run = record(project, tags=("old",))
    state(project, "tag", [run_iri(run)], by="ann", data={"tags": ["new"]})
    update(project)
    state(project, "tag", [run_iri(run)], by="ann", data={"tags": ["old"], "removed": True})
    note = state(project, "note", [run_iri(run)], by="ann", data={"text": "look here"})

    with open_index(project) as store:
        tags = [t.object for t in store.triples(run_iri(run)) if t.predicate == PROVKIT.tag]
        notes = [t for t in store.triples(run_iri(note.id)) if t.predicate == PROVKIT.note]

    assert tags == [Literal("new")]
    assert [(t.subject, t.object) for t in notes] == [(run_iri(run), Literal("look here"))]


def test_a_deleted_run_leaves_what_joins_lineage(project: Project) -> None:
    run = record(project)
    update(project)
    delete_runs(project, [run])

    with open_index(project) as store:
        found = {triple for name in store.graphs() for triple in store.triples(name)}
        assert run_iri(run) not in store.graphs()

    assert (run_iri(run), RDF.type, PROVKIT.Tombstone) in found
    used = [t.object for t in found if t.subject == run_iri(run) and t.predicate == PROV.used]
    assert [IRI(f"{run_iri(run)}#found/a.csv")] == used
    assert not [t for t in found if t.predicate == PROVKIT.environment]


def test_a_purged_run_leaves_nothing(project: Project) -> None:
    kept = record(project, "kept", source=b"# plain\n")
    update(project)
    empty = digest(project)
    run = record(project, "gone", source=SCRIPT)
    update(project)
    assert digest(project) != empty
    delete_runs(project, [run], purge=True)

    assert digest(project) == empty
    assert update(project).removed == []
    assert kept


def test_a_run_whose_recorder_died_is_there_and_grows(project: Project) -> None:
    events = run_events(inputs={"a.csv": b"a"})
    run = write_run(project, events[:-1], seal=False)
    with open_index(project) as store:
        seen = decode_run(run_iri(run), store.triples(run_iri(run)))
        assert not ingest(project, store).changed  # type: ignore[arg-type]

    assert seen.status == "interrupted"

    path = Path(project.path("runs", f"{run}.jsonl.open"))
    path.write_bytes(path.read_bytes()[:-20])
    assert update(project).runs == [run_iri(run)]


def test_a_damaged_record_harms_no_other(project: Project) -> None:
    good = record(project)
    bad = Path(project.path("runs", "00000000-0000-4000-8000-000000000000.jsonl"))
    for content in (b"", b"\xff\xfe", b"[]\n", b'{"event":"RunStarted"}\n', b'{"event":3}\n' * 2):
        bad.write_bytes(content)
        found = update(project)
        assert len(found.damaged) == 1
        assert run_iri(good) not in found.damaged
    with open_index(project) as store:
        assert store.has_graph(run_iri(good))  # type: ignore[attr-defined]


def test_a_record_may_not_speak_for_another_run(project: Project) -> None:
    mine = record(project)
    other = Path(project.path("runs", "00000000-0000-4000-8000-000000000000.jsonl"))
    other.write_bytes(Path(project.path("runs", f"{mine}.jsonl")).read_bytes())

    found = update(project)

    assert found.runs == [run_iri(mine)]
    assert "another run" in found.damaged[0]


def test_the_program_that_ran_has_its_model(project: Project) -> None:
    """From the archived bytes, not from what stands there now; equal programs have one model."""
    events = run_events(program="clean.py", command=("python", "clean.py"), source=SCRIPT)
    write_run(project, events, contents=[SCRIPT])
    write_run(
        project,
        run_events(program="copy.py", command=("python", "copy.py"), source=SCRIPT),
        contents=[SCRIPT],
    )
    update(project)
    write_run(project, [replace(events[0], run=_other_id()), *events[1:]], contents=[SCRIPT])  # type: ignore[type-var]

    with open_index(project) as store:
        models = [name for name in store.graphs() if "/id/model/" in name]
        (model,) = models
        found = store.triples(model)

    contents = [t.object for t in found if t.predicate == PROV.specializationOf]
    assert contents == [content_iri(_sha256(SCRIPT))]
    assert (model, RDF.type, YW.Model) in found


def _other_id() -> str:
    return "11111111-1111-4111-8111-111111111111"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "source", [b"", b"# @begin a\n", b"\0@begin a\0", b"\xff# @begin a\n# @end a"]
)
def test_a_program_without_a_model_is_no_problem(project: Project, source: bytes) -> None:
    write_run(project, run_events(program="p.py", source=source), contents=[source])

    assert update(project).damaged == []
