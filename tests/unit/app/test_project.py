"""The folder: found, made, trusted; numbers never given twice; runs by any name."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provkit.app.folder import make_folder
from provkit.app.project import Project, create_project, find_project, open_project
from provkit.errors import NotRecordedError, ProjectError, UsageError
from provkit.model.identifiers import mint_run_id

Record = Callable[..., str]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folders_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """Records tell of other people's paths and arguments (threat S12: other local users)."""
    before = os.umask(umask)
    try:
        project = create_project(tmp_path, version="0.1.0")
        project.reserve_seq(mint_run_id())
    finally:
        os.umask(before)

    for folder, _, names in os.walk(project.folder):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700, folder
        for name in names:
            assert stat.S_IMODE(Path(folder, name).stat().st_mode) == 0o600, name


def test_a_project_is_found_upwards(project: Project) -> None:
    """As Git does: one works in sub-folders."""
    deep = Path(project.root, "a", "b")
    deep.mkdir(parents=True)

    assert find_project(start=str(deep), environ={}) == project


def test_the_option_beats_the_variable_which_beats_the_place(tmp_path: Path) -> None:
    """interface: --project, PROVKIT_PROJECT, upwards."""
    here, there, elsewhere = (tmp_path / name for name in "abc")
    for folder in (here, there, elsewhere):
        folder.mkdir()
        create_project(folder, version="0.1.0")
    environ = {"PROVKIT_PROJECT": str(there)}

    found = find_project(str(elsewhere), start=str(here), environ=environ)
    assert found is not None
    assert found.root == str(elsewhere)
    found = find_project(start=str(here), environ=environ)
    assert found is not None
    assert found.root == str(there)
    found = find_project(str(elsewhere / ".provkit"), environ={})
    assert found is not None
    assert found.root == str(elsewhere)


def test_no_project_is_none_and_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    """Asking must not make anything."""
    assert find_project(str(tmp_path), environ={}) is None
    with pytest.raises(UsageError, match="no such folder"):
        find_project(str(tmp_path / "nowhere"), environ={})
    assert list(tmp_path.iterdir()) == []


def test_making_one_twice_keeps_the_first(project: Project) -> None:
    """``init`` is safe to repeat."""
    assert create_project(project.root, version="9.9") == project


def test_two_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    """The folder takes its name by one rename."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create_project(tmp_path, version="0.1.0"), range(16)))

    assert len({project.id for project in made}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [".provkit"]


def test_a_newer_project_is_refused_with_a_hint(project: Project) -> None:
    """R15: exit 5, and nothing is touched."""
    about = Path(project.path("project.json"))
    about.write_text(json.dumps({"format": 2, "id": "x", "created": "y"}))

    with pytest.raises(ProjectError, match="format 2") as refused:
        open_project(project.root)
    assert refused.value.exit_code == 5
    assert "upgrade" in refused.value.hint


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "x"}', "null", "\udcff"])
def test_a_damaged_project_says_so(project: Project, content: str) -> None:
    """R16: no traceback, and the way out."""
    Path(project.path("project.json")).write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(ProjectError, match="damaged project") as refused:
        open_project(project.root)
    assert "recover" in refused.value.hint


def test_a_symbolic_link_is_not_trusted(project: Project, tmp_path: Path) -> None:
    """S12: a link could lead our records to anybody's folder."""
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / ".provkit").symlink_to(project.folder)

    with pytest.raises(ProjectError, match="symbolic link"):
        find_project(start=str(trap), environ={})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_somebody_elses_project_is_not_trusted(project: Project) -> None:
    """S12: as Git's safe.directory."""
    os.chown(project.folder, 12345, -1)

    with pytest.raises(ProjectError, match="belongs to another user"):
        open_project(project.root)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """R4: exit 5 before anything starts."""
    (tmp_path / ".provkit").write_text("not a folder")

    with pytest.raises(ProjectError, match="is not a folder"):
        create_project(tmp_path, version="0.1.0")


