"""The three views show what is declared: every end of an edge is a node, every flow is there."""

from __future__ import annotations

from typing import Any

import pytest

from provkit.errors import UsageError
from provkit.yw.build import build
from provkit.yw.draw import draw_view
from provkit.yw.extract import extract
from provkit.yw.views import GraphOptions, View, graph_json, view_workflow

CLEAN = """
# @begin study @desc all of it
# @in raw @uri file:raw/{site}.csv
# @param limit
# @out table @uri file:table.csv
# @begin clean @desc drop what is wrong
# @in raw @uri file:elsewhere.csv
# @param limit
# @out good @as clean_rows @uri file:good.csv
# @end clean
# @begin sum_up
# @in clean_rows
# @out table @uri file:t/{year}.csv
# @begin count
# @in clean_rows
# @out table
# @end count
# @end sum_up
# @end study
"""


def view(text: str, **options: Any) -> View:
    return view_workflow(build(extract(text, "python")), GraphOptions(**options))


def nodes(found: View) -> dict[str, str]:
    return {node.id: node.kind for node in found.nodes}


def lines(found: View) -> dict[str, tuple[str, ...]]:
    return {node.id: node.lines for node in found.nodes}


def test_process_view_has_steps_and_what_flows_between_them() -> None:
    """An alias is the name under which data flows."""
    found = view(CLEAN)

    assert nodes(found) == {
        "step:clean": "step",
        "step:sum_up": "subworkflow",
        "in:raw": "input_port",
        "in:limit": "input_port",
        "out:table": "output_port",
    }
    assert set(found.edges) == {
        ("step:clean", "step:sum_up", "clean_rows"),
        ("in:raw", "step:clean", "raw"),
        ("in:limit", "step:clean", "limit"),
        ("step:sum_up", "out:table", "table"),
    }


def test_data_view_has_data_and_which_step_makes_what_of_it() -> None:
    """Parameters are told apart from other data."""
    found = view(CLEAN, view="data")

    assert nodes(found) == {
        "data:raw": "data",
        "data:clean_rows": "data",
        "data:table": "data",
        "data:limit": "param",
        "in:raw": "input_port",
        "in:limit": "input_port",
        "out:table": "output_port",
    }
    assert set(found.edges) == {
        ("data:raw", "data:clean_rows", "clean"),
        ("data:limit", "data:clean_rows", "clean"),
        ("data:clean_rows", "data:table", "sum_up"),
        ("in:raw", "data:raw", ""),
        ("in:limit", "data:limit", ""),
        ("data:table", "out:table", ""),
    }


def test_combined_view_has_both() -> None:
    """One edge for each port of a step, without a label."""
    found = view(CLEAN, view="combined")

    assert set(found.edges) == {
        ("step:clean", "data:clean_rows", ""),
        ("data:raw", "step:clean", ""),
        ("data:limit", "step:clean", ""),
        ("step:sum_up", "data:table", ""),
        ("data:clean_rows", "step:sum_up", ""),
        ("in:raw", "data:raw", ""),
        ("in:limit", "data:limit", ""),
        ("data:table", "out:table", ""),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"step:clean": ("clean", "drop what is wrong"), "step:sum_up": ("sum_up",)}),
        ({"program_labels": "name"}, {"step:clean": ("clean",)}),
        (
            {"program_labels": "description"},
            {"step:clean": ("drop what is wrong",), "step:sum_up": ("sum_up",)},
        ),
        (
            {},
            {
                "data:raw": ("raw", "file:raw/{site}.csv"),
                "data:clean_rows": ("clean_rows", "file:good.csv"),
                "data:table": ("table", "file:t/{year}.csv"),
                "data:limit": ("limit",),
            },
        ),
        ({"data_labels": "name"}, {"data:raw": ("raw",)}),
        ({"data_labels": "uri"}, {"data:raw": ("file:raw/{site}.csv",), "data:limit": ("limit",)}),
    ],
)
def test_labels(options: dict[str, str], expected: dict[str, tuple[str, ...]]) -> None:
    """A template is shown where the data comes from, never where it is read."""
    found = lines(view(CLEAN, view="combined", **options))

    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("name", ["process", "data", "combined"])
