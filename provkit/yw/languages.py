r"""How each language writes comments and strings, as one regular expression per language.

A language is a list of tokens, tried in order at each place: strings and the
like are skipped, comments are kept. One compiled alternation finds the next
token, so that a ``#`` inside a string is never a comment, and scanning runs at
the speed of :mod:`re`. Every pattern is linear: no nested repetition, and a
string that is never closed ends with its line (or, where strings may span
lines, is passed over character by character).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from provkit.errors import UsageError

Role = Literal["skip", "line", "block", "nested"]


@dataclass(frozen=True, slots=True)
class Token:
    """One kind of token.

    Attributes:
        role: ``skip`` (a string), ``line`` comment, ``block`` comment or ``nested`` block comment.
        pattern: Regular expression (DOTALL, MULTILINE); of a nested comment only its opening.
        opening: What is cut off before the text of a comment, as a regular expression.
        closing: What is cut off behind it, likewise.
    """

    role: Role
    pattern: str
    opening: str = ""
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        name: As written with ``--language``.
        extensions: Of its files, lower case, without dot.
        tokens: In the order in which they are tried.
        line_comment: Delimiter for a skeleton.
        aliases: Other names of the language.
        filenames: Whole file names, lower case.
    """

    name: str
    extensions: tuple[str, ...]
    tokens: tuple[Token, ...]
    line_comment: str = "#"
    aliases: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()


def _line(delimiter: str, *, only_if: str = "") -> Token:
    """A comment to the end of the line; ``only_if`` is a look-behind or another condition."""
    escaped = re.escape(delimiter)
    return Token("line", f"{only_if}{escaped}[^\n]*", escaped)


def _block(opening: str, closing: str, *, only_if: str = "") -> Token:
    """A comment that ends with the first ``closing``, or with the file."""
    begin, end = re.escape(opening), re.escape(closing)
    return Token("block", rf"{only_if}{begin}.*?(?:{end}|\Z)", begin, end)


def _nested(opening: str, closing: str) -> Token:
    """A comment that may hold others of its kind."""
    return Token("nested", re.escape(opening), re.escape(opening), re.escape(closing))


def _skip(pattern: str) -> Token:
    return Token("skip", pattern)


_DQ = _skip(r'"(?:[^"\\\n]|\\.)*+"?')
_SQ = _skip(r"'(?:[^'\\\n]|\\.)*+'?")
_BACKTICK = _skip(r"`(?:[^`\\]|\\.)*+`")
_BACKTICK_NAME = _skip(r"`[^`\n]*+`")
_DQ_DOUBLED = _skip(r'"(?:[^"\n]|"")*+"?')
_SQ_DOUBLED = _skip(r"'(?:[^'\n]|'')*+'?")
_SQ_SQL = _skip(r"'(?:[^']|'')*+'")
_CHARACTER = _skip(r"'(?:[^'\\\n]|\\[^\n]{1,8}?)'")
_DQ_LONG = _skip(r'"""(?:[^"\\]|\\.|"(?!""))*+"""')
_DQ_LINES = _skip(r'"(?:[^"\\]|\\.)*+"')
_SQ_LINES = _skip(r"'(?:[^'\\]|\\.)*+'")
_HEREDOC = _skip(r"<<[-~]?(?P<{n}>['\"]?)(?P<{n}t>[A-Za-z_]\w*)(?P={n})[^\n]*\n.*?^\s*(?P={n}t)\b")
_C_COMMENTS = (_line("//"), _block("/*", "*/"))
_HASH = _line("#")
_WORD_HASH = _line("#", only_if=r"(?:^|(?<=[\s;&|()]))")
_REGEX_LITERAL = _skip(r"(?<=[=(,:\[!&|?{};\n])[ \t]*/(?![*/])(?:[^/\\\n\[]|\\.|\[[^\]\n]*+\])++/")

_PYTHON = (
    Token("block", r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)', '"""', '"""'),
    Token("block", r"'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)", "'''", "'''"),
    _DQ,
    _SQ,
    _HASH,
)
_C = (_skip(r'R"(?P<{n}>[^\s()\\]{0,16})\(.*?\)(?P={n})"'), *_C_COMMENTS, _DQ, _CHARACTER)

