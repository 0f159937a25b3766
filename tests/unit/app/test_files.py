"""Versions of files: the right one is found, its bytes are checked, nothing is lost or overrun."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.app.files import find_version, open_version, restore_version, split_target
from provkit.app.project import Project
from provkit.archive.store import Archive
from provkit.errors import ArchiveError, NotRecordedError, ProjectError, UsageError
from provkit.files import fingerprint_bytes

Record = Callable[..., str]


def read(project: Project, target: str, **where: object) -> bytes:
    version = find_version(project, target, start=project.root, **where)  # type: ignore[arg-type]
    with open_version(project, version) as file:
        return file.read()


def test_each_run_has_its_own_version(project: Project, record: Record) -> None:
    """The second run overwrote the first one's output; both come back."""
    record(outputs={"out.csv": b"one"})
    record(outputs={"out.csv": b"two"})

    assert read(project, "out.csv@1") == b"one"
    assert read(project, "out.csv@latest") == b"two"
    assert read(project, "out.csv") == b"two"


def test_a_file_read_then_written_has_two_versions(project: Project, record: Record) -> None:
    """What the run left comes first; what it found is asked for by name."""
    record(inputs={"log.txt": b"before"}, outputs={"log.txt": b"after"})

    assert read(project, "log.txt@1") == b"after"
    assert read(project, "log.txt@1", found=True) == b"before"


def test_the_program_has_versions_too(project: Project, record: Record) -> None:
    """Which script made this? That one."""
    record(program="clean.R", source=b"old code")
    record(program="clean.R", source=b"new code")

    assert read(project, "clean.R@1") == b"old code"


def test_paths_are_from_the_working_directory(project: Project, record: Record) -> None:
    """architecture: paths on a command line."""
    record(outputs={"results/out.csv": b"x"})
    there = f"{project.root}/results"

    assert find_version(project, "out.csv@1", start=there).state.path == "results/out.csv"
    assert find_version(project, "../results/out.csv", start=there).seq == 1


@pytest.mark.parametrize(
    ("target", "path", "run"),
    [
        ("a.csv@1", "a.csv", True),
        ("me@home@1", "me@home", True),
        ("a.csv", "a.csv", False),
        ("me@home", "me@home", False),
        ("@1", "@1", False),
        ("a.csv@", "a.csv@", False),
        ("./a.csv@1", "./a.csv", True),
    ],
)
def test_the_last_at_splits_if_a_run_follows(
    project: Project, record: Record, target: str, path: str, run: bool
) -> None:
    """architecture: TARGET."""
    name = record(outputs={"a.csv": b"x", "me@home": b"y"})

    assert split_target(project, target, start=project.root) == (path, name if run else None)


def test_a_file_of_that_name_beats_a_run(project: Project, record: Record) -> None:
    """architecture: an existing or recorded path beats a run of that name."""
    record(outputs={"a.csv@1": b"recorded"})
    record(outputs={"a.csv": b"x"})
    Path(project.root, "b@1").touch()

    assert split_target(project, "a.csv@1", start=project.root) == ("a.csv@1", None)
    assert split_target(project, "b@1", start=project.root) == ("b@1", None)


@pytest.mark.parametrize("target", ["never.csv", "never.csv@1", "a.csv@9", "a.csv@abcdef12", ""])
def test_what_was_never_recorded_is_exit_3(project: Project, record: Record, target: str) -> None:
    """interface: 3 is unknown run, file never recorded."""
    record(outputs={"a.csv": b"x"})

    with pytest.raises(NotRecordedError) as refused:
        find_version(project, target, start=project.root)
    assert refused.value.exit_code == 3


def test_a_version_without_bytes_says_why(project: Project, record: Record) -> None:
    """Too large, excluded, unstable: not a damage."""
    from dataclasses import replace  # noqa: PLC0415

    from provkit.model.events import StateObserved  # noqa: PLC0415
    from provkit.testing.records import run_events, write_run  # noqa: PLC0415

    events = [
        replace(event, archived=False, why="too large")
        if isinstance(event, StateObserved)
        else event
        for event in run_events(outputs={"big.bin": b"x"})
    ]
    write_run(project, events)

    with pytest.raises(NotRecordedError, match="too large"):
        read(project, "big.bin@1")


def test_changed_bytes_are_never_given_out(project: Project, record: Record) -> None:
    """R16: verified by hash before the first byte."""
    record(outputs={"a.csv": b"right"})
    path = Path(Archive(project.path("objects")).path(fingerprint_bytes(b"right").sha256))
    path.write_bytes(b"wrong")

    with pytest.raises(ArchiveError) as refused:
        read(project, "a.csv@1")
    assert refused.value.exit_code == 4
    place = Path(project.root, "a.csv")
    place.write_bytes(b"as it was")
    with pytest.raises(ArchiveError):
        restore_version(project, find_version(project, "a.csv@1", start=project.root))
    assert place.read_bytes() == b"as it was"