def test_a_folder_that_cannot_be_written_is_refused_and_left_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3, R4: no half-made project stays behind."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("provkit.app.folder.write_identity", full)
    with pytest.raises(ProjectError, match="No space left"):
        make_folder(str(tmp_path), version="0.1.0")
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_reserved_once(project: Project) -> None:
    """R6: many recorders at once, no number twice, none left out."""
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: project.reserve_seq(mint_run_id()), range(200)))

    assert sorted(numbers) == list(range(1, 201))


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("data/x.csv", "data/x.csv"),
        ("./data//x.csv", "data/x.csv"),
        ("data/../x", "x"),
        (".", "."),
        ("/etc/hosts", "/etc/hosts"),
        ("..", None),
        ("../other/x", None),
    ],
)
def test_paths_are_written_from_the_project(
    project: Project, given: str, written: str | None
) -> None:
    """architecture: relative inside, absolute outside."""
    expected = written or os.path.normpath(f"{project.root}/{given}")
    assert project.relative(given, start=project.root) == expected


def test_a_path_through_a_link_into_the_project_is_inside(project: Project, tmp_path: Path) -> None:
    """A home folder is often a link; the recorder sees the real path."""
    link = tmp_path / "link"
    link.symlink_to(project.root)

    assert project.relative(f"{link}/data/x.csv") == "data/x.csv"


def test_a_neighbour_that_begins_alike_is_outside(project: Project) -> None:
    """``/work`` is not a prefix of ``/workshop``."""
    assert project.relative(f"{project.root}shop/x") == f"{project.root}shop/x"


def test_runs_answer_to_number_prefix_and_latest(project: Project, record: Record) -> None:
    """interface: a RUN."""
    first, second = record(program="a.R"), record(program="b.R")

    assert project.resolve("1") == first
    assert project.resolve(second[:8]) == second
    assert project.resolve(f"urn:uuid:{second}") == second
    assert project.resolve("latest") == second


@pytest.mark.parametrize(
    "text",
    ["3", "0", "", "zz", "..", "../project", "1/../2", "a/b", "%2e%2e%2f", "\x00", "x" * 5000,
     "urn:uuid:", "latest ever", "٣", "-1", "1.jsonl", "\\..\\", "\udcff"],
)  # fmt: skip
def test_what_is_no_run_is_not_recorded(project: Project, record: Record, text: str) -> None:
    """S8: no id leads out of the folder; exit 3, one sentence."""
    record()

    with pytest.raises(NotRecordedError) as refused:
        project.resolve(text)
    assert refused.value.exit_code == 3


def test_a_prefix_of_two_runs_is_a_mistake(project: Project, record: Record) -> None:
    """Guessing would be worse than asking."""
    for last in "12":
        record(run=f"abcdef00-0000-4000-8000-00000000000{last}")

    with pytest.raises(UsageError, match="2 runs"):
        project.resolve("abcdef")


def test_an_unsealed_record_is_alive_while_locked(project: Project, record: Record) -> None:
    """How a dead recorder is told from a slow one."""
    run = record(seal=False)
    assert [each.state for each in project.records()] == ["dead"]

    with Path(project.path("runs", f"{run}.jsonl.open")).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert [each.state for each in project.records()] == ["recording"]


def test_a_newborn_journal_is_not_touched(project: Project) -> None:
    """Between making and locking it, a look must not take the lock away from its recorder."""
    path = Path(project.path("runs", f"{mint_run_id()}.jsonl.open"))
    path.touch()
    assert [each.state for each in project.records()] == ["recording"]

    os.utime(path, (0, 0))
    assert [each.state for each in project.records()] == ["dead"]


def test_strange_files_are_no_records(project: Project, record: Record) -> None:
    """Links, folders and names that are no ids are passed over."""
    run = record()
    runs = Path(project.path("runs"))
    (runs / "notes.txt").touch()
    (runs / f"{mint_run_id()}.jsonl").mkdir()
    (runs / f"{mint_run_id()}.jsonl").symlink_to(runs / f"{run}.jsonl")

    assert [each.run for each in project.records()] == [run]


def test_a_project_without_room_is_named_before_anything_starts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4: exit 5 and the path."""
    monkeypatch.setattr(os, "access", lambda path, _: not path.endswith("runs"))

    with pytest.raises(ProjectError, match="not writable") as refused:
        project.check_writable()
    assert refused.value.exit_code == 5