LANGUAGES: tuple[Language, ...] = (
    Language(
        "bash",
        ("sh", "bash", "zsh", "ksh"),
        (_SQ_LINES, _DQ_LINES, _HEREDOC, _WORD_HASH),
        aliases=("sh", "shell", "zsh"),
    ),
    Language("c", ("c", "h"), (*_C_COMMENTS, _DQ, _CHARACTER), "//"),
    Language(
        "c++",
        ("cpp", "cc", "cxx", "hpp", "hh", "hxx"),
        _C,
        "//",
        ("c_cpp", "cpp", "cplusplus", "cxx"),
    ),
    Language(
        "c#",
        ("cs",),
        (_skip(r'\$?@\$?"(?:[^"]|"")*+"'), _DQ_LONG, *_C_COMMENTS, _DQ, _CHARACTER),
        "//",
        ("csharp",),
    ),
    Language(
        "fortran", ("f90", "f95", "f03", "f08", "f18"), (_SQ_DOUBLED, _DQ_DOUBLED, _line("!")), "!"
    ),
    Language(
        "fortran77",
        ("f", "for", "f77", "ftn"),
        (Token("line", "^[cC*][^\n]*", "[cC*]"), _SQ_DOUBLED, _DQ_DOUBLED, _line("!")),
        "C",
    ),
    Language("go", ("go",), (*_C_COMMENTS, _DQ, _skip(r"`[^`]*+`"), _CHARACTER), "//"),
    Language("java", ("java",), (_DQ_LONG, *_C_COMMENTS, _DQ, _CHARACTER), "//"),
    Language(
        "javascript",
        ("js", "mjs", "cjs", "jsx"),
        (*_C_COMMENTS, _DQ, _SQ, _BACKTICK, _REGEX_LITERAL),
        "//",
        ("js", "node", "ecmascript"),
    ),
    Language(
        "typescript",
        ("ts", "mts", "cts", "tsx"),
        (*_C_COMMENTS, _DQ, _SQ, _BACKTICK, _REGEX_LITERAL),
        "//",
        ("ts",),
    ),
    Language("julia", ("jl",), (_DQ_LONG, _DQ, _CHARACTER, _nested("#=", "=#"), _HASH)),
    Language(
        "lua",
        ("lua",),
        (
            Token("block", r"--\[(?P<{n}>=*)\[.*?(?:\](?P={n})\]|\Z)", r"--\[=*\[", r"\]=*\]"),
            _line("--"),
            _skip(r"\[(?P<{n}>=*)\[.*?\](?P={n})\]"),
            _DQ,
            _SQ,
        ),
        "--",
    ),
    Language(
        "matlab",
        ("m",),
        (
            _skip(r"(?<=[\w)\]}.'])'"),
            _block("%{", "%}"),
            _block("#{", "#}"),
            _line("%"),
            _line("#"),
            _DQ_DOUBLED,
            _SQ_DOUBLED,
        ),
        "%",
        ("octave",),
    ),
    Language(
        "perl",
        ("pl", "pm", "t"),
        (
            Token("block", r"^=[a-zA-Z]\w*.*?(?:^=cut[^\n]*|\Z)", "=", "=cut"),
            _SQ_LINES,
            _DQ_LINES,
            _HEREDOC,
            _line("#", only_if=r"(?<![$\w])"),
        ),
    ),
    Language(
        "php", ("php",), (*_C_COMMENTS, _line("#", only_if=r"(?!#\[)"), _SQ_LINES, _DQ_LINES), "//"
    ),
    Language(
        "powershell",
        ("ps1", "psm1", "psd1"),
        (
            _block("<#", "#>"),
            _skip(r"@(?P<{n}>[\"'])\n.*?\n(?P={n})@"),
            _skip(r'"(?:[^"`\n]|`.|"")*+"?'),
            _SQ_DOUBLED,
            _WORD_HASH,
        ),
        aliases=("pwsh",),
    ),
    Language("python", ("py", "pyw", "pyi"), _PYTHON, aliases=("py", "python3")),
    Language(
        "r",
        ("r",),
        (
            _skip(r"[rR][\"'](?P<{n}>-*)\(.*?\)(?P={n})[\"']"),
            _DQ_LINES,
            _SQ_LINES,
            _BACKTICK_NAME,
            _HASH,
        ),
    ),
    Language(
        "ruby",
        ("rb",),
        (_block("=begin", "=end", only_if="^"), _SQ_LINES, _DQ_LINES, _HEREDOC, _WORD_HASH),
        filenames=("rakefile", "gemfile"),
    ),
    Language(
        "rust",
        ("rs",),
        (
            _skip(r'b?r(?P<{n}>#*)".*?"(?P={n})'),
            _line("//"),
            _nested("/*", "*/"),
            _DQ_LINES,
            _CHARACTER,
        ),
        "//",
    ),
    Language(
        "sas",
        ("sas",),
        (
            _block("/*", "*/"),
            _SQ_SQL,
            _skip(r'"(?:[^"]|"")*+"'),
            Token("block", r"(?:\A|^|(?<=;)|(?<=/))\s*%?\*[^;]*+;?", r"%?\*", ";"),
        ),
        "*",
    ),
    Language(
        "scala",
        ("scala", "sc", "sbt"),
        (_DQ_LONG, _line("//"), _nested("/*", "*/"), _DQ, _CHARACTER),
        "//",
    ),
    Language(
        "sql", ("sql", "ddl", "psql"), (_line("--"), _block("/*", "*/"), _SQ_SQL, _DQ_DOUBLED), "--"
    ),
    Language(
        "stata",
        ("do", "ado"),
        (
            _block("/*", "*/"),
            _line("///"),
            _line("//", only_if=r"(?:^|(?<=\s))"),
            _skip(r"`\"[^\n]*?\"'"),
            _DQ_DOUBLED,
            Token("line", r"^[ \t]*\*[^\n]*", r"\*"),
        ),
        "*",
    ),
    Language("swift", ("swift",), (_DQ_LONG, _line("//"), _nested("/*", "*/"), _DQ), "//"),
    Language("yaml", ("yaml", "yml"), (_SQ_DOUBLED, _DQ, _line("#", only_if=r"(?:^|(?<=[ \t]))"))),
    Language(
        "makefile",
        ("mk", "mak"),
        (_HASH,),
        aliases=("make",),
        filenames=("makefile", "gnumakefile"),
    ),
    Language(
        "snakefile", ("smk", "snakefile"), _PYTHON, aliases=("snakemake",), filenames=("snakefile",)
    ),
    Language(
        "nextflow",
        ("nf",),
        (_DQ_LONG, _skip(r"'''.*?'''"), *_C_COMMENTS, _DQ, _SQ),
        "//",
        ("groovy",),
    ),
    Language("rmarkdown", ("rmd", "qmd"), (), "#", ("quarto", "rmd", "qmd")),
    Language("jupyter", ("ipynb",), (), "#", ("notebook", "ipynb")),
)
"""Every language that is known, in the order of the documentation."""


