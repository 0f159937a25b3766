"""recordr's database becomes runs, its archive is believed only where the hash agrees."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provkit.errors import UnknownDataError
from provkit.files import fingerprint_bytes
from provkit.importers import database
from provkit.importers.base import Imported, find_importer
from provkit.importers.recordr import importer
from provkit.model.run import Run, fold
from provkit.rdf.documents import write_document
from provkit.rdf.retrospective import encode_run
from provkit.testing.runmanagers import RECORDR, accessed, execution, write_database

ONE = "urn:uuid:00000000-0000-4000-8000-000000000001"
TWO = "urn:uuid:00000000-0000-4000-8000-000000000002"
RAW, CLEAN = b"a,b\n1,2\n", b"a\n1\n"


def sha(content: bytes) -> str:
    return fingerprint_bytes(content).sha256


def row(access: str, path: str, content: bytes, **other: Any) -> Any:
    given = {"sha256": sha(content), "size": len(content), "file": f"urn:uuid:{access}{path}"}
    given |= other
    return accessed(given.pop("file"), given.pop("run", ONE), access, path, **given)


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., Path]:
    """Writes recordr's home folder."""

    def make(copies: dict[str, bytes] | None = None, **rows: list[Any]) -> Path:
        for name, content in (copies or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        tables = {"execmeta": [execution(ONE, 1)]} | rows
        write_database(tmp_path / "recordr.sqlite", RECORDR, tables)
        return tmp_path

    return make


def only_run(imported: Imported) -> Run:
    (one,) = imported.runs
    return fold(one.events)


def test_a_run_has_what_its_rows_say(home: Callable[..., Path]) -> None:
    imported = importer.read(
        str(
            home(
                execmeta=[execution(ONE, 1, moduleDependencies="dplyr_0.5.0, stats_3.3.2")],
                filemeta=[
                    row("read", "/home/ann/raw.csv", RAW),
                    row("write", "/home/ann/clean.csv", CLEAN),
                    row("execute", "/home/ann/step1.R", b"# R"),
                ],
                tags=[{"executionId": ONE, "tag": "it's first"}],
            )
        )
    )
    run = only_run(imported)

    assert (run.id, run.user, run.host, run.status) == (ONE, "ann", "lab7", "ok")
    assert run.program == "/home/ann/step1.R"
    assert run.started.isoformat() == "2017-01-13T19:41:50+00:00", "PST is eight hours behind UTC"
    assert run.tags == ("it's first",), "an apostrophe broke recordr (its defect D5)"
    assert [(s.path, s.sha256) for s in run.inputs] == [("/home/ann/raw.csv", sha(RAW))]
    assert [(s.path, s.sha256) for s in run.outputs] == [("/home/ann/clean.csv", sha(CLEAN))]
    assert run.environment.packages == {"dplyr": "0.5.0", "stats": "3.3.2"}
    assert imported.repairs == (), "nothing was wrong"


def test_a_copy_with_the_hash_of_its_row_is_offered(home: Callable[..., Path]) -> None:
    at = "archive/2017-01-13/x"
    imported = importer.read(
        str(home({at: RAW}, filemeta=[row("read", "/home/ann/raw.csv", RAW, copy=at)]))
    )

    assert set(imported.copies) == {sha(RAW)}
    assert Path(imported.copies[sha(RAW)]).read_bytes() == RAW


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("archive/other", "another hash than their row: filemeta row 1"),
        ("archive/missing", "missing: filemeta row 1"),
        ("archive", "not a file: filemeta row 1"),
        ("archive/pipe", "not a file: filemeta row 1"),
        ("../outside", "outside of the source: filemeta row 1"),
        ("archive/link", "outside of the source: filemeta row 1"),
        ("/etc/hostname", "outside of the source: filemeta row 1"),
    ],
)
def test_any_other_copy_is_told_with_its_row(
    tmp_path: Path, home: Callable[..., Path], at: str, why: str
) -> None:
    """A copy that a link or ``..`` leads to could be any secret of the reader."""
    source = tmp_path / "home"
    (source / "archive").mkdir(parents=True)
    (source / "archive/other").write_bytes(CLEAN)
    (tmp_path / "outside").write_bytes(RAW)
    (source / "archive/link").symlink_to(tmp_path / "outside")
    os.mkfifo(source / "archive/pipe")
    home(filemeta=[row("read", "/home/ann/raw.csv", RAW, copy=at)])
    (tmp_path / "recordr.sqlite").rename(source / "recordr.sqlite")
    imported = importer.read(str(source))

    assert imported.copies == {}
    assert only_run(imported).inputs[0].sha256 == sha(RAW), "what the row says stands"
    assert only_run(imported).inputs[0].why
    assert any(repair.endswith(why) for repair in imported.repairs), imported.repairs


