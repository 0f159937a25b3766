r"""Write a diagram in the DOT language of Graphviz.

Any text may stand in a name: ids and labels are always quoted, and escaped by
the rules of https://graphviz.org/doc/info/lang.html (strings),
https://graphviz.org/docs/attr-types/escString/ (``\N``, ``\n``) and
https://graphviz.org/doc/info/shapes.html#record (``{ } | < >``).
No HTML-like label is ever written, so no label can hold markup.
"""

from __future__ import annotations

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.drawing.labels import shorten, visible, wrap

_LABEL_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "&": "&amp;"})
_RECORD_ESCAPES = _LABEL_ESCAPES | str.maketrans({sign: f"\\{sign}" for sign in "{}|<> "})


def write_dot(diagram: Diagram) -> str:
    """DOT text that Graphviz accepts, whatever the names are; it ends with a line feed."""
    lines = ["digraph {", *_frame(diagram)]
    lines += _grouped_nodes(diagram)
    lines += [_edge(edge) for edge in diagram.edges]
    lines += ["}", ""]
    return "\n".join(lines)


def quote_id(text: str) -> str:
    r"""A DOT identifier of its own for each text.

    Graphviz compares identifiers as they are written, except that ``\"`` is a
    quote, so a doubled backslash keeps two different texts apart. It keeps
    those that begin with ``%`` for itself, and has no empty ones.
    """
    plain = text.isprintable() and '"' not in text and "\\" not in text
    if plain and text and text[0] != "%":
        return f'"{text}"'
    mark = "" if text and text[0] != "%" else "\\_"
    return f'"{mark}{"".join(map(_escape_in_id, text))}"'


def _escape_in_id(sign: str) -> str:
    if sign in '\\"':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\u{ord(sign):04x};"


def quote_label(text: str) -> str:
    """A quoted label of one row."""
    return f'"{_label_text(text)}"'


def _label_text(text: str) -> str:
    return visible(text).translate(_LABEL_ESCAPES)


def _record_text(text: str) -> str:
    return visible(text).translate(_RECORD_ESCAPES)


def _frame(diagram: Diagram) -> list[str]:
    graph = f"  graph [rankdir={diagram.direction} fontname=Helvetica fontsize=18"
    if diagram.title and diagram.title_position != "hide":
        place = "b" if diagram.title_position == "bottom" else "t"
        graph += f" labelloc={place} label={quote_label(shorten(diagram.title))}"
    return [f"{graph}]", "  edge [fontname=Helvetica fontsize=12]"]


def _grouped_nodes(diagram: Diagram) -> list[str]:
    """Nodes, each within its group, and groups within their parents."""
    members: dict[str | None, list[Node]] = {None: []}
    children: dict[str | None, list[Group]] = {None: []}
    for group in diagram.groups:
        members[group.id] = []
        children.setdefault(group.parent, []).append(group)
    for node in diagram.nodes:
        members[node.group].append(node)
    lines = _styled_nodes(members[None], diagram, "  ")
    waiting: list[tuple[Group | None, int]] = [(g, 1) for g in reversed(children[None])]
    number = 0
    while waiting:
        opened, depth = waiting.pop()
        indent = "  " * min(depth, 20)
        if opened is None:
            lines.append(indent + "}")
            continue
        number += 1
        look = "color=black penwidth=2" if opened.frame else "penwidth=0"
        lines.append(f"{indent}subgraph cluster_{number} {{")
        lines.append(f"{indent}  graph [{look} label={quote_label(shorten(opened.label))}]")
        lines += _styled_nodes(members[opened.id], diagram, indent + "  ")
        waiting.append((None, depth))
        waiting += [(g, depth + 1) for g in reversed(children.get(opened.id, ()))]
    return lines


def _styled_nodes(nodes: list[Node], diagram: Diagram, indent: str) -> list[str]:
    by_style: dict[str, list[Node]] = {}
    for node in nodes:
        by_style.setdefault(node.style, []).append(node)
    lines = []
    for key, alike in by_style.items():
        style = diagram.styles[key]
        lines.append(f"{indent}node [{_style(style)}]")
        lines += [indent + _node(node, style, diagram) for node in alike]
    return lines


def _style(style: Style) -> str:
    look = '"rounded,filled"' if style.shape == "rounded" else "filled"
    shape = "circle" if style.shape == "circle" else "box"
    size = " width=0.2" if style.shape == "circle" else ""
    ink = "" if style.text == "#000000" else f" fontcolor={quote_label(style.text)}"
    return (
        f"shape={shape} style={look} fillcolor={quote_label(style.fill)}{ink} "
        f"fontname={quote_label(style.font)} peripheries={style.peripheries}{size}"
    )


def _node(node: Node, style: Style, diagram: Diagram) -> str:
    more = f" tooltip={quote_label(shorten(node.tooltip, 400))}" if node.tooltip else ""
    # A record has one outline only, and is never round.
    if len(node.lines) < 2 or style.peripheries > 1 or style.shape == "circle":
        label = r"\n".join(_label_text(row) for line in node.lines for row in _rows(line))
        return f'{quote_id(node.id)} [label="{label}"{more}]'
    head, *rest = ([_record_text(row) for row in _rows(line)] for line in node.lines)
    # More than one further row is a list: flush left, as the lists of files in figure 1(b).
    end = r"\l" if len(rest) > 1 else r"\n"
    below = end.join(row for rows in rest for row in rows) + (end if len(rest) > 1 else "")
    fields = r"\n".join(head) + "|" + below
    # Fields stand side by side in TB and one above the other in LR; braces turn that round.
    label = f"{{{fields}}}" if diagram.direction in ("TB", "BT") else fields
    return f'{quote_id(node.id)} [shape=record label="{label}"{more}]'


def _rows(line: str) -> list[str]:
    return [shorten(row) for row in wrap(line)]


def _edge(edge: Edge) -> str:
    look = []
    if edge.label:
        look.append(f"label={quote_label(shorten(edge.label))}")
    if edge.dashed:
        look.append("style=dashed")
    tail = f" [{' '.join(look)}]" if look else ""
    return f"  {quote_id(edge.source)} -> {quote_id(edge.target)}{tail}"
