"""Comments are found where the language has them, and nowhere else."""

from __future__ import annotations

import json

import pytest

from provkit.errors import AnnotationError
from provkit.yw.languages import LANGUAGES, language_named, language_of
from provkit.yw.scan import scan

# language, text, (line, comment) that must come out
CASES = [
    ("python", 'x = "a # no"  # yes\n', [(1, "yes")]),
    ("python", "x = 'it\\'s # no' # yes\n", [(1, "yes")]),
    ("python", '"""doc\n  second\n"""\n', [(1, "doc"), (2, "second")]),
    ("python", "'''a''' # b", [(1, "a"), (1, "b")]),
    ("python", "x = 'unclosed # no\n# yes", [(2, "yes")]),
    ("python", 'x = r"\\" # yes"\n# end', [(2, "end")]),
    ("snakefile", "rule a: # yes\n    input: '#no'", [(1, "yes")]),
    ("bash", "echo \"# no\" '# no' a#no ${#no} # yes", [(1, "yes")]),
    ("bash", "cat <<EOF\n# no\nEOF\n# yes", [(4, "yes")]),
    ("bash", "cat <<-'END' | sort\n\t# no\n\tEND\n# yes", [(4, "yes")]),
    ("c", 'char *s = "/* no */ // no"; // yes', [(1, "yes")]),
    ("c", "a = '\"'; /* one\n two */ b", [(1, "one"), (2, "two")]),
    ("c", "x = a /\n// yes", [(2, "yes")]),
    ("c", "/* a **/ int x; // b", [(1, "a *"), (1, "b")]),
    ("c", "/* never closed\n@end", [(1, "never closed"), (2, "@end")]),
    ("c++", 'auto s = R"x(// no)" )x"; // yes', [(1, "yes")]),
    ("c#", 'var s = @"c:\\no // ""no"; // yes', [(1, "yes")]),
    ("fortran", "print *, 'it''s ! no' ! yes", [(1, "yes")]),
    ("fortran77", "C one\n      x = 'C' ! two\n* three", [(1, "one"), (2, "two"), (3, "three")]),
    ("go", "s := `// no\n// no` // yes", [(2, "yes")]),
    ("java", 'String s = "// no"; /* a */ // b', [(1, "a"), (1, "b")]),
    ("java", 'var t = """\n// no\n"""; // yes', [(3, "yes")]),
    ("javascript", "let u = `http://no ${x}`; // yes", [(1, "yes")]),
    ("javascript", "let r = /[/*]no/; // yes", [(1, "yes")]),
    ("typescript", "const a = 'http://no' // yes", [(1, "yes")]),
    ("julia", "x = 1 #= one #= two =# three =# # four", [(1, "one #= two =# three"), (1, "four")]),
    ("lua", 's = [[ -- no ]] --[==[ one\n]] two ]==] -- three', [(1, "one"), (2, "]] two"), (2, "three")]),
    ("matlab", "x = a' * b'; % yes ' quoted", [(1, "yes ' quoted")]),
    ("matlab", "s = 'it''s % no'; % yes", [(1, "yes")]),
    ("matlab", "%{\none\n%}\ny = 1; % two\n%\nz = 2;", [(2, "one"), (4, "two")]),
    ("octave", "x = 1; # yes", [(1, "yes")]),
    ("perl", "my $n = $#list; # yes\n=pod\none\n=cut\n# two", [(1, "yes"), (2, "pod"), (3, "one"), (5, "two")]),
    ("php", "$s = '# no'; // one\n#[Attribute]\n# two", [(1, "one"), (3, "two")]),
    ("powershell", '$s = "# no `" # no" # yes <# no #>', [(1, "yes <# no #>")]),
    ("powershell", "<# one\ntwo #> # three", [(1, "one"), (2, "two"), (2, "three")]),
    ("r", "x <- \"# no\"; y <- '# no' # yes", [(1, "yes")]),
    ("r", 'x <- r"(# no " # no)" # yes', [(1, "yes")]),
    ("r", "#' @param x roxygen\n`a # no` <- 1 # yes", [(1, "' @param x roxygen"), (2, "yes")]),
    ("ruby", 's = "#{no}" # yes\n=begin\none\n=end\n# two', [(1, "yes"), (3, "one"), (5, "two")]),
    ("rust", 'let s = r#"// no"#; /* a /* b */ c */ // d', [(1, "a /* b */ c"), (1, "d")]),
    ("rust", "fn f<'a>(x: &'a str) {} // yes", [(1, "yes")]),
    ("sas", "* one ; y = a*b; * two ; /* three ; */", [(1, "one"), (1, "two"), (1, "three ;")]),
    ("scala", 'val s = """// no"""; /* a /* b */ c */ // d', [(1, "a /* b */ c"), (1, "d")]),
    ("sql", "SELECT '-- no', \"-- no\" -- yes\n/* one */", [(1, "yes"), (2, "one")]),
    ("stata", '* one\nuse "http://no" // two\n/* three */', [(1, "one"), (2, "two"), (3, "three")]),
    ("swift", 'let s = "// no" /* a /* b */ c */', [(1, "a /* b */ c")]),
    ("yaml", "a: 'x # no'\nb: c#no # yes", [(2, "yes")]),
    ("makefile", "all: # yes\n\techo", [(1, "yes")]),
    ("nextflow", "x = '''// no''' // yes", [(1, "yes")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_comments_are_told_from_strings(
    language: str, text: str, expected: list[tuple[int, str]]
) -> None:
    """YesWorkflow 0.2.1.2 took a delimiter in a string for a comment; its users lost blocks."""
    found = scan(text, language_named(language))

    assert [(comment.line, comment.text) for comment in found] == expected


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_do_not_matter(
    language: str, text: str, expected: list[tuple[int, str]], line_end: str
) -> None:
    found = scan("\ufeff" + text.replace("\n", line_end), language_named(language))

    assert [(comment.line, comment.text) for comment in found] == expected


@pytest.mark.parametrize("language", [each.name for each in LANGUAGES])
def test_every_language_has_a_case(language: str) -> None:
    """The table above is the list of what was tried."""
    aliases = set(language_named(language).aliases) | {language, "rmarkdown", "jupyter"}

    assert aliases & {case[0] for case in CASES} or language in ("rmarkdown", "jupyter")


def test_a_column_points_at_the_text() -> None:
    [comment] = scan("x = 1    #   @begin A\n", language_named("python"))

    assert (comment.line, comment.column) == (1, 14)


def test_a_chunk_of_r_markdown_is_read_in_its_own_language() -> None:
    text = "# a heading\n\n```{r setup}\nx <- 1 # one\n```\n\n```python\ny = '#' # two\n```\n<!-- three -->\n"

    found = scan(text, language_named("rmarkdown"))

    assert [(c.line, c.text) for c in found] == [(4, "one"), (8, "two"), (10, "three")]


def test_a_notebook_tells_cell_and_line() -> None:
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": ["# heading\n", "<!-- @begin A -->"]},
            {"cell_type": "code", "source": ["x = '#'\n", "y = 1  # @in b"]},
        ],
        "metadata": {"kernelspec": {"language": "python"}},
        "nbformat": 4,
    }

    found = scan(json.dumps(notebook), language_named("jupyter"))

    assert [(c.cell, c.line, c.text) for c in found] == [(1, 2, "@begin A"), (2, 2, "@in b")]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": 1}', '{"cells": [{}]}', "[" * 100_000])
def test_what_is_no_notebook_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AnnotationError, match="not a Jupyter notebook"):
        list(scan(text, language_named("jupyter")))


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.R", "r"),
        ("dir.py/b.M", "matlab"),
        ("Snakefile", "snakefile"),
        ("x/Makefile", "makefile"),
        ("a.Rmd", "rmarkdown"),
    ],
)
def test_a_name_tells_the_language(path: str, language: str) -> None:
    found = language_of(path)

    assert found is not None
    assert found.name == language


def test_a_text_that_is_no_script_is_refused() -> None:
    """Ten megabytes of quotes would be millions of strings."""
    with pytest.raises(AnnotationError, match="more than 1,000,000 comments, strings"):
        list(scan('""' * 2_000_000, language_named("c")))