def test_hidden_parameters_leave_nothing_behind(name: str) -> None:
    """Neither the node nor the port nor an edge."""
    found = view(CLEAN, view=name, params="hide")

    assert not [node for node in found.nodes if node.name == "limit"]
    assert not [edge for edge in found.edges if "limit" in "".join(edge)]


def test_shown_parameters_are_data() -> None:
    """``show`` makes no difference between the two."""
    assert nodes(view(CLEAN, view="data", params="show"))["data:limit"] == "data"


def test_a_name_is_a_parameter_only_if_every_reader_says_so() -> None:
    """Read once with @in it is data, and stays when parameters are hidden."""
    text = """
# @begin W @in x @in p @out z
# @begin S @param x @param p @out m
# @end S
# @begin T @in x @in m @out z
# @end T
# @end W
"""
    assert nodes(view(text, view="data"))["data:x"] == "data"
    assert nodes(view(text, view="data"))["data:p"] == "param"
    hidden = view(text, view="combined", params="hide")
    assert ("data:x", "step:S", "") in hidden.edges
    assert "data:p" not in nodes(hidden)


@pytest.mark.parametrize("name", ["process", "data", "combined"])
def test_ports_can_be_hidden(name: str) -> None:
    """Nodes and edges."""
    found = view(CLEAN, view=name, ports="hide")

    assert not set(nodes(found).values()) & {"input_port", "output_port"}
    assert not [edge for edge in found.edges if edge[0][:3] == "in:" or edge[1][:4] == "out:"]


def test_edge_labels_can_be_hidden() -> None:
    """The arrows stay."""
    assert {label for _, _, label in view(CLEAN, edge_labels="hide").edges} == {""}


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({}, "study"),
        ({"title": "My study"}, "My study"),
        ({"title_position": "hide"}, None),
        ({"subworkflow": "study.sum_up"}, "study.sum_up"),
    ],
)
def test_title(options: dict[str, str], title: str | None) -> None:
    """The qualified name of the block, unless said otherwise."""
    assert view(CLEAN, **options).title == title


def test_a_subworkflow_is_drawn_from_inside() -> None:
    """Its own ports are now the outer ones, and templates outside are not its own."""
    found = view(CLEAN, view="combined", subworkflow="study.sum_up")

    assert lines(found) == {
        "step:count": ("count",),
        "data:clean_rows": ("clean_rows",),
        "data:table": ("table",),
        "in:clean_rows": (),
        "out:table": (),
    }


def test_a_block_without_steps_of_its_own_is_an_empty_frame() -> None:
    """As YesWorkflow draws it; only the top block is its own step."""
    assert view(CLEAN, subworkflow="study.clean").nodes == ()
    assert nodes(view("# @begin W\n# @end W\n")) == {"step:W": "step"}


def test_an_unknown_block_is_told_with_the_right_name() -> None:
    """A bare name is not enough, and the hint has the qualified one."""
    with pytest.raises(UsageError, match="sum_up") as caught:
        view(CLEAN, subworkflow="sum_up")
    assert "study.sum_up" in caught.value.hint


def test_steps_data_and_ports_of_one_name_are_three_nodes() -> None:
    """YesWorkflow makes one node of them, with an arrow to itself."""
    text = "# @begin W @in x @out y\n# @begin x @in x @out y\n# @end x\n# @end W\n"

    found = view(text, view="combined")

    assert {"step:x", "data:x", "in:x"} <= set(nodes(found))
    assert ("data:x", "step:x", "") in found.edges


def test_two_steps_of_one_name_are_two_nodes() -> None:
    """The second is counted, past a name that looks like the count."""
    text = """
# @begin W @in a @out c
# @begin S @in a @out b
# @end S
# @begin S#2 @in a @out d
# @end S#2
# @begin S @in b @out c
# @end S
# @end W
"""
    found = view(text)

    assert [n.id for n in found.nodes if n.kind == "step"] == ["step:S", "step:S#2", "step:S#3"]
    assert ("step:S", "step:S#3", "b") in found.edges
    assert ("step:S#3", "out:c", "c") in found.edges


