"""Write a diagram as a Mermaid flowchart, which GitHub, GitLab and Jupyter draw by themselves.

Node ids are numbers of our own and every label is quoted, with the entity codes
of https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters,
so no name is read as syntax, Markdown or markup.
"""

from __future__ import annotations

import re

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.drawing.labels import shorten, visible, wrap

_ODD = re.compile(r"[\"#<>&;`\\|{}\[\]()%*_~$@]")
_BRACKETS = {"box": ("[", "]"), "record": ("[", "]"), "rounded": ("(", ")"), "circle": ("((", "))")}


def write_mermaid(diagram: Diagram) -> str:
    """Mermaid text of a diagram; it ends with a line feed."""
    numbers = {node.id: f"n{index}" for index, node in enumerate(diagram.nodes, 1)}
    lines = []
    if diagram.title and diagram.title_position != "hide":
        lines += ["---", f"title: {_yaml(shorten(diagram.title))}", "---"]
    lines.append(f"flowchart {diagram.direction}")
    lines += _grouped_nodes(diagram, numbers)
    lines += [_edge(edge, numbers) for edge in diagram.edges]
    lines += _classes(diagram, numbers)
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return _ODD.sub(lambda found: f"#{ord(found.group())};", visible(text))


def _yaml(text: str) -> str:
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _grouped_nodes(diagram: Diagram, numbers: dict[str, str]) -> list[str]:
    members: dict[str | None, list[Node]] = {None: []}
    children: dict[str | None, list[Group]] = {None: []}
    for group in diagram.groups:
        members[group.id] = []
        children.setdefault(group.parent, []).append(group)
    for node in diagram.nodes:
        members[node.group].append(node)
    lines = [f"  {_node(node, diagram.styles[node.style], numbers)}" for node in members[None]]
    hidden: list[str] = []
    waiting: list[tuple[Group | None, int]] = [(g, 1) for g in reversed(children[None])]
    number = 0
    while waiting:
        opened, depth = waiting.pop()
        indent = "  " * min(depth, 20)
        if opened is None:
            lines.append(f"{indent}end")
            continue
        number += 1
        lines.append(f'{indent}subgraph g{number} ["{_text(opened.label) or " "}"]')
        hidden += [] if opened.frame else [f"g{number}"]
        lines += [
            f"{indent}  {_node(node, diagram.styles[node.style], numbers)}"
            for node in members[opened.id]
        ]
        waiting.append((None, depth))
        waiting += [(g, depth + 1) for g in reversed(children.get(opened.id, ()))]
    return lines + [f"  style {name} fill:none,stroke:none" for name in hidden]


def _node(node: Node, style: Style, numbers: dict[str, str]) -> str:
    opening, closing = _BRACKETS[style.shape]
    if style.peripheries > 1 and style.shape == "box":
        opening, closing = "[[", "]]"
    rows = [_text(shorten(row)) for line in node.lines for row in wrap(line)]
    return f'{numbers[node.id]}{opening}"{"<br/>".join(rows) or " "}"{closing}'


def _edge(edge: Edge, numbers: dict[str, str]) -> str:
    arrow = "-.->" if edge.dashed else "-->"
    label = f'|"{_text(shorten(edge.label))}"|' if edge.label else ""
    return f"  {numbers[edge.source]} {arrow}{label} {numbers[edge.target]}"


def _classes(diagram: Diagram, numbers: dict[str, str]) -> list[str]:
    """One class for each style in use, named by its place, never by a text."""
    alike: dict[str, list[str]] = {}
    for node in diagram.nodes:
        alike.setdefault(node.style, []).append(numbers[node.id])
    lines = []
    for index, (key, members) in enumerate(alike.items(), 1):
        style = diagram.styles[key]
        lines.append(f"  classDef s{index} fill:{style.fill},color:{style.text},stroke:#000000")
        lines.append(f"  class {','.join(members)} s{index}")
    return lines
