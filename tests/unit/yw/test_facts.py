"""Facts have YesWorkflow's relations, arguments and order; JSON has names instead of ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from provkit.yw.build import build
from provkit.yw.extract import extract
from provkit.yw.facts import extract_facts, model_facts, recon_facts
from provkit.yw.recon import reconstruct_below
from provkit.yw.relations import Facts, Row, write_prolog
from provkit.yw.shapes import extract_json, model_json

TEXT = """# @BEGIN W @desc it's all
# @IN a @uri file:d/{v}/{v}_{k}/
# @out z @as result @log {t} made {v}
# @begin S
# @in a
# @param p
# @out z @as result
# @end S
# @end W
"""
ARGUMENTS = {
    "extract_source": "source_id source_path",
    "annotation": "annotation_id source_id line_number tag keyword value",
    "annotation_qualifies": "qualifying_annotation_id primary_annotation_id",
    "program": "program_id program_name qualified_program_name begin_annotation_id end_annotation_id",
    "workflow": "program_id",
    "function": "program_id",
    "has_subprogram": "program_id subprogram_id",
    "port": "port_id port_type port_name qualified_port_name port_annotation_id data_id",
    "port_alias": "port_id alias",
    "port_uri_template": "port_id uri",
    "has_in_port": "block_id port_id",
    "has_out_port": "block_id port_id",
    "data": "data_id data_name qualified_data_name",
    "channel": "channel_id data_id",
    "port_connects_to_channel": "port_id channel_id",
    "inflow_connects_to_channel": "port_id channel_id",
    "outflow_connects_to_channel": "port_id channel_id",
    "uri_variable": "uri_variable_id variable_name port_id",
    "log_template": "log_template_id port_id entry_template log_annotation_id",
    "log_template_variable": "log_variable_id variable_name log_template_id",
}


def rows(facts: Facts) -> dict[str, list[Row]]:
    return {relation.name: list(relation.rows) for relation in facts}


def test_relations_and_arguments_are_yesworkflows() -> None:
    """Rules written for its fact files run on ours."""
    annotations = extract(TEXT, "python")
    facts = extract_facts(annotations) + model_facts(build(annotations))

    assert [(r.name, " ".join(r.arguments)) for r in facts] == list(ARGUMENTS.items())


def test_annotations_keep_what_was_typed() -> None:
    """Tag in lower case, keyword as typed, qualifiers by number."""
    found = rows(extract_facts(extract(TEXT, "python", path="a.py")))

    assert found["extract_source"] == [(1, "a.py")]
    assert found["annotation"][:3] == [
        (1, 1, 1, "begin", "@BEGIN", "W"),
        (2, 1, 1, "desc", "@desc", "it's all"),
        (3, 1, 2, "in", "@IN", "a"),
    ]
    assert found["annotation_qualifies"] == [(2, 1), (4, 3), (6, 5), (7, 5), (12, 11)]


def test_the_model_is_joined_by_ids() -> None:
    """Each flow once: into the step, and out of it."""
    found = rows(model_facts(build(extract(TEXT, "python"))))

    assert found["program"] == [(1, "W", "W", 1, 14), (2, "S", "W.S", 8, 13)]
    assert found["workflow"] == [(1,)]
    assert found["has_subprogram"] == [(1, 2)]
    assert found["port"] == [
        (1, "in", "a", "W<-a", 3, 1),
        (2, "out", "z", "W->z", 5, 2),
        (3, "in", "a", "W.S<-a", 9, 3),
        (4, "param", "p", "W.S<-p", 10, 4),
        (5, "out", "z", "W.S->z", 11, 5),
    ]
    assert found["port_alias"] == [(2, "result"), (5, "result")]
    assert found["port_uri_template"] == [(1, "file:d/{v}/{v}_{k}")]
    assert found["has_in_port"] == [(1, 1), (2, 3), (2, 4)]
    assert found["has_out_port"] == [(1, 2), (2, 5)]
    assert found["data"] == [
        (1, "a", "[a]"),
        (2, "result", "[result]"),
        (3, "a", "W[a]"),
        (4, "p", "W[p]"),
        (5, "result", "W[result]"),
    ]
    assert len(found["channel"]) == 2
    channels = dict(found["channel"])
    inflow, outflow = found["inflow_connects_to_channel"], found["outflow_connects_to_channel"]
    assert [port for port, _ in inflow] == [1]
    assert [port for port, _ in outflow] == [2]
    assert {port for port, _ in found["port_connects_to_channel"]} == {3, 5}
    assert set(channels) == {channel for _, channel in [*inflow, *outflow]}
    assert [(name, port) for _, name, port in found["uri_variable"]] == [("v", 1), ("k", 1)]
    assert found["log_template"] == [(1, 2, "{t} made {v}", 7)]
    assert found["log_template_variable"] == [(1, "t", 1), (2, "v", 1)]


def test_data_comes_in_the_order_of_the_walk() -> None:
    """Root data first, then each block's own before that of its steps."""
    text = (
        "# @begin W @in a\n# @begin S @in a @out b\n# @begin T @in a @out b\n# @end T\n# @end S\n"
        "# @begin U @in b\n# @end U\n# @end W\n"
    )
    found = rows(model_facts(build(extract(text, "python"))))

    assert [row[2] for row in found["data"]] == ["[a]", "W[a]", "W[b]", "W.S[a]", "W.S[b]"]
    assert [row[2] for row in found["program"]] == ["W", "W.S", "W.S.T", "W.U"]


