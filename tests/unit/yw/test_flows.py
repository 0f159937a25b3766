"""Each flow is there once, and goes to whoever reads what it carries."""

from __future__ import annotations

import pytest

from provkit.model.workflow import Workflow
from provkit.yw.build import build
from provkit.yw.extract import extract


def model(*lines: str) -> Workflow:
    return build(extract("\n".join(f"# {line}" for line in lines), "python"))


def flows(workflow: Workflow) -> list[str]:
    name = {port.id: port.qualified_name for port in workflow.ports}
    return [f"{name[c.source]} {name[c.sink]}" for c in workflow.channels]


def steps(outer: str, *inner: str) -> Workflow:
    """A workflow W with these ports, and steps A, B, C… with those."""
    blocks = [
        line
        for letter, ports in zip("ABCDEFGH", inner, strict=False)
        for line in (f"@begin {letter} {ports}", f"@end {letter}")
    ]
    return model(f"@begin W {outer}", *blocks, "@end W")


# what it shows, ports of W, of its steps, flows
CASES = [
    ("a chain", "@in a @out c", ["@in a @out b", "@in b @out c"],
     ["W<-a W.A<-a", "W.A->b W.B<-b", "W.B->c W->c"]),
    ("all writers of a name", "@out z", ["@out z", "@out z", "@in z"],
     ["W.A->z W.C<-z", "W.B->z W.C<-z", "W.A->z W->z", "W.B->z W->z"]),
    ("order does not matter to plain writers", "", ["@in z", "@out z", "@out z"],
     ["W.B->z W.A<-z", "W.C->z W.A<-z"]),
    ("a writer hides the input of its name", "@in a", ["@out a", "@in a"], ["W.A->a W.B<-a"]),
    ("a step in place is fed from outside", "@in a @out a", ["@in a @out a"],
     ["W<-a W.A<-a", "W.A->a W->a"]),
    ("versions follow each other", "@in a @out a", ["@in a @out a", "@in a @out a", "@in a"],
     ["W<-a W.A<-a", "W.A->a W.B<-a", "W.B->a W.C<-a", "W.B->a W->a"]),
    ("a reader gets the version of its place", "@in a @out a",
     ["@in a", "@in a @out a", "@in a", "@in a @out a", "@in a"],
     ["W<-a W.A<-a", "W<-a W.B<-a", "W.B->a W.C<-a", "W.B->a W.D<-a", "W.D->a W.E<-a", "W.D->a W->a"]),
    ("two writers before a version", "@out a", ["@out a", "@out a", "@in a @out a"],
     ["W.A->a W.C<-a", "W.B->a W.C<-a", "W.C->a W->a"]),
    ("a version from nowhere comes from the others", "", ["@in a @out a", "@out a"],
     ["W.B->a W.A<-a"]),
    ("a loop of one", "", ["@in a @out a"], ["W.A->a W.A<-a"]),
    ("a loop of two", "", ["@in a @out b", "@in b @out a"], ["W.B->a W.A<-a", "W.A->b W.B<-b"]),
    ("a port declared twice", "@in a @in a @out b", ["@in a @in a @out b @out b"],
     ["W<-a W.A<-a", "W.A->b W->b"]),
    ("a way through", "@in x @out x", ["@in x @out y"], ["W<-x W.A<-x", "W<-x W->x"]),
    ("an alias", "@in a @as A @out c", ["@in x @as A @out y @as c"],
     ["W<-a W.A<-x", "W.A->y W->c"]),
    ("what a function returns goes nowhere", "@in a", ["@in a @return r", "@in r"],
     ["W<-a W.A<-a"]),
    ("a grandparent is not seen", "@in a", [], ["W<-a W.W<-a"]),
]  # fmt: skip


@pytest.mark.parametrize(("outer", "inner", "expected"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_sources_meet_sinks_of_their_name(
    outer: str, inner: list[str], expected: list[str]
) -> None:
    assert flows(steps(outer, *inner)) == expected


def test_only_a_block_with_flows_inside_is_a_workflow() -> None:
    """A flow inside S makes no workflow of W, whose own steps share nothing."""
    workflow = model(
        "@begin W", "@begin S @in x", "@begin U @in x", "@end U", "@end S",
        "@begin T @in y", "@begin V @in z", "@end V", "@end T", "@end W",
    )  # fmt: skip

    assert [p.qualified_name for p in workflow.programs if p.is_workflow] == ["W.S"]


def test_a_block_with_functions_only_lets_nothing_through() -> None:
    workflow = model(
        "@begin W @in a @out a", "@begin S @in a @out a", "@begin F @in a @return r", "@end F",
        "@end S", "@end W",
    )  # fmt: skip

    assert flows(workflow) == ["W.S<-a W.S.F<-a", "W<-a W.S<-a", "W.S->a W->a"]


def test_data_are_numbered_as_they_are_declared() -> None:
    """As YesWorkflow did, so that fact files compare: also for ports behind nested blocks."""
    workflow = model("@begin W", "@begin S @in a @out b", "@end S", "@in a", "@out b", "@end W")

    assert [(d.id, d.qualified_name) for d in workflow.data] == [
        (1, "W[a]"), (2, "W[b]"), (3, "[a]"), (4, "[b]"),
    ]  # fmt: skip


@pytest.mark.parametrize("ports", ["@in a @out a", "@out a", "@in a"])
def test_flows_are_linear_in_ports(ports: str) -> None:
    """Steps in place, and five hundred writers with as many readers of one name."""
    other = {"@out a": "@in a", "@in a": "@out a"}.get(ports, ports)
    inner = "\n".join(f"# @begin s{n} {ports}\n# @end s{n}\n# @begin t{n} {other}\n# @end t{n}"
                      for n in range(500))  # fmt: skip

    workflow = build(extract(f"# @begin W @in a @out a\n{inner}\n# @end W", "python"))

    assert len(workflow.channels) <= 101 * len(workflow.ports)
