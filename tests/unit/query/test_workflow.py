"""Questions on one workflow, trap by trap of the demonstration they come from.

T1 to T20 are the ways in which a first attempt at these queries goes wrong
(docs/explanation/lineage.md names them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from provkit.errors import UsageError
from provkit.model.workflow import Workflow
from provkit.query.workflow import (
    Direction,
    WorkflowGraph,
    inputs_of,
    outputs_of,
    resource_graph,
    resource_triples,
    workflow_graph,
    workflow_outputs,
)
from provkit.rdf.prospective import encode_workflow
from provkit.store.oxigraph import OxigraphStore
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

# Two chains that share nothing but the workflow around them.
TWO_CHAINS = """
@begin main
@in raw
@in other
@param limit
@out clean
@out plot
  @begin wash
  @in raw
  @param limit
  @out clean
  @out log
  @end wash
  @begin draw
  @in other
  @in log
  @out plot
  @end draw
  @begin tell
  @in other
  @out note
  @end tell
@end main
"""


class Asked:
    """A workflow and its store."""

    def __init__(self, text: str, resources: Iterable[tuple[str, str]] = ()) -> None:
        self.workflow = model(text)
        digest = self.workflow.digest
        self.store = OxigraphStore()
        self.store.replace(encode_workflow(self.workflow))
        inner = {data.name: data.id for data in self.workflow.data if data.scope is not None}
        found = [(inner[name], path) for name, path in resources]
        self.store.replace({resource_graph(digest): resource_triples(digest, found)})

    def inputs(self, name: str) -> tuple[str, ...]:
        return inputs_of(self.store, self.workflow.digest, name)

    def outputs(self, name: str) -> tuple[str, ...]:
        return outputs_of(self.store, self.workflow.digest, name)

    def graph(
        self, direction: Direction | None = None, name: str | None = None, *, hybrid: bool = False
    ) -> WorkflowGraph:
        return workflow_graph(
            self.store,
            self.workflow.digest,
            title="main",
            direction=direction,
            name=name,
            hybrid=hybrid,
        )


def model(text: str) -> Workflow:
    commented = "\n".join(f"# {line}" for line in text.strip().splitlines())
    return build(extract_all([SourceText(path="script.py", data=commented.encode())]))


def kinds(graph: WorkflowGraph) -> dict[str, str]:
    return {node.id: node.kind for node in graph.nodes}


def uris(graph: WorkflowGraph) -> dict[str, tuple[str, ...]]:
    return {node.id: node.uris for node in graph.nodes if node.uris is not None}


@pytest.fixture(scope="module")
def chains() -> Asked:
    return Asked(TWO_CHAINS, [("raw", "raw.csv"), ("log", "log.txt"), ("plot", "plot.png")])


def test_outputs_are_those_of_the_workflow(chains: Asked) -> None:
    """Not what steps make in between, nor what nobody takes out."""
    assert workflow_outputs(chains.store, chains.workflow.digest) == ("clean", "plot")


class TestReachability:
    """q2 and q4."""

    def test_an_item_reaches_itself(self, chains: Asked) -> None:
        """T1: an input that is asked for depends on itself."""
        assert chains.inputs("raw") == ("raw",)
        assert chains.outputs("plot") == ("plot",)

    def test_the_workflow_is_no_short_cut(self, chains: Asked) -> None:
        """T2: the workflow's own ports would join every input to every output."""
        assert chains.inputs("clean") == ("limit", "raw")
        assert chains.outputs("other") == ("plot",)

    def test_levels_are_joined_by_name(self) -> None:
        """T3: an inflow is the step's data that has the name of the workflow's own."""
        asked = Asked(
            "@begin main\n@in file_name @as raw\n@out out\n"
            "@begin step\n@in x @as raw\n@out y @as out\n@end step\n@end main"
        )
        assert asked.inputs("out") == ("raw",)

    def test_names_are_looked_up_at_every_level(self) -> None:
        """T20: q2 and q4 find data of a sub-workflow."""
        asked = Asked(NESTED)
        assert asked.inputs("inner") == ()
        assert asked.inputs("middle") == ("raw",)

    def test_an_unknown_name_is_an_error_with_a_hint(self, chains: Asked) -> None:
        with pytest.raises(UsageError, match="no data named 'claen'") as caught:
            chains.inputs("claen")
        assert "clean" in caught.value.hint


