"""From a project to a package: which runs, which bytes, and what the user is told before sharing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provkit.app.mend import add_tags, delete_runs
from provkit.app.packaging import PackageRequest, Suspect, package_runs
from provkit.app.project import Project
from provkit.app.selection import read_filter
from provkit.errors import ConfigError, NotRecordedError, PackageError, UsageError
from provkit.package.verify import verify_package
from provkit.testing.records import NOON

Record = Callable[..., str]
NOTHING: dict[str, str] = {}


def plan(project: Project, *runs: str, **more: Any) -> Any:
    return package_runs(project, PackageRequest(runs=runs, **more), environ=NOTHING)


def paths(packaged: Any) -> set[str]:
    return {member.path for member in packaged.package.members}


@pytest.fixture
def chain(project: Project, record: Record) -> Project:
    """Two linked runs."""
    record(program="clean.py", source=b"# c\n", inputs={"raw.csv": b"1"}, outputs={"t.csv": b"2"})
    record(
        program="plot.R",
        source=b"# p\n",
        started=NOON + timedelta(hours=1),
        inputs={"t.csv": b"2"},
        outputs={"plot.png": b"3"},
        tags=("final",),
    )
    return project


def test_a_preview_writes_nothing(chain: Project, tmp_path: Path) -> None:
    """But the index, which any question brings up to date."""

    def outside() -> list[Path]:
        return sorted(path for path in tmp_path.rglob("*") if ".provkit" not in path.parts)

    before = outside()
    packaged = plan(chain, "1", "2")

    assert packaged.out is None
    assert paths(packaged) == {
        "clean.py", "raw.csv", "t.csv", "plot.R", "plot.png", "provenance/runs.ttl"
    }  # fmt: skip
    assert outside() == before


@pytest.mark.parametrize("form", ["dataone", "rocrate", "bagit"])
@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_is_written_is_sound(chain: Project, tmp_path: Path, form: str, name: str) -> None:
    packaged = plan(chain, "1", "2", form=form, out=str(tmp_path / name))

    assert verify_package(str(tmp_path / name)).findings == ()
    assert packaged.to_json()["out"] == str(tmp_path / name)


def test_runs_are_chosen_by_filter(chain: Project) -> None:
    assert paths(plan(chain, chosen=read_filter(tag=("final",)))) >= {"plot.R", "plot.png"}
    assert "raw.csv" not in paths(plan(chain, chosen=read_filter(tag=("final",))))


def test_names_and_filters_must_both_hold(chain: Project) -> None:
    with pytest.raises(UsageError, match="no run matches"):
        plan(chain, "1", chosen=read_filter(tag=("final",)))


def test_nothing_named_is_not_everything(chain: Project) -> None:
    with pytest.raises(UsageError, match="no run and no filter"):
        plan(chain)


def test_upstream_brings_the_runs_before(chain: Project) -> None:
    """Wish W5: a whole pipeline as one package."""
    told = plan(chain, "2", upstream=True)

    assert [each.run.seq for each in told.package.runs] == [1, 2]
    assert told.package.runs[1].informed_by == (told.package.runs[0].iri,)
    assert [each.run.seq for each in plan(chain, "1", upstream=True).package.runs] == [1]


def test_upstream_follows_copies(chain: Project, record: Record) -> None:
    """Equal bytes under another name; the joins are those of `provkit lineage`."""
    later = NOON + timedelta(hours=2)
    record(program="end.py", started=later, inputs={"copy.png": b"3"}, outputs={"end": b"4"})
    told = plan(chain, "3", upstream=True)

    assert [each.run.seq for each in told.package.runs] == [1, 2, 3]
    assert len(told.package.copies) == 1


def test_a_deleted_run_upstream_is_told(chain: Project) -> None:
    delete_runs(chain, ["1"])
    told = plan(chain, "2", upstream=True)

    assert [each.run.seq for each in told.package.runs] == [2]
    assert any("deleted" in warning for warning in told.package.warnings)


def test_a_write_in_between_by_a_run_that_is_not_packaged(project: Project, record: Record) -> None:
    """Same path and same bytes, but another run wrote them: the chain goes through that one."""
    hours = [NOON + timedelta(hours=n) for n in range(3)]
    record(program="a.py", started=hours[0], outputs={"t": b"2"})
    record(program="b.py", started=hours[1], outputs={"t": b"2"})
    record(program="c.py", started=hours[2], inputs={"t": b"2"}, outputs={"end": b"3"})

    assert plan(project, "1", "3").package.runs[1].informed_by == ()
    both = plan(project, "1", "2", "3").package
    assert both.runs[2].informed_by == (both.runs[1].iri,)


def test_an_unknown_run_is_told(chain: Project) -> None:
    with pytest.raises(NotRecordedError):
        plan(chain, "7")


def test_a_deleted_run_is_told(chain: Project) -> None:
    delete_runs(chain, ["1"])
    with pytest.raises(NotRecordedError):
        plan(chain, "1")


def test_something_at_the_place_stays(chain: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious").write_text("x")
    with pytest.raises(UsageError, match="there already"):
        plan(chain, "1", out=str(tmp_path / "out"))
    assert (tmp_path / "out/precious").read_text() == "x"


def test_a_place_without_folder_is_told(chain: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        plan(chain, "1", out=str(tmp_path / "no/out"))


def test_the_date_is_that_of_the_last_run_or_as_told(chain: Project) -> None:
    """Never the day on which somebody exports."""
    assert plan(chain, "1", "2").package.date == NOON + timedelta(hours=1, seconds=2)
    told = package_runs(
        chain, PackageRequest(runs=("1",)), environ={"SOURCE_DATE_EPOCH": "1000000000"}
    )
    assert told.package.date.isoformat() == "2001-09-09T01:46:40+00:00"
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        package_runs(chain, PackageRequest(runs=("1",)), environ={"SOURCE_DATE_EPOCH": "yesterday"})


def test_settings_come_from_the_project(chain: Project) -> None:
    config = Path(chain.path("config.toml"))
    config.write_text(
        '[package]\ntitle = "T"\n[[package.creators]]\nsurname = "Example"\n'
        'orcid = "0000-0002-1825-0097"\n'
    )
    package = plan(chain, "1").package

    assert package.title == "T"
    assert package.runs[0].agent.iri == "https://orcid.org/0000-0002-1825-0097"
    assert plan(chain, "1", title="Other").package.title == "Other"
    assert not plan(chain, "1", private=True).package.settings.public
    config.write_text("[package]\ntitel = 'T'\n")
    with pytest.raises(ConfigError, match="titel"):
        plan(chain, "1")


def test_tags_given_later_are_packaged(chain: Project) -> None:
    add_tags(chain, "1", ["for the paper"])
    assert plan(chain, "1").package.runs[0].run.tags == ("for the paper",)


def test_the_file_itself_serves_when_nothing_was_archived(project: Project, record: Record) -> None:
    """Only when it still holds what was recorded."""
    record(program="p.py", source=b"#", inputs={"in": b"1"}, outputs={"out": b"2"}, archive=False)
    Path(project.root, "in").write_bytes(b"1")
    Path(project.root, "out").write_bytes(b"changed")
    packaged = plan(project, "1")

    assert "in" in paths(packaged)
    assert "out" not in paths(packaged)
    assert {"path": "out", "why": "not archived"} in packaged.to_json()["left_out"]


@pytest.mark.parametrize("name", [".env", "config/.netrc", "id_rsa", "server.pem"])
def test_a_file_that_holds_secrets_is_not_packed(
    project: Project, record: Record, name: str
) -> None:
    """Threat S15: it was read, and that is told, but it never leaves by accident."""
    record(program="p.py", inputs={name: b"1"}, outputs={"out": b"2"})
    packaged = plan(project, "1")

    assert name not in paths(packaged)
    assert any(name in warning for warning in packaged.package.warnings)
    assert name not in paths(plan(project, "1", include=("*",)))
    assert name in paths(plan(project, "1", include=("*", name)))


def test_lines_that_look_like_secrets_are_told_and_not_shown(
    project: Project, record: Record
) -> None:
    """Threat S15: a redaction report before anything is shared."""
    source = b"import os\npassword = 'hunter2-and-more'\n"
    record(program="p.py", source=source, inputs={}, outputs={"out": b"2"})
    packaged = plan(project, "1")

    assert packaged.suspects == (Suspect("p.py", 2),)
    assert "hunter2" not in str(packaged.to_json())


def test_a_redacted_command_is_told(project: Project, record: Record) -> None:
    record(program="p.py", command=("p", "--password", "[redacted]"), outputs={"out": b"2"})
    assert plan(project, "1").redacted == (1,)


def test_an_annotated_program_brings_its_workflow(project: Project, record: Record) -> None:
    source = b"# @begin m @desc Do it.\n# @in a @uri file:a\n# @out b @uri file:b\n# @end m\n"
    record(program="m.py", source=source, inputs={"a": b"1"}, outputs={"b": b"2"})
    packaged = plan(project, "1")

    assert {"workflow/m.py.ttl", "workflow/m.py.svg"} <= paths(packaged)
    assert "m: Do it. It takes a. It gives b." in packaged.package.methods
    assert "workflow/m.py.svg" not in paths(plan(project, "1", exclude=("workflow/*.svg",)))


def test_wrong_annotations_do_no_harm(project: Project, record: Record) -> None:
    record(program="m.py", source=b"# @begin m\n# @begin n\n# @end q\n", outputs={"b": b"2"})
    assert "workflow/m.py.ttl" not in paths(plan(project, "1"))


def test_what_a_run_said_is_packed(project: Project, record: Record) -> None:
    record(program="m.py", outputs={"b": b"2"}, stderr=b"careful\n")
    packaged = plan(project, "1")
    log = next(m for m in packaged.package.members if m.path == "logs/run-1-stderr.txt")

    assert log.open().read() == b"careful\n"


def test_the_provenance_holds_no_private_path(project: Project, record: Record) -> None:
    """No working directory, no process, no file outside of the project by its full name."""
    record(
        program="p.py",
        inputs={"/home/ann/secret-project/in.csv": b"1"},
        outputs={"out": b"2"},
        environment={"os": "Linux 6.1", "git.root": "/home/ann/secret-project"},
        parameters={"k": "v"},
    )
    packaged = plan(project, "1")
    told = next(m for m in packaged.package.members if m.path == "provenance/runs.ttl")
    text = told.open().read().decode()

    assert "secret-project" not in text
    assert "/work" not in text
    assert "Linux 6.1" in text
    assert '"v"' in text


def test_a_broken_off_run_is_packaged_with_a_warning(project: Project, record: Record) -> None:
    """What it left may be all there is."""
    record(program="p.py", outputs={"out": b"2"}, seal=False)
    assert any("interrupted" in warning for warning in plan(project, "1").package.warnings)


def test_bytes_damaged_in_the_archive_are_not_packaged(chain: Project, tmp_path: Path) -> None:
    for path in Path(chain.path("objects")).rglob("*"):
        if path.is_file() and path.read_bytes() == b"3":
            path.chmod(0o600)
            path.write_bytes(b"4")
    with pytest.raises(PackageError, match=r"plot\.png"):
        plan(chain, "2", out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
