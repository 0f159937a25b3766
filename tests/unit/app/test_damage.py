"""Damage is named and crashes are tidied up at no cost to what was recorded (R1, R16)."""

from __future__ import annotations

import fcntl
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.app.fsck import check_project
from provkit.app.mend import add_note, add_tags, delete_runs
from provkit.app.project import Project, open_project
from provkit.app.recover import mend_identity, recover
from provkit.app.reindex import reindex
from provkit.app.runs import list_runs
from provkit.app.statements import state
from provkit.app.upkeep import collect_garbage, count
from provkit.errors import ProjectError, QuerySyntaxError
from provkit.files import fingerprint_bytes
from provkit.model.identifiers import mint_run_id, run_iri
from provkit.model.seal import check_seal
from provkit.testing.records import run_events, write_run

Record = Callable[..., str]


def truth(project: Project) -> list[Path]:
    """Every file that cannot be made again."""
    return sorted(
        Path(folder, name)
        for part in ("runs", "records", "objects")
        for folder, _, names in os.walk(project.path(part))
        for name in names
    )


@pytest.fixture
def full(project: Project, record: Record) -> Project:
    """A project with three runs, two statements and some bytes."""
    for number in range(3):
        record(
            program=f"p{number}.R",
            source=f"code {number}".encode() * 50,
            inputs={"in.csv": b"input" * 100},
            outputs={f"out{number}.csv": f"{number}".encode() * 300},
            stderr=f"message {number}\n".encode(),
        )
    add_tags(project, "1", ["final"])
    add_note(project, "2", "sensor broken")
    return project


def test_a_sound_project_is_sound(full: Project) -> None:
    """No false alarm."""
    health = check_project(full)

    assert health.damage == ()
    assert health.notes == ()
    assert (health.records, health.statements, health.objects) == (3, 2, 10)


def test_every_flipped_byte_is_named(full: Project) -> None:
    """R16: one random bit in one file; that file is named, nothing else, and no other is lost."""
    dice = random.Random(7)
    for _ in range(300 if os.environ.get("FULL") else 60):
        path = dice.choice(truth(full))
        content = path.read_bytes()
        broken = bytearray(content)
        broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
        path.write_bytes(broken)

        health = check_project(full)

        assert [each.path for each in health.damage] == [str(path.relative_to(full.root))]
        listed = list_runs(full)
        assert len(listed) + len(listed.damaged) == 3
        assert listed.damaged == ((str(path),) if path.parent.name == "runs" else ())
        path.write_bytes(content)


def test_every_cut_file_is_named(full: Project) -> None:
    """A copy that stopped half-way."""
    dice = random.Random(8)
    for _ in range(100 if os.environ.get("FULL") else 20):
        path = dice.choice(truth(full))
        content = path.read_bytes()
        path.write_bytes(content[: dice.randrange(len(content))])

        damage = check_project(full).damage

        assert [each.path for each in damage] == [str(path.relative_to(full.root))]
        path.write_bytes(content)


def test_a_missing_version_is_named_with_its_runs(full: Project) -> None:
    """Which runs lost something?"""
    sha256 = fingerprint_bytes(b"input" * 100).sha256
    Path(full.path("objects", sha256[:2], sha256[2:])).unlink()

    (damage,) = check_project(full).damage
    assert (damage.kind, damage.problem) == ("object", "missing")
    assert len(damage.runs) == 3


def test_a_record_under_another_name_is_named(full: Project) -> None:
    """A whole record, soundly sealed, of somebody else."""
    run = next(iter(full.records())).run
    path = Path(full.path("runs", f"{run}.jsonl"))
    path.rename(path.with_name(f"{mint_run_id()}.jsonl"))

    assert [each.kind for each in check_project(full).damage] == ["record"]


def test_a_folder_open_to_others_is_noted(full: Project) -> None:
    """S12: not damage, but not as it was made."""
    Path(full.path("runs")).chmod(0o755)

    health = check_project(full)
    assert health.damage == ()
    assert "open to others" in health.notes[0]
    recover(full)
    assert stat.S_IMODE(Path(full.path("runs")).stat().st_mode) == 0o700
    assert check_project(full).notes == ()


