"""Sharing: the installed program packages runs and verifies what anybody packaged."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest

CLEAN = """\
# @begin clean @desc Keep the first column.
# @in raw @uri file:raw.csv
# @out table @uri file:clean.csv
# @end clean
rows = [line.split(",")[0] for line in open("raw.csv")]
open("clean.csv", "w").write("\\n".join(rows))
"""
DRAW = 'open("plot.txt", "w").write(open("clean.csv").read().upper())\n'


@pytest.fixture
def recorded(provkit: Any) -> Any:
    """Two linked runs: raw.csv -> clean.csv -> plot.txt."""
    (provkit.folder / "raw.csv").write_text("a,b\n1,2\n")
    (provkit.folder / "clean.py").write_text(CLEAN)
    (provkit.folder / "draw.py").write_text(DRAW)
    provkit("run", "clean.py")
    provkit("run", "draw.py")
    return provkit


def test_a_dataone_package_of_two_linked_runs(recorded: Any) -> None:
    """Fourteen of fourteen search fields; a bag that everybody can check."""
    recorded("package", "1", "2", "-o", "out.zip", "--as", "dataone")
    report = recorded("verify", "out.zip", "--json").json

    assert report["sound"]
    assert report["findings"] == []
    assert set(report["kinds"]) == {"bagit", "dataone"}
    assert len(report["index"]) == 14
    assert all(report["index"].values())
    with zipfile.ZipFile(recorded.folder / "out.zip") as archive:
        archive.extractall(recorded.folder / "in")
    (bag,) = (recorded.folder / "in").iterdir()
    assert bagit.Bag(str(bag)).validate()
    assert (bag / "data/clean.csv").read_bytes() == b"a\n1"


def test_a_crate(recorded: Any) -> None:
    recorded("package", "latest", "-o", "crate", "--as", "rocrate")
    metadata = json.loads((recorded.folder / "crate/ro-crate-metadata.json").read_text())

    assert any(row["@type"] == "CreateAction" for row in metadata["@graph"])
    assert recorded("verify", "crate").code == 0


def test_a_plain_bag(recorded: Any) -> None:
    recorded("package", "1", "-o", "bag", "--as", "bagit")
    assert bagit.Bag(str(recorded.folder / "bag")).validate()
    assert recorded("verify", "bag", "--json").json["kinds"] == ["bagit"]


def test_json_tells_every_file(recorded: Any) -> None:
    told = recorded("package", "1", "2", "--dry-run", "--json").json
    files = {row["path"]: row for row in told["files"]}

    assert {"raw.csv", "clean.csv", "plot.txt", "clean.py", "draw.py"} <= set(files)
    assert files["clean.csv"]["sha256"] == hashlib.sha256(b"a\n1").hexdigest()
    assert files["clean.csv"]["role"] == "output"
    assert told["out"] is None
    assert not list(recorded.folder.glob("out*"))


def test_options_shape_the_package(recorded: Any) -> None:
    def packed(*words: str) -> set[str]:
        told = recorded("package", "1", "2", "--dry-run", "--json", *words).json
        return {row["path"] for row in told["files"]}

    assert "raw.csv" not in packed("--exclude", "raw.csv")
    assert "plot.txt" not in packed("--include", "*.csv")
    assert "clean.py" not in packed("--max-size", "20")
    assert recorded("package", "--program", "draw.py", "--dry-run", "--json").json["runs"] == [
        recorded("runs", "--json").json[0]["id"]
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("package", "1"), 2),
        (("package", "-o", "x"), 2),
        (("package", "1", "-o", "x", "--as", "tarball"), 2),
        (("package", "1", "-o", "x", "--max-size", "big"), 2),
        (("package", "99", "-o", "x"), 3),
        (("package", "1", "-o", "clean.py"), 2),
        (("package", "1", "-o", "no/x"), 2),
        (("verify", "missing"), 2),
        (("verify", "clean.py"), 4),
    ],
)
def test_exit_codes(recorded: Any, words: tuple[str, ...], code: int) -> None:
    done = recorded(*words, code=code)
    assert done.err.startswith(("provkit: ", "Usage: "))
    assert not (recorded.folder / "x").exists()


def test_a_changed_package_ends_with_4(recorded: Any) -> None:
    recorded("package", "1", "-o", "bag")
    (recorded.folder / "bag/data/raw.csv").write_text("other")
    done = recorded("verify", "bag", code=4)

    assert "raw.csv" in done.text
    assert "B9" in done.text


SURROUNDINGS = [
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Tokyo", "LC_ALL": "ja_JP.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "12345"},
    {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "random", "COLUMNS": "20"},
]


@pytest.mark.parametrize("form", ["dataone", "rocrate", "bagit"])
def test_two_exports_are_equal_byte_for_byte(recorded: Any, form: str) -> None:
    """R19: whatever the zone, the language, the hash seed, the mask, and the name."""
    digests = set()
    for number, env in enumerate(SURROUNDINGS):
        out = recorded.folder / f"out-{number}.zip"
        recorded("package", "1", "2", "-o", out, "--as", form, env=env, umask=0o022 + number)
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())

    assert len(digests) == 1


def test_the_date_can_be_given(recorded: Any) -> None:
    """https://reproducible-builds.org/specs/source-date-epoch/"""
    recorded("package", "1", "-o", "bag", env={"SOURCE_DATE_EPOCH": "1000000000"})
    assert "Bagging-Date: 2001-09-09" in (recorded.folder / "bag/bag-info.txt").read_text()


def test_settings_of_the_project_reach_the_package(recorded: Any) -> None:
    config = recorded.folder / ".provkit/config.toml"
    config.write_text(
        '[package]\ntitle = "Monthly means"\n[[package.creators]]\ngiven = "Ann"\n'
        'surname = "Example"\norcid = "0000-0002-1825-0097"\n'
    )
    done = recorded("package", "1", "-o", "bag")
    eml = (recorded.folder / "bag/metadata/science-metadata.xml").read_text()

    assert "<title>Monthly means</title>" in eml
    assert "https://orcid.org/0000-0002-1825-0097" in eml
    assert "warning" not in done.err


def test_hostile_names_reach_no_terminal(recorded: Any) -> None:
    """A finding quotes names; none of them may move a cursor."""
    recorded("package", "1", "-o", "bag")
    Path(recorded.folder, "bag/data/\x1b[2J\u202e").write_text("x")
    done = recorded("verify", "bag", code=4)

    assert "\x1b" not in done.text + done.err
    assert "\u202e" not in done.text + done.err
