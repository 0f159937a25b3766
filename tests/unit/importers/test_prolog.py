"""Prolog facts are read as their writer meant them, escaped or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provkit.importers.prolog import Fact, Unreadable, Value, read_facts

ARITIES = {"tag": 3}


def values(text: str) -> list[tuple[Value, ...]]:
    found = list(read_facts(text, ARITIES))
    assert all(isinstance(each, Fact) for each in found), found
    return [each.values for each in found if isinstance(each, Fact)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag(1, 'r', 'plain').", (1, "r", "plain")),
        ("tag(1,'r',null).", (1, "r", "null")),
        ("tag(-1, 'r', 2.5e3).", (-1, "r", 2500.0)),
        ("tag(1, 'r', '').", (1, "r", "")),
        ("tag(1, 'r', 'O''Brien').", (1, "r", "O'Brien")),
        (r"tag(1, 'r', 'O\'Brien').", (1, "r", "O'Brien")),
        (r"tag(1, 'r', 'a\\b').", (1, "r", r"a\b")),
        (r"tag(1, '\\', 'a\nb').", (1, "\\", "a\nb")),
        (r"tag(1, '\\', 'a\x41\b').", (1, "\\", "aAb")),
    ],
)
def test_a_proper_fact_reads_as_what_it_means(text: str, expected: tuple[Value, ...]) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag(1, 'r', 'it's here').", "it's here"),
        ("tag(1, 'r', ''quoted'').", "'quoted'"),
        ("tag(1, 'r', 'a', 'b').", "a', 'b"),
        ("tag(1, 'r', 'done).').", "done)."),
        ("tag(1, 'r', 'Error in f(x) :\n  it's wrong').", "Error in f(x) :\n  it's wrong"),
        (r"tag(1, 'r', 'C:\new\data').", r"C:\new\data"),
        (r"tag(1, 'r', '\\server\share').", r"\\server\share"),
    ],
)
def test_what_was_never_escaped_comes_back_as_it_was(text: str, expected: str) -> None:
    """RunManager put quotes, line ends and backslashes into its facts as they came."""
    assert values(text)[0][2] == expected


def test_an_unescaped_quote_is_told() -> None:
    """It is a repair, and every repair is reported."""
    facts = list(read_facts("tag(1, 'r', 'it's').\ntag(2, 'r', 'its').", ARITIES))

    assert [fact.unescaped for fact in facts if isinstance(fact, Fact)] == [True, False]


def test_comments_and_other_relations_are_passed_over() -> None:
    text = "%FACT: tag(Seq, Id, Tag).\n:- dynamic tag/3.\nother('x').\ntag(1, 'r', 'a').\n\n% end\n"

    assert values(text) == [(1, "r", "a")]


def test_a_broken_fact_does_not_take_its_neighbours_along() -> None:
    """One bad line in an export of thousands loses that line only, and says which."""
    text = (
        "tag(1, 'r', 'a').\ntag(2, 'r').\ntag(3, 'r', 'c').\ntag(4, 'r', 'd'\ntag(5, 'r', 'e').\n"
    )
    found = list(read_facts(text, ARITIES))

    assert [each.values[0] for each in found if isinstance(each, Fact)] == [1, 3, 5]
    assert [each.line for each in found if isinstance(each, Unreadable)] == [2, 4]


def test_windows_line_ends_are_line_ends() -> None:
    assert values("tag(1, 'r', 'a').\r\ntag(2, 'r', 'b').\r\n") == [(1, "r", "a"), (2, "r", "b")]


@given(st.lists(st.tuples(st.integers(), st.text(), st.text()), max_size=4))
def test_what_is_written_properly_comes_back(rows: list[tuple[int, str, str]]) -> None:
    """ISO quoting is a bijection; a quote or backslash in a tag must survive."""

    def quote(text: str) -> str:
        for character, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
            text = text.replace(character, escape)
        return f"'{text}'"

    marker = "tag(0, '\\\\', '').\n"  # says that this file escapes
    text = marker + "".join(f"tag({n}, {quote(a)}, {quote(b)}).\n" for n, a, b in rows)

    assert values(text) == [(0, "\\", ""), *rows]


@given(st.text(alphabet="tag('1, rx).\\\n%", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Facts come from strangers."""
    for each in read_facts(text, ARITIES):
        assert each.line >= 1


def test_reading_a_hostile_fact_ends() -> None:
    """Many quotes that could all end an argument must not take for ever."""
    hostile = "tag(1, " + "'a', " * 20_000 + "'b').\n"

    assert len(list(read_facts(hostile, ARITIES))) == 1
