"""Keywords are whole words, arguments are what follows, qualifiers know what they qualify."""

from __future__ import annotations

import pytest

from provkit.errors import UsageError
from provkit.yw.extract import SourceText, extract, extract_all


def rows(text: str, language: str = "python") -> list[tuple[int, str, str]]:
    return [(a.line, a.tag, a.value) for a in extract(text, language).annotations]


def test_several_annotations_stand_on_one_line() -> None:
    """YesWorkflow, section on finding annotations: prose may stand between them."""
    found = extract("# @begin s reads @in x from disk @as y @out z @end s", "python").annotations

    assert [(a.tag, a.value, a.qualifies) for a in found] == [
        ("begin", "s", None), ("in", "x", None), ("as", "y", 2), ("out", "z", None), ("end", "s", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "@input x",
        "@inputs",
        "@returns y",
        "@params",
        "me@in.tum.de",
        "me@indiana.edu",
        "@@in x",
        "@assert",
        "@include <a>",
    ],
)
def test_a_word_that_begins_like_a_keyword_is_text(text: str) -> None:
    """Each of these crashed YesWorkflow 0.2.1.2."""
    assert rows(f"# @begin A\n# {text}\n# @end A") == [(1, "begin", "A"), (3, "end", "A")]


def test_a_keyword_may_end_with_a_colon() -> None:
    assert rows("# @begin: A\n# @end: A") == [(1, "begin", "A"), (2, "end", "A")]


def test_documentation_tags_outside_a_block_are_left_alone() -> None:
    text = "/**\n * @param a first\n * @return sum\n * @file x\n */\n// @begin A\n// @param p\n// @end A\n// @return q"

    assert rows(text, "java") == [(6, "begin", "A"), (7, "param", "p"), (8, "end", "A")]


def test_keywords_keep_their_case_and_names_theirs() -> None:
    [begin, end] = extract("# @BEGIN Abc\n# @eNd Abc", "python").annotations

    assert (begin.keyword, begin.tag, begin.value) == ("@BEGIN", "begin", "Abc")
    assert (end.keyword, end.tag) == ("@eNd", "end")


def test_descriptions_take_all_words_up_to_the_next_keyword() -> None:
    assert rows("# @begin A @desc  one   two @in x\n# @end A") == [
        (1, "begin", "A"), (1, "desc", "one two"), (1, "in", "x"), (2, "end", "A"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("# @begin A\n#   @in\n# @end A", "YW101", 2, 5),
        ("# @begin @in x\n# @end A", "YW101", 1, 3),
        ("# @as x\n# @begin A\n# @end A", "YW102", 1, 3),
    ],
)
def test_every_error_has_its_place(text: str, code: str, line: int, column: int) -> None:
    [finding] = [f for f in extract(text, "python", path="a.py").findings if f.severity == "error"]

    assert (finding.code, finding.line, finding.column) == (code, line, column)
    assert str(finding).startswith(f"a.py:{line}:{column}: error {code}")


def test_several_files_are_one_text() -> None:
    """A block may begin in one file and end in another, each in its own language."""
    found = extract_all(
        [SourceText(path="a.py", data=b"# @begin A"), SourceText(path="b.m", data=b"% @end A")]
    )

    assert [(a.source, a.tag) for a in found.annotations] == [(1, "begin"), (2, "end")]
    assert [source.language for source in found.sources] == ["python", "matlab"]


def test_another_encoding_is_refused_with_its_line_or_read_when_named() -> None:
    data = "# one\n# @begin Größe\n# @end Größe".encode("latin-1")

    with pytest.raises(UsageError, match=r"a\.py:2: not utf-8 text"):
        extract_all([SourceText(path="a.py", data=data)])
    found = extract_all([SourceText(path="a.py", data=data, encoding="latin-1")])
    assert found.annotations[0].value == "Größe"