def cut_places(project: Project) -> tuple[str, bytes]:
    """An unsealed record with all its bytes, as if its recorder died at the very end."""
    run = write_run(
        project, run_events(outputs={"x": b"1"}, source=b"1")[:-1], contents=[b"1"], seal=False
    )
    return run, Path(project.path("runs", f"{run}.jsonl.open")).read_bytes()


def test_wherever_a_recorder_dies_the_run_is_sealed_and_no_other_lost(full: Project) -> None:
    """R1: cut at every byte; after one recover, fsck is clean and the run is interrupted."""
    run, content = cut_places(full)
    path = Path(full.path("runs", f"{run}.jsonl.open"))
    sealed = Path(full.path("runs", f"{run}.jsonl"))
    first_line = content.index(b"\n") + 1
    for cut in range(1, len(content) + 1, 1 if os.environ.get("FULL") else 17):
        sealed.unlink(missing_ok=True)
        path.write_bytes(content[:cut])

        done = recover(full)

        if cut < first_line:
            assert done.sealed == ()
            path.unlink()
            continue
        assert done.sealed == (run,)
        assert check_seal(sealed.read_bytes()) == "sealed"
        assert not path.exists()
        rows = list_runs(full)
        assert len(rows) == 4
        assert next(row.status for row in rows if row.id == run) == "interrupted"
    assert check_project(full).damage == ()


def test_recover_is_safe_to_repeat(full: Project) -> None:
    """The second time there is nothing to do."""
    cut_places(full)
    recover(full)
    before = {path: path.read_bytes() for path in truth(full)}

    done = recover(full)
    assert not any((done.sealed, done.deleted, done.removed, done.mended, done.left))
    assert {path: path.read_bytes() for path in truth(full)} == before


def test_recover_keeps_what_a_newer_recorder_wrote(full: Project) -> None:
    """Lines are sealed as they are, not written anew: unknown keys survive."""
    run, content = cut_places(full)
    path = Path(full.path("runs", f"{run}.jsonl.open"))
    path.write_bytes(content.replace(b'{"event":', b'{"from_the_future":1,"event":'))

    recover(full)
    sealed = Path(full.path("runs", f"{run}.jsonl")).read_bytes()
    assert sealed.count(b"from_the_future") == content.count(b"\n")


def test_recover_finishes_a_seal_that_only_lacked_its_name(full: Project) -> None:
    """Killed between fsync and rename: the run is whole, and stays what it was."""
    run = write_run(full, run_events(), contents=[b"# a script\n"])
    sealed = Path(full.path("runs", f"{run}.jsonl"))
    sealed.rename(f"{sealed}.open")

    assert recover(full).sealed == (run,)
    assert list_runs(full)[0].status == "ok"


def test_recover_leaves_a_run_that_goes_on(full: Project) -> None:
    """One may tidy up while others record."""
    run, _ = cut_places(full)
    staged = Path(full.path("staging", run))
    staged.mkdir()
    with Path(full.path("runs", f"{run}.jsonl.open")).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = recover(full)

    assert (done.sealed, done.removed) == ((), ())
    assert staged.exists()


def test_recover_clears_what_a_crash_left(full: Project) -> None:
    """Pre-images of dead runs, half-written files of dead processes, half-made projects."""
    run, _ = cut_places(full)
    staged = Path(full.path("staging", run))
    staged.mkdir()
    (staged / "pre-image").write_bytes(b"x")
    part = Path(full.path("records", f"{mint_run_id()}.jsonl.999999999.part"))
    part.write_bytes(b"half")
    ours = Path(full.path("records", f"{mint_run_id()}.jsonl.{os.getpid()}.part"))
    ours.write_bytes(b"being written")
    snapshot = Path(full.path("cache", "query.999999999"))
    snapshot.mkdir()
    half = Path(full.root, f".provkit.{mint_run_id()}")
    half.mkdir()
    os.utime(half, (0, 0))

    recover(full)
    assert not staged.exists()
    assert not part.exists()
    assert not snapshot.exists()
    assert not half.exists()
    assert ours.exists()


