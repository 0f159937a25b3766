"""The hard places of each language: what opens, nests, continues and never ends."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import pytest

from provkit.errors import AnnotationError
from provkit.yw.languages import LANGUAGES, language_named, language_with
from provkit.yw.scan import scan

# what is hard, language, text, (line, comment) that must come out
CASES = [
    ("no escapes in single quotes", "bash", "tr '\\' / # yes\n# two", [(1, "yes"), (2, "two")]),
    ("$'…' has escapes", "bash", "x=$'it\\'s # no' # yes", [(1, "yes")]),
    ("an escaped quote opens nothing", "bash", "echo it\\'s # yes\n# two", [(1, "yes"), (2, "two")]),
    ("parameter expansion", "bash", "a=${x#*/} b=${#y} c=$# # yes", [(1, "yes")]),
    ("a string over lines", "bash", 'x="one\n# no\n" # yes', [(3, "yes")]),
    ("a blank before the word", "bash", "cat << EOF # one\n# no\nEOF\n# two", [(1, "one"), (4, "two")]),
    ("two here-documents", "bash", "cat <<A <<B\n# no\nA\n# no\nB\n# yes", [(6, "yes")]),
    ("a here-string is none", "bash", "cat <<<EOF # one\n# two\nEOF", [(1, "one"), (2, "two")]),
    ("a shift is none", "bash", "x=$((1<<n)) # one\n# two", [(1, "one"), (2, "two")]),
    ("a quote never closed", "bash", "echo don't\n# yes", [(2, "yes")]),
    ("a continued comment", "c", "// one \\\n two\nint x; // three", [(1, "one \\"), (2, "two"), (3, "three")]),
    ("a quote as character", "c", "c = '\\''; d = '\"'; // yes", [(1, "yes")]),
    ("a continued string", "c", 's = "a \\\n// no"; // yes', [(2, "yes")]),
    ("comments do not nest", "c", "/* one /* two */ three */ // four", [(1, "one /* two"), (1, "four")]),
    ("digits in groups", "c++", "n = 1'000'000; // yes", [(1, "yes")]),
    ("a raw string over lines", "c++", 'x = R"(\n// no "\n)"; // yes', [(3, "yes")]),
    ("a verbatim path", "c#", '@"C:\\"; $@"//no"; // yes', [(1, "yes")]),
    ("a continued string", "fortran", "s = 'a &\n  &! no' ! yes", [(2, "yes")]),
    ("a continuation", "fortran", "x = a & ! one\n  + b ! two", [(1, "one"), (2, "two")]),
    ("runes", "go", "c := '\\''; d := '\"' // yes", [(1, "yes")]),
    ("a template in a template", "javascript", "`a ${b ? `http://x` : '//'} c` // yes", [(1, "yes")]),
    ("a division is no pattern", "javascript", "a = b / c // yes\nd = e / f // two", [(1, "yes"), (2, "two")]),
    ("a pattern with quotes", "javascript", "s.replace(/['\"]/g, '') // yes", [(1, "yes")]),
    ("nesting", "julia", "#= a #= b =# c\nd =# e # f", [(1, "a #= b =# c"), (2, "d"), (2, "f")]),
    ("a transpose", "julia", "a = b' * c' # yes", [(1, "yes")]),
    ("levels of brackets", "lua", "x = [==[ ]] -- no ]==] --[[one]] -- two", [(1, "one"), (1, "two")]),
    ("a continuation", "matlab", "y = f(a, ... one\n b); % two", [(1, "one"), (2, "two")]),
    ("a comment behind it", "matlab", "y = f(a, ... % one\n b); % two", [(1, "one"), (2, "two")]),
    ("two transposes", "matlab", "x = [a' b']; y = {c'}'; % yes", [(1, "yes")]),
    ("a format", "matlab", "fprintf('%d %s\\n', x); % yes", [(1, "yes")]),
    ("a quoted format", "matlab", 'fprintf("%d ""%s""", x); % yes', [(1, "yes")]),
    ("nesting", "matlab", "%{\none\n%{\ntwo\n%}\nthree\n%}\nx % four", [(2, "one"), (3, "%{"), (4, "two"), (5, "%}"), (6, "three"), (8, "four")]),
    ("twice on a line", "matlab", "%{ one %} x %{ two %}", [(1, "one"), (1, "two")]),
    ("within a comment", "matlab", "% one %{ two\nx", [(1, "one %{ two")]),
    ("an empty comment", "matlab", "%\nx = 1;\n%\n", []),
    ("substitution", "perl", "s#a#b#; tr/#/x/; m{#}; # yes", [(1, "yes")]),
    ("words", "perl", "@a = qw(# a #b); %h = (q => 1, y => 2); # yes", [(1, "yes")]),
    ("a pattern", "perl", "if ($x =~ /#'/) { } # yes", [(1, "yes")]),
    ("text outside", "php", "<p>it's # no</p><?php $x = 1; # yes\n?> it's # no <?php // two", [(1, "yes"), (2, "two")]),
    ("a here-document", "php", "<?php $x = <<<EOT\n# no ' \nEOT;\n// yes", [(4, "yes")]),
    ("a here-string", "powershell", "$x = @'\n# no '\n'@\n# yes", [(4, "yes")]),
    ("a raw docstring", "python", 'r"""one \\""" two"""\n# three', [(1, 'one \\""" two'), (2, "three")]),
    ("a continued string", "python", 'x = "a \\\n# no" # yes', [(2, "yes")]),
    ("quotes in a docstring", "python", '"""one "two" three"""; x = 1 # four', [(1, 'one "two" three'), (1, "four")]),
    ("a docstring never closed", "python", '"""one\n# two', [(1, "one"), (2, "# two")]),
    ("raw strings", "r", "x <- r\"---(# )\" no)---\"; y <- R'[# ' ]' # yes", [(1, "yes")]),
    ("a name that ends in r", "r", "paper'# no' # yes", [(1, "yes")]),
    ("an operator", "r", "x %#% y # yes\nz <- 5 %% 2 # two", [(1, "yes"), (2, "two")]),
    ("a string over lines", "r", 'x <- "one\n# no" # yes', [(2, "yes")]),
    ("an interpolation", "ruby", 'x = "#{a} # no" + %q(# no) # yes', [(1, "yes")]),
    ("a here-document", "ruby", "x = <<~EOS\n  # no\nEOS\n# yes", [(4, "yes")]),
    ("a comment behind code", "ruby", "x = 1#yes", [(1, "yes")]),
    ("a raw string", "rust", 'let s = r##"// "# no"##; // yes', [(1, "yes")]),
    ("characters", "rust", "let c = '\"'; let d = '\\''; let e = '\\u{1F600}'; // yes", [(1, "yes")]),
    ("a product", "sas", "y = a*b; z = a * b; * yes;", [(1, "yes")]),
    ("over lines", "sas", "* one\n two; x = 1;\n%* three;", [(1, "one"), (2, "two"), (3, "three")]),
    ("one in another", "sas", "/* two ; /* three */ * four ; * five ;", [(1, "two ; /* three"), (1, "four"), (1, "five")]),
    ("a character", "scala", "val c = '\"' // yes", [(1, "yes")]),
    ("a string over lines", "sql", "SELECT 'a''b\n-- no' -- yes", [(2, "yes")]),
    ("nesting", "sql", "/* a /* b */ c */ -- d", [(1, "a /* b */ c"), (1, "d")]),
    ("no nesting", "sql", "/* a /* b */ x -- c", [(1, "a /* b"), (1, "c")]),
    ("a product", "stata", "gen y = a * b // yes\ndo x, a(1) /// two\n  b\n * three", [(1, "yes"), (2, "two"), (4, "three")]),
    ("a path", "stata", "use http://a.b/c // yes", [(1, "yes")]),
    ("an apostrophe", "yaml", "a: it's # yes\nb: c'd # two\n'e#f': g#h # three", [(1, "yes"), (2, "two"), (3, "three")]),
    ("an escape", "makefile", "a = b\\#c # yes", [(1, "yes")]),
    ("a recipe", "makefile", "all:\n\techo '# no' \"# no\" a#b # yes", [(2, "yes")]),
    ("a pattern", "nextflow", "x = ~/a'b/ // yes", [(1, "yes")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), [case[1:] for case in CASES],
                         ids=[f"{case[1]}: {case[0]}" for case in CASES])  # fmt: skip