def test_what_stood_there_is_archived_first(project: Project, record: Record) -> None:
    """Restoring the wrong version must not cost the only copy of the right one."""
    record(outputs={"out/a.csv": b"old"})
    place = Path(project.root, "out", "a.csv")
    place.parent.mkdir()
    place.write_bytes(b"precious, never recorded")

    done = restore_version(project, find_version(project, "out/a.csv@1", start=project.root))

    assert place.read_bytes() == b"old"
    assert done.replaced == fingerprint_bytes(b"precious, never recorded").sha256
    with Archive(project.path("objects")).open(done.replaced) as file:
        assert file.read() == b"precious, never recorded"


def test_a_missing_folder_is_made_and_the_mode_comes_back(project: Project, record: Record) -> None:
    """The file is where and what it was."""
    record(outputs={"deep/er/run.sh": b"#!/bin/sh\n"})

    done = restore_version(project, find_version(project, "deep/er/run.sh", start=project.root))

    assert done.path == f"{project.root}/deep/er/run.sh"
    assert done.replaced is None
    assert Path(done.path).stat().st_mode & 0o777 == 0o644


def test_another_place_can_be_a_folder(project: Project, record: Record, tmp_path: Path) -> None:
    """As cp does."""
    record(outputs={"a.csv": b"x"})
    version = find_version(project, "a.csv", start=project.root)

    assert restore_version(project, version, str(tmp_path)).path == str(tmp_path / "a.csv")
    assert restore_version(project, version, "b.csv", start=str(tmp_path)).path == str(
        tmp_path / "b.csv"
    )


@pytest.mark.parametrize("path", ["/tmp/provkit-outside.txt", "../outside.txt", "a/../../b.txt"])
def test_a_record_cannot_make_us_write_outside(project: Project, record: Record, path: str) -> None:
    """S8: a forged or imported record names any path it likes."""
    record(outputs={path: b"evil"})
    version = find_version(project, path, start=project.root)

    with pytest.raises(UsageError, match="outside of the project"):
        restore_version(project, version)


def test_a_link_in_the_way_is_not_followed(
    project: Project, record: Record, tmp_path: Path
) -> None:
    """S8: writing through it would change a file elsewhere."""
    record(outputs={"a.csv": b"x"})
    canary = tmp_path / "canary"
    canary.write_text("alive")
    Path(project.root, "a.csv").symlink_to(canary)

    with pytest.raises(ProjectError, match="not a regular file"):
        restore_version(project, find_version(project, "a.csv@1", start=project.root))
    assert canary.read_text() == "alive"


@pytest.mark.parametrize("name", ["sp ace.csv", "caf\udce9.csv", "new\nline", "-o", "@", "é@ü"])
def test_odd_names_round_trip(project: Project, record: Record, name: str) -> None:
    """R11: any name but NUL."""
    record(outputs={name: name.encode("utf-8", "surrogateescape")})

    assert read(project, f"./{name}@1") == os.fsencode(name)


def hostile_ids() -> list[str]:
    """Two hundred ways to ask for something that is no run and no version (threat S8)."""
    climbs = [
        "../",
        "..%2f",
        "..\\",
        "%2e%2e/",
        "....//",
        "..;/",
        "\u2024\u2024/",
        "..\x00/",
        "//",
        ".",
    ]
    goals = ["canary", "project.json", "etc/passwd", "runs/x.jsonl", "canary\x00.jsonl"]
    forms = ["{}{}", "{0}{0}{1}", "x/{}{}", "{}{}.jsonl"]
    return [form.format(climb, goal) for climb in climbs for goal in goals for form in forms]


def test_no_hostile_id_gives_out_a_byte(project: Project, record: Record) -> None:
    """Neither as a run, nor as a version, nor as a hash."""
    record(outputs={"a.csv": b"x"})
    for place in (project.root, project.folder, project.path("runs"), project.path("objects")):
        Path(place, "canary").write_bytes(b"alive")
    ids = hostile_ids()
    assert len(set(ids)) == 200

    for name in ids:
        with pytest.raises((NotRecordedError, UsageError)):
            project.resolve(name)
        for target in (name, f"a.csv@{name}", f"{name}@1", f"sha256:{name}"):
            with pytest.raises((NotRecordedError, UsageError)):
                read(project, target)
        with pytest.raises(ArchiveError):
            Archive(project.path("objects")).path(name)


def test_a_link_in_the_archive_gives_out_nothing(project: Project, record: Record) -> None:
    """Who can write there could plant one; its bytes do not match the name."""
    record(outputs={"a.csv": b"x"})
    path = Path(Archive(project.path("objects")).path(fingerprint_bytes(b"x").sha256))
    path.unlink()
    (Path(project.root) / "canary").write_bytes(b"alive")
    path.symlink_to(Path(project.root) / "canary")

    with pytest.raises(ArchiveError):
        read(project, "a.csv@1")