def test_return_ports_are_ports() -> None:
    """YesWorkflow forgets them."""
    text = "# @begin W @in a\n# @begin F @in a @return r\n# @end F\n# @end W\n"
    found = rows(model_facts(build(extract(text, "python"))))

    assert "return" in {row[1] for row in found["port"]}


def test_json_has_names_and_no_ids() -> None:
    """What the interface promises; sorted, so that equal models give equal bytes."""
    found = model_json(build(extract(TEXT, "python")))

    assert found == {
        "programs": ["W", "W.S"],
        "workflow": "W",
        "workflows": ["W"],
        "functions": [],
        "subprograms": [["W", "W.S"]],
        "ports": [
            ["W->z", "out", "[result]", "result", None],
            ["W.S->z", "out", "W[result]", "result", None],
            ["W.S<-a", "in", "W[a]", None, None],
            ["W.S<-p", "param", "W[p]", None, None],
            ["W<-a", "in", "[a]", None, "file:d/{v}/{v}_{k}"],
        ],
        "data": ["W[a]", "W[p]", "W[result]", "[a]", "[result]"],
        "channels": [["W.S->z", "W->z", "result"], ["W<-a", "W.S<-a", "a"]],
        "uri_variables": [["W<-a", "k"], ["W<-a", "v"]],
        "log_templates": [["W->z", "{t} made {v}", ["t", "v"]]],
    }


def test_json_of_annotations_counts_positions() -> None:
    """``qualifies`` is a place in the same list, whatever the ids are."""
    found = extract_json(extract("# @begin A @desc x\n# @end A\n", "python"))["annotations"]

    assert [row.get("qualifies") for row in found] == [None, 1, None]
    assert [row["column"] for row in found] == [3, 12, 3]


def test_texts_with_quotes_are_escaped() -> None:
    """One apostrophe would spoil the whole file."""
    assert r"'@desc', 'it\'s all'" in write_prolog(extract_facts(extract(TEXT, "python")))


def test_swi_prolog_answers_a_question_over_all_facts(
    swipl: Callable[[str, str], list[str]], tmp_path: Path
) -> None:
    """Extract, model and reconstruction in one file, with names of every kind."""
    text = TEXT.replace("@uri file:d/{v}/{v}_{k}/", "@uri {v}.csv").replace("@end S", "@end it's")
    (tmp_path / "it's.csv").touch()
    annotations = extract(text, "python", path="a 'b'\\.py")
    workflow = build(annotations)
    found = reconstruct_below(workflow, str(tmp_path))
    facts = extract_facts(annotations) + model_facts(workflow) + recon_facts(found)
    question = (
        "forall((uri_variable_value(R, V, Value), resource(R, Path), uri_variable(V, Name, P), "
        "port(P, in, Port, _, A, D), data(D, Data, _), annotation(A, S, Line, in, _, _), "
        "extract_source(S, Source), \\+ function(_)), "
        "(print([Path, Name, Value, Port, Data, Line, Source]), nl))"
    )

    assert swipl(write_prolog(facts), question) == [r"['it\'s.csv',v,'it\'s',a,a,2,'a \'b\'\\.py']"]