NESTED = """
@begin main
@in raw
@out result
  @begin outer_step
  @in raw
  @out middle
    @begin inner_step
    @in raw
    @out inner
    @end inner_step
    @begin last_step
    @in inner
    @out middle
    @end last_step
  @end outer_step
  @begin finish
  @in middle
  @out result
  @end finish
@end main
"""


class TestGraphs:
    """complete, q1 and q3."""

    def test_the_whole_graph(self, chains: Asked) -> None:
        graph = chains.graph()

        assert kinds(graph) == {
            "wash": "step",
            "draw": "step",
            "tell": "step",
            "raw": "data",
            "other": "data",
            "limit": "param",
            "log": "data",
            "clean": "data",
            "plot": "data",
            "note": "data",
            "raw_inflow": "inflow",
            "other_inflow": "inflow",
            "limit_inflow": "inflow",
            "clean_outflow": "outflow",
            "plot_outflow": "outflow",
        }
        assert ("raw_inflow", "raw") in graph.edges
        assert ("raw", "wash") in graph.edges
        assert ("clean", "clean_outflow") in graph.edges
        assert len(graph.edges) == 14

    def test_upstream_draws_all_inputs_but_not_all_outputs_of_a_step(self, chains: Asked) -> None:
        """T5: 'clean' is made by a step upstream of 'plot', and does not lead to it."""
        graph = chains.graph("upstream", "plot")

        assert ("wash", "log") in graph.edges
        assert ("limit", "wash") in graph.edges
        assert "clean" not in kinds(graph)
        assert "clean_outflow" not in kinds(graph)
        assert ("plot", "plot_outflow") in graph.edges

    def test_upstream_draws_only_the_items_own_outflow(self, chains: Asked) -> None:
        """T5."""
        graph = chains.graph("upstream", "log")

        assert [node for node, kind in kinds(graph).items() if kind == "outflow"] == []

    def test_downstream_draws_all_outputs_but_not_all_inputs_of_a_step(self, chains: Asked) -> None:
        """T5: 'other' is read by a step downstream of 'raw', and does not come from it."""
        graph = chains.graph("downstream", "raw")

        assert ("log", "draw") in graph.edges
        assert ("wash", "clean") in graph.edges
        assert ("other", "draw") not in graph.edges
        assert ("limit", "wash") not in graph.edges
        assert {n for n, kind in kinds(graph).items() if kind == "inflow"} == {"raw_inflow"}
        assert {n for n, kind in kinds(graph).items() if kind == "outflow"} == {
            "clean_outflow",
            "plot_outflow",
        }

    def test_upper_case_keywords_are_the_same_ports(self, chains: Asked) -> None:
        """T6: the port type is the tag, not the keyword as written."""
        shouted = TWO_CHAINS
        for word in ("begin", "end", "in", "out", "param"):
            shouted = shouted.replace(f"@{word} ", f"@{word.upper()} ")

        assert Asked(shouted).graph() == chains.graph()

    def test_white_is_what_flows_in_as_a_parameter(self) -> None:
        """T7: a parameter that a step makes is data; one read as @in elsewhere is still white."""
        asked = Asked(
            "@begin main\n@param a\n@param b\n@out x\n"
            "@begin one\n@param a\n@out made\n@end one\n"
            "@begin two\n@param made\n@in a\n@in b\n@out x\n@end two\n@end main"
        )
        found = kinds(asked.graph())

        assert found["a"] == "param"
        assert found["made"] == "data", "no inflow"
        assert found["b"] == "data", "no step reads it through @param"

    def test_functions_are_no_steps(self) -> None:
        """T16: a block beside the workflow, called from it, is not drawn in it."""
        asked = Asked(
            "@begin main\n@in a\n@out b\n@begin step\n@in a\n@out b\n@call helper\n@end step\n"
            "@end main\n@begin helper\n@in p\n@return r\n@end helper"
        )
        found = kinds(asked.graph())

        assert "helper" not in found
        assert "p" not in found
        assert "r" not in found

    def test_graphs_look_names_up_at_the_top_level_only(self) -> None:
        """T20: the item inside a sub-workflow is not drawn there, so its graph is empty."""
        asked = Asked(NESTED)

        assert asked.graph("upstream", "inner").edges == ()
        assert ("outer_step", "middle") in asked.graph("upstream", "result").edges
        assert "inner_step" not in kinds(asked.graph())

    def test_several_steps_may_write_one_item(self) -> None:
        """T18: kurator's log is written by nine steps."""
        asked = Asked(
            "@begin main\n@in a\n@out log\n@begin one\n@in a\n@out log\n@end one\n"
            "@begin two\n@in a\n@out log\n@end two\n@end main"
        )
        graph = asked.graph("upstream", "log")

        assert {("one", "log"), ("two", "log")} <= set(graph.edges)

    def test_every_edge_ends_at_a_node(self, chains: Asked) -> None:
        for direction in (None, "upstream", "downstream"):
            for name in ("raw", "other", "log", "plot", "note"):
                graph = chains.graph(direction, name)  # type: ignore[arg-type] # one of three
                ends = {end for edge in graph.edges for end in edge}
                assert ends <= set(kinds(graph))