def test_recover_finishes_a_deletion(full: Project) -> None:
    """Killed between the tombstone and the end of the record."""
    run = full.resolve("1")
    state(full, "tombstone", [run_iri(run)], by="ann", data={"run": run, "seq": 1, "record": []})
    assert run not in [row.id for row in list_runs(full)]

    assert recover(full).deleted == (run,)
    assert check_project(full).damage == ()


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 50, b'{"format": 1}', None])
def test_a_damaged_project_file_is_made_anew(full: Project, content: bytes | None) -> None:
    """It says nothing that the records need."""
    about = Path(full.path("project.json"))
    about.unlink() if content is None else about.write_bytes(content)

    assert mend_identity(full.root, version="0.1.0")
    assert len(list_runs(open_project(full.root))) == 3


def test_nothing_is_made_up_where_no_project_was(tmp_path: Path) -> None:
    """``recover`` in the wrong folder must not make one."""
    (tmp_path / ".provkit").mkdir()
    assert not mend_identity(str(tmp_path), version="0.1.0")
    assert list((tmp_path / ".provkit").iterdir()) == []


def test_a_newer_project_is_not_mended(full: Project) -> None:
    """R15: what we do not understand is not damage."""
    Path(full.path("project.json")).write_text('{"format": 2, "id": "x", "created": "y"}')
    assert not mend_identity(full.root, version="0.1.0")


def test_garbage_is_what_no_run_names(full: Project) -> None:
    """Deleted runs let go of their bytes, shared bytes stay."""
    assert collect_garbage(full, dry_run=True).sha256 == ()
    delete_runs(full, ["1"])
    planned = collect_garbage(full, dry_run=True)
    assert check_project(full).objects == 10

    done = collect_garbage(full)

    gone = {b"code 0" * 50, b"0" * 300, b"message 0\n"}
    assert set(done.sha256) == {fingerprint_bytes(each).sha256 for each in gone}
    assert done.sha256 == planned.sha256
    assert done.size_bytes == sum(map(len, gone))
    health = check_project(full)
    assert (health.damage, health.objects) == ((), 7)


def test_garbage_is_not_collected_while_a_record_is_damaged(full: Project) -> None:
    """Nobody knows what it needs."""
    path = Path(next(iter(full.records())).path)
    path.write_bytes(b"\x00" * 100)

    with pytest.raises(ProjectError, match="cannot be read"):
        collect_garbage(full)
    assert check_project(full).objects == 10


def test_bytes_that_a_statement_names_are_kept(full: Project) -> None:
    """An import, a model or a log may stand on archived bytes of its own."""
    from provkit.archive.store import Archive  # noqa: PLC0415

    kept = Archive(full.path("objects")).keep_bytes(b"imported document")
    state(full, "import", ["urn:x"], by="ann", data={"source": f"hash://sha256/{kept.sha256}"})

    assert collect_garbage(full).sha256 == ()


def test_statistics_count(full: Project) -> None:
    """Sums that a reader can check."""
    found = count(full)

    assert found.runs == {"ok": 3}
    assert found.programs == 3
    assert found.statements == {"note": 1, "tag": 1}
    assert found.objects == 10
    assert found.archive_bytes == 500 + 3 * (300 + 300 + 10)
    assert found.seen_bytes == 3 * (500 + 300 + 300)


def test_a_lost_or_corrupt_index_is_made_anew(full: Project) -> None:
    """R17: the records are the truth; the same graphs come back."""
    with full.store() as index:
        before = index.digest()
    for path in Path(full.path("store")).rglob("*"):
        if path.is_file() and path.name != "LOCK":
            path.write_bytes(b"\xff" * 64)

    with pytest.raises(ProjectError) as refused, full.store():
        pass
    assert refused.value.exit_code == 5
    assert "reindex" in refused.value.hint
    reindex(full)
    with full.store() as index:
        assert index.digest() == before


def test_a_held_index_is_busy_not_broken(full: Project) -> None:
    """Exit 5 and what to do."""
    with (
        full.store(),
        pytest.raises(ProjectError, match="holds the index") as refused,
        full.store(wait_s=0.1),
    ):
        pass
    assert refused.value.exit_code == 5


def test_an_error_of_a_question_is_not_a_broken_index(full: Project) -> None:
    """What goes wrong inside the block stays what it is."""
    with pytest.raises(QuerySyntaxError), full.store() as index:
        index.select("not a query")
