"""What annotated scripts mean, case by case: tests/data/yw/cases.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from provkit.app.workflows import ScriptOptions, check_scripts
from provkit.errors import AnnotationError
from provkit.model.workflow import Annotations, Workflow
from provkit.yw.build import build
from provkit.yw.extract import extract

PLACE = Path(__file__).resolve().parents[1] / "data" / "yw" / "cases.toml"
CASES = tomllib.loads(PLACE.read_text(encoding="utf-8"))["case"]


def annotation_rows(found: Annotations) -> list[str]:
    return [
        f"{a.line} {a.tag} {a.value}" + ("" if a.qualifies is None else f" -> {a.qualifies}")
        for a in found.annotations
    ]


def model_rows(workflow: Workflow) -> dict[str, set[str]]:
    port, data = workflow.port_by_id, workflow.data_by_id
    programs = workflow.programs
    return {
        "channels": {
            f"{port[c.source].qualified_name} {port[c.sink].qualified_name}"
            for c in workflow.channels
        },
        "ports": {f"{p.qualified_name}: {data[p.data].qualified_name}" for p in workflow.ports},
        "workflows": {p.qualified_name for p in programs if p.is_workflow},
        "functions": {p.qualified_name for p in programs if p.is_function},
    }


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_a_script_means_what_the_case_says(case: dict[str, Any], tmp_path: Path) -> None:
    text = case["text"]
    annotations = extract(text, path=case["name"])
    if "error" in case:
        with pytest.raises(AnnotationError, match=f"^{case['name']}:{case['error']}: "):
            build(annotations)
        return
    script = tmp_path / case["name"]
    script.write_text(text, encoding="utf-8")
    found = check_scripts(ScriptOptions(files=(str(script),)))
    told = {
        **model_rows(build(annotations)),
        "annotations": annotation_rows(annotations),
        "findings": {f"{each.code} {each.line}" for each in found},
    }
    expected = {key: value for key, value in case.items() if key in told}

    assert expected
    for key, rows in expected.items():
        assert told[key] == (rows if key == "annotations" else set(rows)), key