@pytest.mark.parametrize(
    "source",
    [
        SourceText(path="a", data=b"", language="klingon"),
        SourceText(path="a", data=b"", comment=" "),
        SourceText(path="a", data=b"x", encoding="klingon"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(source: SourceText) -> None:
    with pytest.raises(UsageError):
        extract_all([source])


def test_a_comment_delimiter_stands_for_a_language() -> None:
    assert [a.value for a in extract("REM @begin A\nREM @end A", comment="REM").annotations] == [
        "A",
        "A",
    ]


def test_a_text_that_is_no_script_ends_in_an_error_not_in_a_full_memory() -> None:
    """Ten megabytes of keywords on one line: machine-made or hostile."""
    found = extract("# @begin A " + "@in x " * 150_000, "python")

    assert [f.code for f in found.findings if f.severity == "error"] == ["YW108"]
    assert len(found.annotations) <= 100_000


def findings(text: str, language: str = "python") -> list[tuple[str, int, int, str]]:
    return [(f.code, f.line, f.column, f.hint) for f in extract(text, language).findings]


def test_documentation_tags_in_ordinary_comments_are_told() -> None:
    """They are left alone all the same; in comments of Javadoc and roxygen nothing is said."""
    assert findings("# @param x\n# @begin A\n# @end A") == [
        ("YW207", 1, 3, "put it between @begin and @end")
    ]
    assert findings("#' @param x the x\n#' @return y\n# @begin A\n# @end A", "r") == []
    assert findings('"""\n@param x: the x\n"""\n# @begin A\n# @end A') == []
    assert findings("/// @param x\n//! @file a.c\n", "c") == []


def test_a_file_on_the_line_of_an_end_qualifies_it() -> None:
    """As YesWorkflow had it; on a line of its own it is a tag of Doxygen."""
    assert rows("# @begin A\n# @end A @file x\n# @file y") == [
        (1, "begin", "A"), (2, "end", "A"), (2, "file", "x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "meant"),
    [("@bgin", "@begin"), ("@Input", "@in"), ("@outputs", "@out"), ("@parm", "@param"), ("@esc", "@desc")],
)  # fmt: skip
def test_a_misspelt_keyword_is_told(word: str, meant: str) -> None:
    assert findings(f"# x {word} name") == [("YW208", 1, 5, f"did you mean {meant}?")]


@pytest.mark.parametrize("text", ["@author Bob", "@see x", "me@parm.edu x", "@input", "@todo x"])
def test_other_words_are_not(text: str) -> None:
    assert findings(f"# {text}") == []


def test_a_notebook_is_named_with_its_cell() -> None:
    text = '{"cells": [{"cell_type": "code", "source": "x\\n# @in"}], "metadata": {}}'

    [finding] = extract(text, "jupyter", path="a.ipynb").findings
    assert str(finding).startswith("a.ipynb[cell 1]:2:3: error YW101")


@pytest.mark.parametrize(
    ("first_line", "language"),
    [
        ("#!/usr/bin/env Rscript", "r"),
        ("#!/usr/bin/python3", "python"),
        ("#!/usr/bin/env -S bash -e", "bash"),
        ("#!/bin/unheard-of", None),
    ],
)
def test_the_interpreter_tells_the_language_of_a_nameless_file(
    first_line: str, language: str | None
) -> None:
    assert extract(f"{first_line}\n", path="bin/clean").sources[0].language == language


@pytest.mark.parametrize("encoding", ["idna", "hex", "punycode", "a\0b"])
def test_a_codec_that_is_none_for_text_is_a_usage_error(encoding: str) -> None:
    data = b"xn--\xff#\n" + b"a" * 80

    with pytest.raises(UsageError):
        extract_all([SourceText(path="a.py", data=data, encoding=encoding)])


def test_the_encoding_of_a_mark_is_suggested() -> None:
    with pytest.raises(UsageError) as refused:
        extract_all([SourceText(path="a.py", data="# @begin A".encode("utf-16"))])

    assert "utf-16" in refused.value.hint


def test_half_a_character_does_no_harm() -> None:
    """A string may hold what no file can."""
    assert extract("# @begin \ud800 @in \udcff", "python").annotations[0].value == "\ud800"