class TestHybrid:
    """q5 and q6."""

    def test_orange_is_what_flows_in_or_out(self, chains: Asked) -> None:
        """T4: an input without a file is orange and empty, data in between keeps its files."""
        graph = chains.graph(hybrid=True)

        assert uris(graph) == {
            "raw": ("raw.csv",),
            "other": (),
            "clean": (),
            "plot": ("plot.png",),
        }
        assert kinds(graph)["log"] == "data"
        assert kinds(graph)["limit"] == "param"

    def test_upstream_of_an_item_has_the_files_it_came_from(self, chains: Asked) -> None:
        """T14: the part of a query that says 'orange' must know which item was asked for."""
        graph = chains.graph("upstream", "plot", hybrid=True)

        assert uris(graph) == {"raw": ("raw.csv",), "other": (), "plot": ("plot.png",)}
        assert uris(chains.graph("upstream", "note", hybrid=True)) == {"other": ()}

    def test_another_outflow_upstream_is_plain_data(self) -> None:
        """T15: the Prolog query mentions it in edges and never declares it."""
        asked = Asked(
            "@begin main\n@in a\n@out report\n@out final\n@begin one\n@in a\n@out report\n@end one\n"
            "@begin two\n@in report\n@out final\n@end two\n@end main",
            [("report", "report.txt"), ("final", "final.txt")],
        )
        graph = asked.graph("upstream", "final", hybrid=True)

        assert kinds(graph)["report"] == "data"
        assert uris(graph) == {"a": (), "final": ("final.txt",)}

    def test_downstream_mirrors_upstream(self, chains: Asked) -> None:
        graph = chains.graph("downstream", "raw", hybrid=True)

        assert uris(graph) == {"raw": ("raw.csv",), "clean": (), "plot": ("plot.png",)}

    def test_one_file_may_stand_for_several_data_and_be_told_twice(self) -> None:
        """T9: data and resources are many-to-many, with repetitions."""
        both = Asked(TWO_CHAINS, [("raw", "x"), ("other", "x"), ("raw", "x"), ("raw", "y")])

        assert uris(both.graph(hybrid=True))["raw"] == ("x", "y")
        assert uris(both.graph(hybrid=True))["other"] == ("x",)

    def test_a_strange_file_name_comes_back(self) -> None:
        """Names that RDF cannot hold as they are: bytes that are not UTF-8, control characters."""
        strange = "caf\udce9\x07.csv"
        asked = Asked(TWO_CHAINS, [("raw", strange)])

        assert uris(asked.graph(hybrid=True))["raw"] == (strange,)


def test_two_models_in_one_store_do_not_mix() -> None:
    """The index of a project holds the models of many scripts."""
    one = Asked(TWO_CHAINS)
    other = model(
        "@begin main\n@in raw\n@in more\n@out plot\n@begin s\n@in more\n@out plot\n@end s\n@end main"
    )
    one.store.replace(encode_workflow(other))

    assert one.inputs("plot") == ("limit", "other", "raw")
    assert inputs_of(one.store, other.digest, "plot") == ("more",)
    assert "s" not in kinds(one.graph())


@pytest.mark.parametrize(
    "ask", [lambda a: a.inputs("x"), lambda a: a.outputs("x"), lambda a: a.graph("upstream", "x")]
)
def test_a_name_is_a_value_and_never_part_of_the_query(ask: Callable[[Asked], object]) -> None:
    """Names come from strange scripts."""
    name = 'x" . } #'
    asked = Asked(TWO_CHAINS)
    with pytest.raises(UsageError):
        inputs_of(asked.store, asked.workflow.digest, name)
    with pytest.raises(UsageError):
        ask(asked)