def test_the_hard_places(language: str, text: str, expected: list[tuple[int, str]]) -> None:
    found = scan(text, language_named(language))

    assert [(comment.line, comment.text) for comment in found] == expected


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each.tokens],
                         ids=lambda each: each.name)  # fmt: skip
def test_a_line_comment_of_the_skeleton_is_one(language: object) -> None:
    """What skeletons write must be read again, also behind code."""
    opening, closing = language.line_comment, language.line_comment_end  # type: ignore[attr-defined]
    found = scan(f"{opening} one {closing}\n{opening} two {closing}\n", language)  # type: ignore[arg-type]

    assert [comment.text for comment in found] == ["one", "two"]


def test_a_column_counts_from_the_start_of_its_line() -> None:
    """In blocks each line has its own; tabs count as one."""
    text = "int x; /* one\n\t  two */ // three"

    found = scan(text, language_named("c"))

    assert [(c.line, c.column, c.text) for c in found] == [
        (1, 11, "one"),
        (2, 4, "two"),
        (2, 14, "three"),
    ]


@pytest.mark.parametrize("delimiter", ["^", "]", "-", "\\", ";;", "REM ", "!", "¶"])
def test_any_delimiter_can_be_given(delimiter: str) -> None:
    found = scan(f"code {delimiter} yes\n", language_with(delimiter))

    assert [comment.text for comment in found] == ["yes"]


