"""The model: blocks nest, ports join by name, every flow is there once."""

from __future__ import annotations

import pytest

from provkit.errors import AnnotationError
from provkit.model.workflow import Workflow
from provkit.yw.build import build
from provkit.yw.extract import extract


def model(text: str, workflow: str | None = None) -> Workflow:
    """Model of annotations written without comment signs, one per line or several."""
    return build(extract(_commented(text), "python", path="a.py"), workflow)


def _commented(text: str) -> str:
    return "\n".join(f"# {line.strip()}" for line in text.strip().splitlines())


def flows(workflow: Workflow) -> set[tuple[str, str]]:
    ports = workflow.port_by_id
    return {
        (ports[c.source].qualified_name, ports[c.sink].qualified_name) for c in workflow.channels
    }


BASIC = """
@begin W @in a @out z
@begin S1 @in a @out m
@end S1
@begin S2 @in m @out z
@end S2
@end W
"""


def test_flows_cross_the_boundary_once() -> None:
    """YesWorkflow counted each flow into or out of a workflow twice."""
    workflow = model(BASIC)

    assert flows(workflow) == {("W<-a", "W.S1<-a"), ("W.S1->m", "W.S2<-m"), ("W.S2->z", "W->z")}
    assert len(workflow.channels) == 3


def test_data_belong_to_the_block_around_the_one_that_owns_the_port() -> None:
    assert {d.qualified_name for d in model(BASIC).data} == {"[a]", "[z]", "W[a]", "W[m]", "W[z]"}


def test_a_block_alone_is_wrapped() -> None:
    workflow = model("@begin W @in a @out c\n@end W")

    assert [p.qualified_name for p in workflow.programs] == ["W", "W.W"]
    assert flows(workflow) == {("W<-a", "W.W<-a"), ("W.W->c", "W->c")}


def test_all_writers_of_a_name_are_connected() -> None:
    workflow = model(
        "@begin W @out z\n@begin S1 @out z\n@end S1\n@begin S2 @out z\n@end S2\n@begin S3 @in z\n@end S3\n@end W"
    )

    assert {(a, b) for a, b in flows(workflow) if b == "W.S3<-z"} == {
        ("W.S1->z", "W.S3<-z"),
        ("W.S2->z", "W.S3<-z"),
    }


def test_a_step_that_changes_its_input_stays_a_step() -> None:
    workflow = model("@begin W @in a @out a\n@begin S @in a @out a\n@end S\n@end W")

    assert flows(workflow) == {("W<-a", "W.S<-a"), ("W.S->a", "W->a")}
    assert [p.qualified_name for p in workflow.programs if p.is_workflow] == ["W"]


def test_an_alias_joins() -> None:
    workflow = model("@begin W\n@begin A @out x @as y\n@end A\n@begin B @in y\n@end B\n@end W")

    assert flows(workflow) == {("W.A->x", "W.B<-y")}


def test_a_name_reaches_one_level_only() -> None:
    workflow = model("@begin W @in a\n@begin S\n@begin T @in a\n@end T\n@end S\n@end W")

    assert flows(workflow) == set()


def test_blocks_that_return_are_functions() -> None:
    workflow = model(
        "@begin W @in a\n@begin F @in a @return r\n@end F\n@begin S @in r\n@end S\n@call F\n@end W"
    )

    assert [p.qualified_name for p in workflow.programs if p.is_function] == ["W.F"]
    assert {"W.F->r"} == {p.qualified_name for p in workflow.ports if p.tag == "return"}
    assert workflow.program_by_id[workflow.top].calls == ("F",)


def test_another_top_level_block_can_be_chosen() -> None:
    text = "@begin A\n@end A\n@begin B\n@end B"

    assert model(text).program_by_id[model(text).top].name == "A"
    assert model(text, "B").program_by_id[model(text, "B").top].name == "B"
    with pytest.raises(AnnotationError, match="No workflow named 'C'"):
        model(text, "C")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@end W", "a.py:1:3: @end W stands outside any block"),
        ("@begin W\n@end W\n@in x", "a.py:3:3: @in x stands outside any block"),
        ("@begin W\n@begin S\n@end S", "a.py:1:3: No @end comment paired with '@begin W'"),
        ("no keyword", "Cannot create workflow model"),
        (
            "\n".join(["@begin B"] * 2000 + ["@end B"] * 2000),
            "a.py:1001:3: blocks are nested too deep",
        ),
        (f"@begin {'B' * 300}", "a.py:1:3: a name of 300 characters"),
        ("@begin W @in a @uri x/{v\n@end W", "a.py:1:18: the brace in '{v' is not closed"),
    ],
)
def test_wrong_markup_is_an_error_with_its_place(text: str, said: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        model(text)
    assert said in caught.value.message


def test_nesting_may_be_deep() -> None:
    """No recursion on depth: five hundred levels are as good as two."""
    depth = 500
    text = "\n".join(["@begin B"] * depth + ["@end B"] * depth)

    assert len(model(text).programs) >= depth


def test_the_digest_follows_the_bytes_and_the_options() -> None:
    text = "# @begin A\n# @end A"
    digests = {
        build(extract(text, "python")).digest,
        build(extract(text, "r")).digest,
        build(extract(text, comment="#")).digest,
        build(extract(text + "\n", "python")).digest,
        build(extract(text, "python"), "A").digest,
    }

    assert len(digests) == 5
    assert build(extract(text, "python")).digest in digests


def test_every_error_is_told_not_only_the_first() -> None:
    """YesWorkflow named each open block, innermost first; here they come by line."""
    with pytest.raises(AnnotationError) as refused:
        model("@begin W\n@begin S\n@in")

    assert "@begin W" in refused.value.message
    assert [line.split(":")[1] for line in refused.value.also] == ["2", "3"]


def test_the_wrapped_step_has_log_templates_of_its_own() -> None:
    """In YesWorkflow's facts each copy has its id; the variables keep theirs."""
    workflow = model(
        "@begin W @out l @uri file:run.log @log {t} read {s} @log {t} wrote {s}\n@end W"
    )

    found = [(p.qualified_name, log.id, log.variables) for p in workflow.ports for log in p.logs]
    assert found == [
        ("W->l", 1, ((1, "t"), (2, "s"))),
        ("W->l", 2, ((3, "t"), (4, "s"))),
        ("W.W->l", 3, ((1, "t"), (2, "s"))),
        ("W.W->l", 4, ((3, "t"), (4, "s"))),
    ]
