"""matlab-dataone's database becomes runs; its hash of decoded text is never a content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provkit.errors import UnknownDataError
from provkit.files import fingerprint_bytes
from provkit.importers.base import Imported, find_importer
from provkit.importers.matlab_dataone import importer
from provkit.model.run import Run, fold
from provkit.testing.runmanagers import MATLAB, accessed, execution, write_database

BARE = "00000000-0000-4000-8000-00000000000a"
BINARY = b"\x89HDF\xff\xfe"
OF_TEXT = fingerprint_bytes(BINARY.decode("utf-8", "replace").encode()).sha256.upper()
"""What matlab-dataone takes for the SHA-256 of those bytes."""
AT = "archive/27-Oct-2015/x"


def of_bytes(content: bytes = BINARY) -> str:
    return fingerprint_bytes(content).sha256


def read(tmp_path: Path, *files: Any, content: bytes | None = None, **tables: Any) -> Imported:
    if content is not None:
        (tmp_path / AT).parent.mkdir(parents=True)
        (tmp_path / AT).write_bytes(content)
    times = {"startTime": "20151027T104500", "endTime": "20151027T104501"}
    ids = {"datapackageId": BARE, "metadataId": f"metadata_{BARE}.xml"}
    rows = {"execmeta": [execution(BARE, 3, **times, **ids)], "filemeta": files} | tables
    write_database(tmp_path / "recordm.sqlite", MATLAB, rows)
    return importer.read(str(tmp_path))


def one_file(sha256: str | None = OF_TEXT, size: int = len(BINARY), copy: str = AT) -> Any:
    other = {"modifyTime": "20151027T103000", "createTime": ""}
    return accessed("f", BARE, "read", "/d/x.nc", sha256=sha256, size=size, copy=copy, **other)


def only_run(imported: Imported) -> Run:
    (one,) = imported.runs
    return fold(one.events)


def test_bare_uuids_become_urns(tmp_path: Path) -> None:
    imported = read(tmp_path, one_file(), tags=[{"executionId": BARE, "tag": "c3"}])
    run = only_run(imported)

    assert run.id == f"urn:uuid:{BARE}"
    assert run.environment.facts["runmanager.datapackageId"] == f"urn:uuid:{BARE}"
    assert run.tags == ("c3",)
    assert len(run.inputs) == 1
    assert (
        "3 × bare UUIDs, given urn:uuid:: execmeta row 3; filemeta row 1; tags row 1"
        in imported.repairs
    )


def test_times_are_utc_and_it_is_told(tmp_path: Path) -> None:
    imported = read(tmp_path, one_file())
    run = only_run(imported)

    assert run.started.isoformat() == "2015-10-27T10:45:00+00:00"
    assert run.elapsed_s == 1
    assert run.inputs[0].modified is not None
    told = "1 × StartTime: time without zone taken as UTC: execmeta row 3"
    assert told in imported.repairs


def test_an_archived_file_is_hashed_anew(tmp_path: Path) -> None:
    """Its hash of text is wrong for binary files (defect D19)."""
    imported = read(tmp_path, one_file(), content=BINARY)

    assert only_run(imported).inputs[0].sha256 == of_bytes()
    assert set(imported.copies) == {of_bytes()}
    assert (
        f"filemeta row 1: {OF_TEXT} is the hash of decoded text;"
        f" the archived bytes have {of_bytes()}"
    ) in imported.repairs


def test_a_hash_of_text_that_is_that_of_the_bytes_needs_no_repair(tmp_path: Path) -> None:
    text = b"a,b\n"
    imported = read(tmp_path, one_file(of_bytes(text).upper(), len(text)), content=text)

    assert only_run(imported).inputs[0].sha256 == of_bytes(text)
    assert not any("decoded text" in repair for repair in imported.repairs)


def test_without_a_copy_the_content_is_unknown_and_the_state_says_why(tmp_path: Path) -> None:
    imported = read(tmp_path, one_file())
    state = only_run(imported).inputs[0]

    assert state.sha256 is None
    assert OF_TEXT in state.why
    assert any(
        "hashes of decoded text" in repair and repair.endswith("filemeta row 1")
        for repair in imported.repairs
    )


def test_a_copy_of_another_size_is_that_of_another_file(tmp_path: Path) -> None:
    """Files whose text hashes alike share one copy, though their bytes differ."""
    imported = read(tmp_path, one_file(size=len(BINARY) + 2), content=BINARY)

    assert only_run(imported).inputs[0].sha256 is None
    assert imported.copies == {}


def test_an_empty_file_has_the_hash_of_no_bytes(tmp_path: Path) -> None:
    """matlab-dataone writes N/A."""
    imported = read(tmp_path, one_file("N/A", 0, ""))

    assert only_run(imported).inputs[0].sha256 == of_bytes(b"")


def test_what_a_run_depended_on_is_kept(tmp_path: Path) -> None:
    imported = read(
        tmp_path,
        modulemeta=[
            {"module_id": 1, "dependencyInfo": "MATLAB 8.5"},
            {"module_id": 2, "dependencyInfo": "other"},
        ],
        execmodulebridge=[
            {"exec_seq": 3, "module_id": 1},
            {"exec_seq": 9, "module_id": 2},
            {"exec_seq": 3, "module_id": 7},
        ],
    )

    assert only_run(imported).environment.facts["runmanager.moduleDependencies"] == "MATLAB 8.5"


def test_it_is_known_in_each_place(tmp_path: Path) -> None:
    home = tmp_path / "provenance"
    home.mkdir()
    read(home, one_file())

    for source in (tmp_path, home, home / "recordm.sqlite"):
        assert find_importer(str(source))[0] == "matlab-dataone"
        assert len(importer.read(str(source)).runs) == 1


def test_a_damaged_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "recordm.sqlite").write_bytes(b"SQLite format 3\0 and no more")

    with pytest.raises(UnknownDataError, match="cannot be read"):
        importer.read(str(tmp_path))