def test_html_comments_and_chunks_keep_their_columns() -> None:
    text = "a <!-- one\n  two --> b\n\n~~~ {.python}\nx = 1 # three\n~~~\n"

    found = scan(text, language_named("quarto"))

    assert [(c.line, c.column, c.text) for c in found] == [
        (1, 8, "one"),
        (2, 3, "two"),
        (5, 9, "three"),
    ]


def test_a_cell_magic_tells_the_language_of_its_cell() -> None:
    text = (
        '{"cells": [{"cell_type": "code", "source": "%%R\\nx <- \'# no\' # one"},'
        ' {"cell_type": "raw", "source": "# no"},'
        ' {"cell_type": "markdown", "source": "```python\\n# no\\n```"},'
        ' {"cell_type": "code", "source": ["y = 1 # two"]}], "metadata": {}}'
    )

    found = scan(text, language_named("jupyter"))

    assert [(c.cell, c.line, c.text) for c in found] == [(1, 2, "one"), (4, 1, "two")]


HOSTILE = {
    "quotes": "'\"" * 5_000_000,
    "escaped quotes": "'\\" * 5_000_000,
    "quotes in lines": "'\\\n" * 3_000_000,
    "openings": "/*" * 5_000_000,
    "nested": "#=" * 5_000_000,
    "here-documents": "<<a\n" * 2_500_000,
    "other here-documents": "\n".join(f"<<w{n}" for n in range(1_200_000)),
    "raw": 'r"(' * 3_300_000,
    "stars": "* " * 5_000_000,
    "blanks": "\n" * 10_000_000,
    "blanks in lines": (" " * 99 + "\n") * 100_000,
    "one line": "a" * 10_000_000,
    "back quotes": "`${" * 3_300_000,
    "slashes": "=/[" * 3_300_000,
    "per cent": "%{" * 5_000_000,
}


def seconds_for(text: str, language: str) -> float:
    """Processor time of a scan that ends, be it with the limit of places."""
    begin = time.process_time()
    with suppress(AnnotationError):
        for _ in scan(text, language_named(language)):
            pass
    return time.process_time() - begin


@pytest.mark.full
@pytest.mark.skipif(not os.environ.get("FULL"), reason="a long sweep: FULL=1")
@pytest.mark.parametrize("language", [each.name for each in LANGUAGES])
def test_ten_megabytes_take_two_seconds(language: str) -> None:
    """No text makes a scanner quadratic, in any language."""
    slow = {name: seconds_for(text, language) for name, text in HOSTILE.items()}

    assert {name: took for name, took in slow.items() if took > 2} == {}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("language", ["bash", "python", "julia"])
def test_time_is_linear(language: str, text: str) -> None:
    """A twentieth of the text above in a second: a quadratic step would take minutes."""
    assert seconds_for(text[: len(text) // 20], language) < 1
