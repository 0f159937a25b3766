"""Mermaid text holds every name as text, and none as syntax."""

from __future__ import annotations

import re

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.drawing.mermaid import write_mermaid

STYLES = {"s": Style(fill="#CCFFCC"), "d": Style(shape="rounded"), "p": Style(shape="circle")}


def test_a_workflow_reads_as_one_would_write_it() -> None:
    """The text is committed beside the script and read in reviews."""
    diagram = Diagram(
        nodes=(
            Node(id="x", lines=("x",), style="d", group="g"),
            Node(id="S", lines=("S", "does it"), style="s", group="g"),
            Node(id="p", lines=(), style="p"),
        ),
        edges=(Edge(source="p", target="x"), Edge(source="x", target="S", label="in")),
        styles=STYLES,
        title="W",
        direction="LR",
        groups=(Group(id="g"),),
    )

    assert write_mermaid(diagram).splitlines() == [
        "---",
        'title: "W"',
        "---",
        "flowchart LR",
        '  n3((" "))',
        '  subgraph g1 [" "]',
        '    n1("x")',
        '    n2["S<br/>does it"]',
        "  end",
        "  n3 --> n1",
        '  n1 -->|"in"| n2',
        "  classDef s1 fill:#FFFFFF,color:#000000,stroke:#000000",
        "  class n1 s1",
        "  classDef s2 fill:#CCFFCC,color:#000000,stroke:#000000",
        "  class n2 s2",
        "  classDef s3 fill:#FFFFFF,color:#000000,stroke:#000000",
        "  class n3 s3",
    ]


def test_no_name_leaves_its_quotes() -> None:
    """A label could otherwise close its box, add a click handler or a style."""
    evil = 'a"] --> z; click z "javascript:x" <script> `**b**` #quot; \n end'
    diagram = Diagram(
        nodes=(Node(id=evil, lines=(evil, evil), style="s"),),
        edges=(Edge(source=evil, target=evil, label=evil, dashed=True),),
        styles=STYLES,
        title=evil,
    )

    body = write_mermaid(diagram).split("---\n")[2]
    assert re.sub(r'"[^"\n]*"', "Q", body).splitlines() == [
        "flowchart TB",
        "  n1[Q]",
        "  n1 -.->|Q| n1",
        "  classDef s1 fill:#CCFFCC,color:#000000,stroke:#000000",
        "  class n1 s1",
    ]
    assert "<script" not in body
    assert "`" not in body
