"""A small graph can be read in a terminal, and no name can harm the terminal."""

from __future__ import annotations

from provkit.drawing.diagram import Diagram, Edge, Node, Style
from provkit.drawing.text import write_text

STYLES = {"run": Style(), "file": Style(shape="rounded")}


def diagram(arrows: str, title: str = "") -> Diagram:
    """Diagram of arrows ``a>b``; names with a capital are runs."""
    pairs = [tuple(arrow.split(">")) for arrow in arrows.split()]
    names = dict.fromkeys(name for pair in pairs for name in pair)
    return Diagram(
        nodes=tuple(
            Node(id=n, lines=(n,), style="run" if n[0].isupper() else "file") for n in names
        ),
        edges=tuple(Edge(source=a, target=b) for a, b in pairs),
        styles=STYLES,
        title=title,
    )


def test_a_chain_is_a_column() -> None:
    """What something was made from stands above it; side results hang to the right."""
    text = write_text(diagram("raw>Clean params>Clean Clean>report Clean>clean clean>Fit Fit>out"))

    assert text.splitlines() == [
        "○ raw",
        "├─○ params",
        "■ Clean",
        "├─○ report",
        "○ clean",
        "■ Fit",
        "╰─○ out",
    ]


def test_lines_branch_and_join() -> None:
    """x is read by A, B and C; C also reads what A and B made."""
    text = write_text(diagram("x>A x>B A>y B>z y>C z>C x>C C>w", title="T"))

    assert text.splitlines() == [
        "T",
        "○ x",
        "├─┬─╮",
        "■ │ │ A",
        "○ │ │ y",
        "╰─│─┤",
        "  ■ │ B",
        "  ○ │ z",
        "  ╰─┤",
        "    ■ C",
        "    ╰─○ w",
    ]


def test_a_cycle_is_told_in_words() -> None:
    """Rows can only go down."""
    assert write_text(diagram("a>B B>c c>A A>a")).splitlines()[-1].endswith("↑ B")


def test_many_alike_are_counted() -> None:
    """Twelve months of files are two rows and a number."""
    text = write_text(diagram(" ".join(f"m{i}>P" for i in range(12)) + " P>out"))

    assert "… and 10 more like these" in text
    assert len(text.splitlines()) == 5


def test_every_node_is_a_row_once() -> None:
    """Nothing is left out unless it is counted."""
    arrows = "a>S S>b S>c b>T c>T a>T T>d e>U U>b S>S"
    rows = write_text(diagram(arrows)).splitlines()

    for name in ("a", "S", "b", "c", "T", "d", "e", "U"):
        assert sum(f" {name}" in row.partition("↑")[0] + " " for row in rows) == 1


def test_ascii_is_ascii_and_width_is_kept() -> None:
    """Some terminals, and most logs, know no box drawing."""
    plain = write_text(diagram(f"x>A x>B A>y B>y y>{'z' * 300}"), unicode=False, width=60)

    assert plain.isascii()
    assert max(map(len, plain.splitlines())) == 60


def test_no_name_reaches_the_terminal_as_a_command() -> None:
    """File names with escape sequences move cursors and change titles."""
    text = write_text(diagram("a\x1b[2J>B\u202e B\u202e>c\x07"))

    assert not set(text) & {"\x1b", "\u202e", "\x07"}


def test_a_long_chain_needs_no_deep_stack() -> None:
    """Depth must not meet Python's recursion limit."""
    rows = write_text(diagram(" ".join(f"n{i}>n{i + 1}" for i in range(3000)))).splitlines()

    assert len(rows) == 3001


def test_nothing_gives_nothing() -> None:
    """An empty graph is no rows."""
    assert write_text(Diagram(nodes=(), edges=(), styles={})) == ""