@pytest.mark.parametrize("name", ["process", "data", "combined"])
def test_all_writers_of_a_name_are_seen(name: str) -> None:
    """YesWorkflow's process view shows only the last."""
    text = """
# @begin W @in q @out z
# @begin A @in q @out z
# @end A
# @begin B @in q @out z
# @end B
# @begin C @in z @out w
# @end C
# @end W
"""
    expected = {
        "process": {("step:A", "step:C", "z"), ("step:B", "out:z", "z")},
        "data": {("data:q", "data:z", "A"), ("data:q", "data:z", "B")},
        "combined": {("step:A", "data:z", ""), ("step:B", "data:z", "")},
    }
    assert expected[name] <= set(view(text, view=name).edges)


ODD = {
    "passed through": "# @begin W @in x @out x\n# @begin S @in x @out y\n# @end S\n# @end W\n",
    "in place": "# @begin W @in a @out a\n# @begin S @in a @out a\n# @end S\n# @end W\n",
    "nothing fits": "# @begin W @in a @out b\n# @begin S @in q @out r\n# @end S\n# @end W\n",
    "a circle": "# @begin W\n# @begin S @in a @out b\n# @end S\n# @begin T @in b @out a\n# @end T\n# @end W\n",
    "a function": "# @begin W @in a\n# @begin F @in a @return r\n# @end F\n# @end W\n",
    "two tops": "# @begin W @in a @out b\n# @end W\n# @begin V @in b @out c\n# @end V\n",
    "own name": "# @begin W @in a @out b\n# @begin W @in a @out b\n# @end W\n# @end W\n",
    "unused": "# @begin W @in a @in u @out z @out v\n# @begin S @in a @out z @out n\n# @end S\n# @end W\n",
}


@pytest.mark.parametrize("name", ["process", "data", "combined"])
@pytest.mark.parametrize("params", ["reduce", "show", "hide"])
@pytest.mark.parametrize("text", [CLEAN, *ODD.values()], ids=["plain", *ODD])
def test_every_end_of_an_edge_is_a_node(text: str, name: str, params: str) -> None:
    """Graphviz invents what is not declared; so do readers."""
    found = view(text, view=name, params=params)

    known = set(nodes(found))
    assert len(known) == len(found.nodes)
    assert {end for a, b, _ in found.edges for end in (a, b)} <= known


def test_what_nothing_uses_is_not_drawn() -> None:
    """The check tells of it; the picture shows what flows."""
    found = view(ODD["unused"], view="combined")

    assert set(nodes(found)) == {"step:S", "data:a", "data:z", "in:a", "out:z"}


def test_an_input_that_goes_straight_through_is_drawn() -> None:
    """YesWorkflow's process view crashes here."""
    assert ("in:x", "step:S", "x") in view(ODD["passed through"]).edges
    assert ("data:a", "data:a", "S") in view(ODD["in place"], view="data").edges


def test_json_is_sorted_and_has_names() -> None:
    """Two runs give the same bytes; the label is what a reader sees."""
    found = graph_json(view(CLEAN, view="combined"), "TB")

    assert found["rankdir"] == "TB"
    assert [node["id"] for node in found["nodes"]] == sorted(node["id"] for node in found["nodes"])
    assert found["edges"] == sorted(found["edges"])
    assert {
        "id": "data:raw",
        "name": "raw",
        "label": "raw\nfile:raw/{site}.csv",
        "kind": "data",
    } in (found["nodes"])


def test_diagram_puts_the_block_in_a_frame_and_its_ports_beside_it() -> None:
    """As in figure 1 of the paper."""
    options = GraphOptions(view="combined", box="hide", title_position="bottom")
    diagram = draw_view(view(CLEAN, view="combined"), options)

    groups = {node.id: node.group for node in diagram.nodes}
    assert (groups["step:clean"], groups["in:raw"], groups["out:table"]) == (
        "workflow",
        "inputs",
        "outputs",
    )
    assert [(group.id, group.frame) for group in diagram.groups] == [
        ("workflow", False),
        ("inputs", False),
        ("outputs", False),
    ]
    loose = draw_view(view(CLEAN), options._replace(ports="relax", box="show"))
    assert [(group.id, group.frame) for group in loose.groups] == [("workflow", True)]
