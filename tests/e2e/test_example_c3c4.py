"""The main job, as a newcomer sees it: the C3/C4 example through the installed program."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import bagit
import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "c3c4"
SCRIPTS = (
    ("preparing_step.py",),
    ("examine_pixels_for_grass.py", "--threshold", "2.5"),
    ("generating_final_results.py",),
    ("examine_pixels_for_grass.py", "--threshold", "5"),
    ("generating_final_results.py",),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, provkit_bin: Path) -> Path:
    """A folder in which the five runs of the example have been recorded."""
    folder = tmp_path_factory.mktemp("c3c4")
    shutil.copytree(EXAMPLE / "inputs", folder / "inputs")
    for script in EXAMPLE.glob("*.py"):
        shutil.copy(script, folder)
    for number, script in enumerate(SCRIPTS, start=1):
        subprocess.run([provkit_bin, "run", *script], cwd=folder, check=True, capture_output=True)
        intermediate = folder / "prepared" / "grass_months.csv"
        if number in (2, 4):
            shutil.copy(intermediate, folder.parent / f"{folder.name}.seen-{number}.csv")
    return folder


def ask(provkit: Path, folder: Path, *words: str) -> bytes:
    done = subprocess.run([provkit, *words], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def expected_versions() -> dict[str, int]:
    """The hand-written answer, with the months written out."""
    written = json.loads((EXAMPLE / "expected" / "grass_map_lineage.json").read_text())
    versions: dict[str, int] = {}
    for path, count in written["versions_of_each_path"].items():
        if isinstance(count, int):
            versions[path] = count
        else:
            versions.update({path.replace("{month}", str(month)): 1 for month in range(1, 13)})
    return versions


def test_lineage_names_exactly_what_made_the_grass_map(recorded: Path, provkit_bin: Path) -> None:
    """The paper's figure 4: both versions of the intermediate file, five runs, nothing else."""
    answer = json.loads(ask(provkit_bin, recorded, "lineage", "results/Grass_map.csv", "--json"))

    versions: dict[str, set[str]] = defaultdict(set)
    for file in answer["files"]:
        versions[file["path"]].add(file["sha256"])
    assert {path: len(hashes) for path, hashes in versions.items()} == expected_versions()
    written = json.loads((EXAMPLE / "expected" / "grass_map_lineage.json").read_text())
    runs = [{"seq": run["seq"], "program": run["program"]} for run in answer["runs"]]
    assert sorted(runs, key=lambda run: run["seq"]) == written["runs"]


@pytest.mark.parametrize("run", [2, 4])
def test_both_versions_of_the_intermediate_file_come_back(
    recorded: Path, provkit_bin: Path, run: int
) -> None:
    """The second version overwrote the first one; the archive has both, byte for byte."""
    seen = (recorded.parent / f"{recorded.name}.seen-{run}.csv").read_bytes()

    assert ask(provkit_bin, recorded, "cat", f"prepared/grass_months.csv@{run}") == seen
    ask(provkit_bin, recorded, "restore", f"prepared/grass_months.csv@{run}", "-o", f"old{run}.csv")
    assert (recorded / f"old{run}.csv").read_bytes() == seen


def test_the_hybrid_graph_has_the_files_of_the_run_in_it(recorded: Path, provkit_bin: Path) -> None:
    """Figure 1(b): inputs and outputs of the workflow are filled in, the matrices are not."""
    answer = json.loads(
        ask(
            provkit_bin,
            recorded,
            "graph",
            "hybrid",
            "--script",
            "preparing_step.py",
            "--run",
            "1",
            "--json",
        )
    )

    nodes = {node["id"]: node for node in answer["nodes"]}
    temperatures = {
        f"inputs/air_temperature/air_monthly_2012_2015_mean.{m}.csv" for m in range(1, 13)
    }
    assert set(nodes["mean_airtemp"]["uris"]) == temperatures
    assert nodes["climate_table"]["uris"] == ["prepared/monthly_climate.csv"]
    assert nodes["Rain_Matrix"]["kind"] == "data"


def test_the_package_is_accepted_by_other_software(recorded: Path, provkit_bin: Path) -> None:
    """bagit checks the bag, provkit the map."""

    ask(provkit_bin, recorded, "package", "5", "--upstream", "-o", "grass", "--as", "dataone")
    bagit.Bag(str(recorded / "grass")).validate()
    ask(provkit_bin, recorded, "verify", "grass")


def test_the_demo_runs_clean(tmp_path: Path, provkit_bin: Path) -> None:
    """What a newcomer sees: every step done, no warning, no stack trace."""
    path = f"{provkit_bin.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", EXAMPLE / "demo.sh", tmp_path / "demo"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )
    screen = done.stdout.decode() + done.stderr.decode()

    assert done.returncode == 0, screen
    assert "Traceback" not in screen
    assert "warning" not in screen.lower()
    for picture in ("workflow.svg", "hybrid.svg", "lineage.svg"):
        assert (tmp_path / "demo" / picture).read_text().count("<svg") == 1


def test_the_grass_map_itself_is_right(recorded: Path) -> None:
    """Recording changes nothing: the same bytes as without provkit."""
    plain = recorded.parent / f"{recorded.name}-plain"
    shutil.copytree(EXAMPLE, plain)
    for script in SCRIPTS:
        subprocess.run(["python3", *script], cwd=plain, check=True, capture_output=True)
    for name in ("Grass_map.csv", "C3_fraction.csv", "C4_fraction.csv"):
        with_it, without = recorded / "results" / name, plain / "results" / name
        assert (
            hashlib.sha256(with_it.read_bytes()).digest()
            == hashlib.sha256(without.read_bytes()).digest()
        )
