"""A workflow model tells which output came from which input, and what was done."""

from __future__ import annotations

from typing import Any

import pytest

from provkit.model.workflow import Workflow
from provkit.package.models import files_at_ports, tell_methods, workflow_derivations
from provkit.package.request import Knowledge, Policy
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

SCRIPT = b"""\
# @begin main @desc Split and draw.
# @in table @uri file:in/{year}.csv
# @in style @uri file:style.json
# @out part @uri file:parts/{year}/{n}.csv
# @out plot @uri file:plot.png

# @begin split @desc Cut the table.
# @in table
# @out part
# @end split

# @begin draw
# @in style
# @out plot
# @end draw
# @end main
"""
FILES = {"in/2020.csv": b"1", "style.json": b"{}"}
OUT = {"parts/2020/1.csv": b"p1", "parts/2020/2.csv": b"p2", "plot.png": b"png"}


@pytest.fixture
def model() -> Workflow:
    return build(extract_all([SourceText(path="main.py", data=SCRIPT)]))


@pytest.fixture
def run(lab: Any) -> Any:
    lab.files |= {"main.py": SCRIPT, **FILES}
    return lab.run("main.py", sorted(FILES), OUT)


def test_files_are_found_at_their_ports(model: Workflow, run: Any) -> None:
    """An input never stands at an out-port; a variable may hold a slash."""
    files = files_at_ports(model, run)
    found = {model.port_by_id[port].qualified_name: paths for port, paths in files.items()}

    assert found == {
        "main<-table": ("in/2020.csv",),
        "main<-style": ("style.json",),
        "main->part": ("parts/2020/1.csv", "parts/2020/2.csv"),
        "main->plot": ("plot.png",),
    }


def test_templates_start_where_the_run_did(model: Workflow, lab: Any) -> None:
    lab.files |= {f"sub/{name}": data for name, data in FILES.items()}
    run = lab.run("sub/main.py", ["sub/style.json"], {"sub/plot.png": b"p"}, directory="sub")

    assert sorted(files_at_ports(model, run).values()) == [("sub/plot.png",), ("sub/style.json",)]


def test_an_output_derives_from_what_its_step_takes(model: Workflow, run: Any) -> None:
    """Not every output from every input: the plot never saw the table."""
    assert workflow_derivations(model, files_at_ports(model, run)) == [
        ("parts/2020/1.csv", "in/2020.csv", "workflow"),
        ("parts/2020/2.csv", "in/2020.csv", "workflow"),
        ("plot.png", "style.json", "workflow"),
    ]


def test_the_model_counts_only_from_its_level_on(lab: Any, model: Workflow, run: Any) -> None:
    from dataclasses import replace  # noqa: PLC0415 - used by one test

    unseen = replace(run, derivations=())
    more = Knowledge(models={run.program_state.sha256: model})
    told = lab.package([unseen], knowledge=more).runs[0].derivations
    untold = lab.package([unseen], knowledge=more, policy=Policy(evidence="observed"))

    assert [claim.evidence for claim in told] == ["workflow"] * 3
    assert untold.runs[0].derivations == ()


def test_methods_tell_the_workflow(model: Workflow) -> None:
    assert list(tell_methods(model)) == [
        "main: Split and draw. It takes table, style. It gives part, plot.",
        "split: Cut the table. It takes table. It gives part.",
        "draw. It takes style. It gives plot.",
    ]


def test_a_workflow_is_told_once(lab: Any, model: Workflow, run: Any) -> None:
    """Ten runs of one script have one description of its method."""
    lab.run("main.py", sorted(FILES), OUT)
    more = Knowledge(models={run.program_state.sha256: model})
    methods = lab.package(knowledge=more).methods

    assert len([text for text in methods if text.startswith("main: ")]) == 1
    assert len([text for text in methods if text.startswith("Run ")]) == 2
