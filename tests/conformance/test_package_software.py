"""Packages before other people's software: DataONE's libraries, metapype, roc-validator, raptor.

The libraries clash with ours, so each lives in an environment of its own:
``PROVKIT_DATAONE_PYTHON`` names an interpreter with ``dataone-common`` and ``metapype``,
``PROVKIT_ROC_PYTHON`` one with ``roc-validator`` and, without its dependencies, ``rocrate``.
Without them these tests are skipped and say so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from provkit.files import fingerprint_bytes
from provkit.model.run import Run, fold
from provkit.package.assemble import assemble
from provkit.package.base import Opener, Package
from provkit.package.extras import model_files, provenance_file
from provkit.package.forms import write_package
from provkit.package.request import Knowledge
from provkit.package.settings import Person, Settings
from provkit.testing.records import NOON, run_events
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

HERE = Path(__file__).parent
SCRIPT = b"""\
# @begin clean @desc Cut, then sum.
# @in raw @uri file:raw/{station}.csv
# @param limit
# @out table @uri file:table.csv
# @begin cut
# @in raw
# @param limit
# @out part
# @end cut
# @begin sum @desc Add up.
# @in part
# @out table
# @end sum
# @end clean
"""
CONTENTS = {"raw/a b.csv": b"1", "raw/c&d.csv": b"2", "table.csv": b"3", "plot.png": b"4"}
SETTINGS = Settings(
    title="Sums of two stations over one month of measurements",
    abstract="Two stations.",
    rights="CC-BY-4.0",
    keywords=("station",),
    creators=(
        Person(given="Ann", surname="Example", email="a@example.org", orcid="0000-0002-1825-0097"),
        Person(organization="Example University"),
    ),
)


def _runs() -> list[Run]:
    first = run_events(
        run=str(uuid.UUID(int=1, version=4)), seq=1, program="clean.py", command=("python", "clean.py"),
        source=SCRIPT, inputs={name: CONTENTS[name] for name in ("raw/a b.csv", "raw/c&d.csv")},
        outputs={"table.csv": b"3"}, parameters={"limit": "3"},
    )  # fmt: skip
    second = run_events(
        run=str(uuid.UUID(int=2, version=4)), seq=2, program="plot.R", started=NOON + timedelta(hours=1),
        source=b"# plot\n", inputs={"table.csv": b"3"}, outputs={"plot.png": b"4"},
    )  # fmt: skip
    return [fold(first), fold(second)]


@pytest.fixture
def package() -> Package:
    """Two linked runs, the first of an annotated program."""
    runs = _runs()
    model = build(extract_all([SourceText(path="clean.py", data=SCRIPT)]))
    data = [SCRIPT, b"# plot\n", *CONTENTS.values()]
    archive = {fingerprint_bytes(each).sha256: each for each in data}

    def locate(sha256: str, path: str) -> Opener:
        del path
        return lambda: BytesIO(archive[sha256])

    return assemble(
        runs,
        locate=locate,
        date=NOON + timedelta(days=1),
        made_by="provkit",
        settings=SETTINGS,
        knowledge=Knowledge(
            models={fingerprint_bytes(SCRIPT).sha256: model},
            extras=(*model_files(model, "clean.py", picture=False), provenance_file(runs)),
        ),
    )


def _interpreter(variable: str, what: str) -> str:
    named = os.environ.get(variable, "")
    if not named:
        pytest.skip(f"needs {what} in its own environment: set {variable} to its python")
    return named


def _answers(command: Sequence[str | Path]) -> list[Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_dataone_takes_the_package_for_one(package: Package, tmp_path: Path) -> None:
    """The map, every system metadata document and the EML: no complaint of any of them."""
    python = _interpreter("PROVKIT_DATAONE_PYTHON", "dataone-common and metapype")
    write_package(package, "dataone", str(tmp_path / "bag"))
    (said,) = _answers([python, HERE / "read_dataone.py", tmp_path / "bag"])
    pids = {member.name for member in package.members}

    assert said["map"].startswith("resource_map_urn:uuid:")
    assert len(said["metadata"]) == 1
    assert set(said["aggregated"]) == pids | set(said["metadata"])
    assert said["found_by_pid"] == len(said["aggregated"])
    assert {pid for pid, _ in said["system_metadata"]} == {*said["aggregated"], said["map"]}
    assert said["eml_errors"] == []


@pytest.mark.parametrize(
    "profile", ["process-run-crate", "workflow-run-crate", "provenance-run-crate"]
)
def test_the_crate_keeps_what_its_profiles_require(
    package: Package, tmp_path: Path, profile: str
) -> None:
    """Every profile that the crate says it conforms to."""
    python = _interpreter("PROVKIT_ROC_PYTHON", "roc-validator and rocrate")
    write_package(package, "rocrate", str(tmp_path / "crate"))
    (said,) = _answers([python, HERE / "validate_crate.py", profile, tmp_path / "crate"])

    assert said["issues"] == []


def test_the_validator_would_notice(package: Package, tmp_path: Path) -> None:
    """The check of the check: an action without instrument is refused."""
    python = _interpreter("PROVKIT_ROC_PYTHON", "roc-validator and rocrate")
    write_package(package, "rocrate", str(tmp_path / "crate"))
    path = tmp_path / "crate/ro-crate-metadata.json"
    document = json.loads(path.read_text())
    for row in document["@graph"]:
        row.pop("instrument", None)
    path.write_text(json.dumps(document))
    command = [python, HERE / "validate_crate.py", "process-run-crate", tmp_path / "crate"]
    (said,) = _answers(command)

    assert any("instrument" in issue for issue in said["issues"])


def test_raptor_counts_the_same_triples(package: Package, tmp_path: Path) -> None:
    """The strictest reader of RDF/XML."""
    rapper = shutil.which("rapper")
    if rapper is None:
        pytest.skip("needs rapper (apt install raptor2-utils)")
    write_package(package, "dataone", str(tmp_path / "bag"))
    command = [
        rapper,
        "-q",
        "-i",
        "rdfxml",
        "-o",
        "ntriples",
        tmp_path / "bag/metadata/oai-ore.xml",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    import rdflib  # noqa: PLC0415 - costs 250 ms

    theirs = rdflib.Graph().parse(data=done.stdout, format="nt")
    ours = rdflib.Graph().parse(tmp_path / "bag/metadata/oai-ore.xml", format="xml")
    assert set(theirs) == set(ours)
