"""Whatever a well-formed script says, its pictures and facts are sound."""

from __future__ import annotations

import os
from pathlib import Path

import pygraphviz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.drawing.dot import write_dot
from provkit.drawing.mermaid import write_mermaid
from provkit.drawing.text import write_text
from provkit.yw.build import build
from provkit.yw.draw import draw_view
from provkit.yw.extract import extract
from provkit.yw.facts import extract_facts, model_facts, recon_facts
from provkit.yw.recon import reconstruct_below
from provkit.yw.relations import write_csv, write_prolog
from provkit.yw.shapes import model_json, recon_json
from provkit.yw.views import GraphOptions, graph_json, view_workflow

EXAMPLES = 2000 if os.environ.get("FULL") else 60

names = st.sampled_from(["a", "b", "c", "W", "S", 'q"', "x|y", "{z}", "\\", "é", "in:a", "S#2"])
uris = st.sampled_from(["d/{v}.csv", "{a}{b}", "/{x}", "./f", "http://h/{y}", "d/", "../{v}", "\0"])
lines = st.one_of(
    st.builds("# @begin {} @desc {}".format, names, names),
    st.builds("# @in {} @uri {}".format, names, uris),
    st.builds("# @param {} @as {}".format, names, names),
    st.builds("# @out {} @uri {} @log {{t}} {}".format, names, uris, names),
    st.builds("# @return {}".format, names),
    st.just("# @end"),
)


def balance(middle: list[str]) -> str:
    """A script in which every block is closed, and W last."""
    kept, depth = ["# @begin W"], 1
    for line in middle:
        depth += line.startswith("# @begin")
        if line == "# @end" and depth == 1:
            continue
        depth -= line == "# @end"
        kept.append(line)
    return "\n".join([*kept, *["# @end"] * depth])


scripts = st.lists(lines, max_size=25).map(balance)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    text=scripts,
    view=st.sampled_from(["process", "data", "combined"]),
    params=st.sampled_from(["reduce", "show", "hide"]),
    ports=st.sampled_from(["group", "relax", "hide"]),
)
def test_every_view_is_a_sound_graph(text: str, view: str, params: str, ports: str) -> None:
    """Distinct nodes, no arrow from or to nowhere, and Graphviz sees the same."""
    workflow = build(extract(text, "python"))
    options = GraphOptions(view=view, params=params, ports=ports)  # type: ignore[arg-type] # sampled
    seen = view_workflow(workflow, options)

    ids = [node.id for node in seen.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for a, b, _ in seen.edges for end in (a, b)} <= set(ids)
    diagram = draw_view(seen, options)
    graph = pygraphviz.AGraph(string=write_dot(diagram))
    assert (len(graph.nodes()), len(graph.edges())) == (len(ids), len(seen.edges))
    assert graph_json(seen, "LR")["nodes"] or not ids
    assert write_mermaid(diagram)
    assert len(write_text(diagram, alike=10**6).splitlines()) >= len(ids)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run")
    (root / "d").mkdir()
    for name in ("d/x.csv", "f", "ab"):
        (root / name).write_text("1 a\n2 b\n")
    return root


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=scripts)
def test_facts_and_resources_are_made_of_anything(folder: Path, text: str) -> None:
    """Every name can be written, and every row has its resource."""
    annotations = extract(text, "python")
    workflow = build(annotations)
    found = reconstruct_below(workflow, str(folder / "d"))
    facts = extract_facts(annotations) + model_facts(workflow) + recon_facts(found)

    assert len(write_prolog(facts).encode()) > len(write_csv(facts[:1]))
    assert model_json(workflow)["workflow"] == "W"
    assert recon_json(workflow, found)["resources"] == sorted(r.path for r in found.resources)
    assert {b.resource for b in found.bindings} == {r.id for r in found.resources}