def test_a_file_read_twice_is_one_input(home: Callable[..., Path]) -> None:
    """recordr made two data entities of it (its defect D8)."""
    twice = [row("read", "/home/ann/raw.csv", RAW, file=f"urn:uuid:{n}") for n in range(3)]
    imported = importer.read(str(home(filemeta=twice)))

    assert len(only_run(imported).inputs) == 1
    assert any(repair.endswith("filemeta row 2-3") for repair in imported.repairs)


def test_what_a_deletion_left_behind_makes_no_run(home: Callable[..., Path]) -> None:
    """recordr never deletes the tags of a deleted run (its defect D4)."""
    imported = importer.read(
        str(
            home(
                tags=[{"executionId": TWO, "tag": "lost"}, {"executionId": ONE, "tag": "kept"}],
                filemeta=[row("read", "/x", RAW, run=TWO)],
            )
        )
    )

    assert only_run(imported).tags == ("kept",)
    assert imported.repairs == (
        "1 × filemeta rows of no known execution, left out: filemeta row 1",
        "1 × tags of no known execution, left out: tags row 1",
    )


def test_nulls_are_nothing(home: Callable[..., Path]) -> None:
    bare = {"seq": 4, "executionId": ONE}
    run = only_run(
        importer.read(
            str(
                home(
                    execmeta=[bare],
                    filemeta=[row("read", "/x", RAW, sha256=None, size=None, modifyTime=None)],
                )
            )
        )
    )

    assert (run.user, run.program, run.status) == ("", "", "interrupted")
    assert run.inputs[0].sha256 is None
    assert run.inputs[0].size_bytes is None


def test_values_of_any_type_and_bytes_of_any_code_are_read(home: Callable[..., Path]) -> None:
    folder = home()
    with closing(sqlite3.connect(folder / "recordr.sqlite")) as connection:
        connection.execute(
            "insert into filemeta (fileId, executionId, filePath, sha256, size, access) values"
            " ('1', ?, cast(x'2f636166e9' as text), 7, 'big', 'read'),"
            " ('2', ?, x'2f62', 1e300, -1, 'write'),"
            " ('3', ?, '/nul' || char(0) || 'x', null, null, 'read')",
            (ONE, ONE, ONE),
        )
        connection.commit()
    imported = importer.read(str(folder))
    run = only_run(imported)

    assert [state.path for state in run.inputs] == ["/caf\udce9", "/nul"]
    assert [state.path for state in run.outputs] == ["/b"]
    assert "1 × FilePath: bytes taken as text: filemeta row 2" in imported.repairs
    assert "1 × FilePath: text cut at its first NUL: filemeta row 3" in imported.repairs


def test_reading_twice_gives_the_same_and_writes_nothing(home: Callable[..., Path]) -> None:
    folder = home(filemeta=[row("read", "/x", RAW)])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    assert importer.read(str(folder)) == importer.read(str(folder))
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_it_is_known_as_a_folder_by_name_and_by_its_tables(home: Callable[..., Path]) -> None:
    folder = home()
    (folder / "old name.db").write_bytes((folder / "recordr.sqlite").read_bytes())

    for source in (folder, folder / "recordr.sqlite", folder / "old name.db"):
        assert find_importer(str(source))[0] == "recordr"


def test_changes_that_wait_beside_the_database_are_told(home: Callable[..., Path]) -> None:
    """They are not read, because reading them would write."""
    folder = home()
    (folder / "recordr.sqlite-wal").write_bytes(b"x")

    assert any("recordr.sqlite-wal holds changes" in r for r in importer.read(str(folder)).repairs)


