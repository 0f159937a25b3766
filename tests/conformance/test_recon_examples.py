"""Real scripts, real files: which data each resource of the published examples belongs to.

The examples (yw-idcc-17) lie beside the checkout, or the tests are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provkit.model.workflow import Workflow
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all
from provkit.yw.recon import reconstruct_below, reconstruct_recorded
from provkit.yw.reconstruction import Reconstruction
from provkit.yw.resource_list import RecordedResources

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
EXAMPLES = [path.stem for path in sorted(DATA.glob("idcc/*.json"))] or ["none"]


def load(example: str) -> tuple[dict[str, Any], Workflow]:
    """What is known of an example, and the model of its script."""
    if not DATA.is_dir():
        pytest.skip("the published examples do not lie beside the checkout")
    known = json.loads((DATA / f"idcc/{example}.json").read_text())
    stem = example.partition("-")[0]
    scripts = [path for path in DATA.glob(f"scripts/{stem}.*") if path.suffix != ".json"]
    if "hybrid_join" not in known or not scripts:
        pytest.skip("this example has no script")
    source = SourceText(path=scripts[0].name, data=scripts[0].read_bytes())
    return known, build(extract_all([source]), known["top_workflow"])


def pairs(workflow: Workflow, found: Reconstruction) -> set[tuple[str, str]]:
    return {
        (workflow.data_by_id[each.data].name, found.path_of[each.resource])
        for each in found.bindings
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_resources_belong_to_the_data_they_should(example: str, tmp_path: Path) -> None:
    """Recorded lists by role with variables over folders; else the files, in their folders."""
    known, workflow = load(example)
    join = known["hybrid_join"]
    expected = {(name, path) for _, name, path in join.get("rematch_data_uri") or join["data_uri"]}
    if "bridge" in join["rematch_method"]:
        [*_, recorded] = known["recon"].values()
        lists = RecordedResources(tuple(recorded["inputs"]), tuple(recorded["outputs"]))
        found = reconstruct_recorded(workflow, lists)
    else:
        for _, path in known["facts"]["resource/2"]:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        found = reconstruct_below(workflow, str(tmp_path))

    assert pairs(workflow, found) == expected


def test_values_of_the_data_collection_are_all_there(tmp_path: Path) -> None:
    """405 files in a hierarchy of folders, 1405 values of variables."""
    known, workflow = load("simulate_data_collection")
    for _, path in known["facts"]["resource/2"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    paths = dict(known["facts"]["resource/2"])
    names = {number: name for number, name, _ in known["facts"]["uri_variable/3"]}

    found = reconstruct_below(workflow, str(tmp_path))

    name_of = {number: name for port in workflow.ports for number, name in port.variables}
    values = {
        (found.path_of[each.resource], name_of[number], value)
        for each in found.bindings
        for number, value in zip(each.variables, each.values, strict=True)
    }
    assert len(found.resources) == 405
    assert values >= {
        (paths[resource], names[number], value)
        for resource, number, value in known["facts"]["uri_variable_value/3"]
        if value  # YesWorkflow gives a variable at the very end nothing
    }
