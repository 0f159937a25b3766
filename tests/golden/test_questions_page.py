"""The page of questions says what the files say, and its answers are true."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from provkit.app.project import Project, create_project
from provkit.app.questions import QuestionAnswer, ask_question
from provkit.query.catalog import Column, Query, catalog
from provkit.query.reference import Table, questions_page
from provkit.testing.records import NOON, run_events, write_run

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "examples" / "c3c4"
PAGE = CHECKOUT / "docs" / "reference" / "questions.md"


class Step(NamedTuple):
    """One run of the example: what it reads and writes, as its script says."""

    script: str
    inputs: str
    outputs: tuple[str, ...]
    threshold: str = ""


FINAL = ("results/C3_fraction.csv", "results/C4_fraction.csv", "results/Grass_map.csv")
MONTHS = ("prepared/grass_months.csv",)
STEPS = (
    Step("preparing_step.py", "inputs/*/*.csv", ("prepared/monthly_climate.csv",)),
    Step("examine_pixels_for_grass.py", "prepared/monthly_climate.csv", MONTHS, "2.5"),
    Step("generating_final_results.py", "prepared/grass_months.csv", FINAL),
    Step("examine_pixels_for_grass.py", "prepared/monthly_climate.csv", MONTHS, "5"),
    Step("generating_final_results.py", "prepared/grass_months.csv", FINAL),
)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The scripts of the example are run; what they did is recorded without a recorder."""
    folder = tmp_path_factory.mktemp("c3c4")
    shutil.copytree(EXAMPLE / "inputs", folder / "inputs")
    for script in EXAMPLE.glob("*.py"):
        shutil.copy(script, folder)
    project = create_project(folder, version="0.1.0")
    for number, step in enumerate(STEPS, 1):
        words = ["--threshold", step.threshold] if step.threshold else []
        subprocess.run(
            [sys.executable, step.script, *words], cwd=folder, check=True, capture_output=True
        )
        found = {
            str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.glob(step.inputs))
        }
        left = {path: (folder / path).read_bytes() for path in step.outputs}
        source = (folder / step.script).read_bytes()
        events = run_events(
            run=f"00000000-0000-4000-8000-{number:012d}",
            program=step.script,
            command=("python3", step.script, *words),
            started=NOON + timedelta(minutes=number),
            tags=("wet",) if step.threshold == "2.5" else (),
            parameters={"threshold": step.threshold} if step.threshold else {},
            inputs=found,
            outputs=left,
            source=source,
        )
        write_run(project, events, contents=[source])
    return project


def test_the_page_is_what_the_files_say(
    example: Project, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Generated, and compared here; --update-golden writes it anew."""
    monkeypatch.chdir(example.root)
    page = questions_page(catalog, _answers(example))
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page, encoding="utf-8")

    assert page == PAGE.read_text(encoding="utf-8"), "see --update-golden"


def _answers(project: Project) -> Callable[[Query], Table | None]:
    def answer(query: Query) -> Table | None:
        if query.example is None:
            return None
        found = ask_question(project, query.name, dict(query.example))
        assert found.rows, f"{query.name} has an example without an answer"
        return _shown(found)

    return answer


def _shown(found: QuestionAnswer) -> Table:
    kept = [at for at, column in enumerate(found.header) if column.kind != "time"]
    headers = [found.header[at].name for at in kept]
    rows = [[_cell(found, found.header[at], row[at]) for at in kept] for row in found.rows]
    return headers, rows


def _cell(found: QuestionAnswer, column: Column, value: object) -> str:
    if value is None:
        return ""
    if column.kind == "run":
        return str(found.numbers[str(value)])
    return str(value)[:12] if column.kind == "sha256" else str(value)


def answers(project: Project, name: str, **values: str) -> list[tuple[object, ...]]:
    """Rows with runs by number, times left out."""
    return [tuple(row) for row in _shown(ask_question(project, name, values))[1]]


class TestHandWritten:
    """Answers that a person can read off the scripts."""

    @pytest.fixture(autouse=True)
    def _here(self, example: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(example.root)

    def test_both_thresholds_were_tried(self, example: Project) -> None:
        assert answers(example, "differing-parameters") == [
            ("examine_pixels_for_grass.py", "threshold", "2.5", "2"),
            ("examine_pixels_for_grass.py", "threshold", "5", "4"),
        ]

    def test_the_months_were_overwritten_and_the_map_stayed_the_same(
        self, example: Project
    ) -> None:
        assert answers(example, "overwritten", path=MONTHS[0]) == [(MONTHS[0], "2", "4")]
        assert answers(example, "same-result", path=FINAL[2]) == [(FINAL[2], "3", "5")]

    def test_the_raw_inputs_are_the_climate_of_each_month(self, example: Project) -> None:
        raw = {row[0] for row in answers(example, "raw-inputs")}

        assert len(raw) == 24
        assert all(str(path).startswith("inputs/") for path in raw)

    def test_the_results_are_what_nobody_reads(self, example: Project) -> None:
        assert {row[0] for row in answers(example, "final-outputs")} == set(FINAL)

    def test_nothing_is_stale_until_an_input_is_made_anew(self, example: Project) -> None:
        assert answers(example, "stale-outputs") == []

    def test_a_map_depends_on_every_program(self, example: Project) -> None:
        programs = {row[2] for row in answers(example, "contributors", path=FINAL[2])}

        assert programs == {step.script for step in STEPS}

    def test_files_stand_for_data_of_the_workflow(self, example: Project) -> None:
        rows = answers(example, "files-of-data", data="mean_airtemp")

        assert len(rows) == 12
        assert {row[3] for row in rows} == {"1"}
        assert answers(example, "undeclared-files") == []
        assert answers(example, "unfilled-data") == []