def test_the_graph_of_a_run(home: Callable[..., Path], golden: Callable[[str, str], None]) -> None:
    """Made from the program's own output and read in part only: it holds what is there, not that it is right."""
    at = "archive/2017-01-13/x"
    imported = importer.read(
        str(
            home(
                {at: RAW},
                execmeta=[execution(ONE, 1, moduleDependencies="dplyr_0.5.0")],
                filemeta=[
                    row("read", "/home/ann/raw.csv", RAW, copy=at),
                    row("write", "/home/ann/it's clean.csv", CLEAN),
                    row("execute", "/home/ann/step1.R", b"# R"),
                ],
                tags=[{"executionId": ONE, "tag": "first"}],
            )
        )
    )

    golden("recordr.nq", write_document(encode_run(only_run(imported)), "nquads"))


class TestHostileDatabase:
    """Whatever the file is, there is one sentence and no harm."""

    def refused(self, source: Path) -> str:
        with pytest.raises(UnknownDataError) as caught:
            importer.read(str(source))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def altered(self, folder: Path, *statements: str) -> Path:
        with closing(sqlite3.connect(folder / "recordr.sqlite")) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return folder

    @pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 999])
    def test_no_database(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "recordr.sqlite").write_bytes(content)
        self.refused(tmp_path)

    def test_any_damage(self, home: Callable[..., Path]) -> None:
        """A byte changed at many places, or the end cut off: read or refused, never worse."""
        many = [row("read", f"/{n}", RAW, file=str(n)) for n in range(60)]
        path = home(filemeta=many) / "recordr.sqlite"
        whole = path.read_bytes()
        refused = 0
        for at in range(0, len(whole), 401):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
            refused += self.tried(path)
            path.write_bytes(whole[:at])
            refused += self.tried(path)
        assert refused > 10, "cutting off does harm"

    def tried(self, path: Path) -> bool:
        try:
            importer.read(str(path))
        except UnknownDataError as error:
            return "\n" not in str(error)
        return False

    def test_a_view_in_place_of_a_table(self, home: Callable[..., Path]) -> None:
        """It could go on for ever."""
        folder = self.altered(
            home(),
            "drop table tags",
            "create view tags as with recursive n(x) as (values(1) union all select x + 1 from n)"  # noqa: S608 - a constant
            f" select x as seq, '{ONE}' as executionId, x as tag from n",
        )
        assert "no table 'tags'" in self.refused(folder)

    def test_a_virtual_table(self, home: Callable[..., Path]) -> None:
        folder = self.altered(
            home(), "drop table tags", "create virtual table tags using fts5(seq, executionId, tag)"
        )
        assert "no table 'tags'" in self.refused(folder)

    def test_a_column_that_computes(self, home: Callable[..., Path]) -> None:
        """What it makes has to keep to the same limits as what is stored."""
        folder = self.altered(
            home(),
            "drop table tags",
            "create table tags (seq integer primary key, executionId text,"
            " tag text as (hex(zeroblob(600000))))",
            f"insert into tags (executionId) values ('{ONE}')",  # noqa: S608 - a constant
        )
        assert self.refused(folder)

    def test_a_missing_column(self, home: Callable[..., Path]) -> None:
        folder = self.altered(
            home(), "drop table tags", "create table tags (seq integer primary key, tag text)"
        )
        assert "no column 'ExecutionId' in table 'tags'" in self.refused(folder)

    def test_a_value_without_measure(self, home: Callable[..., Path]) -> None:
        folder = self.altered(home(), "update execmeta set errorMessage = hex(zeroblob(600000))")
        assert "too big" in self.refused(folder)

    @pytest.mark.parametrize(
        ("limit", "value", "said"),
        [
            ("MAX_ROWS", 2, "more than 2 rows in table 'filemeta'"),
            ("MAX_CHARACTERS", 500, "more than 500 characters"),
            ("MAX_FILE_BYTES", 4096, "larger than 4096 bytes"),
        ],
    )
    def test_more_than_any_real_one_has(
        self,
        home: Callable[..., Path],
        monkeypatch: pytest.MonkeyPatch,
        limit: str,
        value: int,
        said: str,
    ) -> None:
        folder = home(filemeta=[row("read", f"/{n}", RAW, file=str(n)) for n in range(9)])
        monkeypatch.setattr(database, limit, value)

        assert said in self.refused(folder)

    def test_no_such_database(self, tmp_path: Path) -> None:
        assert "no SQLite database recordr.sqlite" in self.refused(tmp_path)