@cache
def _by_name() -> dict[str, Language]:
    return {name: each for each in LANGUAGES for name in (each.name, *each.aliases)}


def language_named(name: str) -> Language:
    """The language of that name, whatever its case.

    Raises:
        UsageError: There is none.
    """
    found = _by_name().get(name.lower())
    if found is None:
        known = ", ".join(each.name for each in LANGUAGES)
        raise UsageError(
            f"unknown language {name!r}", hint=f"known: {known}; or say --comment DELIMITER"
        )
    return found


def language_of(path: str) -> Language | None:
    """The language of a file, by its name; None when the name does not tell."""
    name = path.rpartition("/")[2].lower()
    extension = name.rpartition(".")[2] if "." in name else ""
    for each in LANGUAGES:
        if extension in each.extensions or name in each.filenames:
            return each
    return None


def language_with(delimiter: str) -> Language:
    """A language of which only the single-line comment delimiter is known."""
    return Language("", (), (_line(delimiter),), delimiter)


@cache
def pattern_of(tokens: Sequence[Token]) -> re.Pattern[str]:
    """One alternation of all tokens; the group that matched is ``t<position>``."""
    parts = [
        f"(?P<t{n}>{each.pattern.replace('{n}t', f'y{n}').replace('{n}', f'x{n}')})"
        for n, each in enumerate(tokens)
    ]
    return re.compile("|".join(parts), re.DOTALL | re.MULTILINE)
