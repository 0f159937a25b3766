r"""How each language writes comments and strings.

Tokens are tried in their order at each place where one of them can begin, so the
long ones stand before the short ones. :mod:`provkit.yw.tokens` says what they are.
"""

from __future__ import annotations

from typing import NamedTuple

from provkit.errors import UsageError
from provkit.yw.tokens import (
    Token,
    begins_line,
    begins_statement,
    block,
    here_document,
    line,
    long_string,
    nested,
    raw,
    string,
    text,
)

Tokens = tuple[Token, ...]


class Language(NamedTuple):
    """A language.

    Attributes:
        name: As written with ``--language``.
        extensions: Of its files, lower case, without dot.
        tokens: In the order in which they are tried.
        line_comment: What begins a comment of one line, for a skeleton.
        line_comment_end: What must end it.
        aliases: Other names of the language.
        filenames: Whole file names, lower case.
        begins: Text before which nothing is code, where it occurs.
    """

    name: str
    extensions: tuple[str, ...]
    tokens: Tokens
    line_comment: str = "#"
    line_comment_end: str = ""
    aliases: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    begins: str = ""


_DOUBLE, _SINGLE, _BACKTICK = string('"'), string("'"), string("`")
_DOUBLE_LINES, _SINGLE_LINES = string('"', lines=True), string("'", lines=True)
_BACKTICK_LINES = string("`", lines=True)
_DOUBLE_TWICE, _SINGLE_TWICE = string('"', escape='"'), string("'", escape="'")
_LONG_DOUBLE, _LONG_SINGLE = long_string('"'), long_string("'")
_SLASHES, _STARS, _HASH = line("//"), block("/*", "*/"), line("#")
_NESTED_STARS = nested("/*", "*/")
_CHARACTER = text(r"'(?:[^'\\\n]|\\[^\n']{0,10}+'?)'", "'")
_ESCAPE = text(r"\\.", r"\\")
# A comment of a shell begins a word; elsewhere # is an ordinary character.
_HASH_WORD = line("#", only_if=r"(?<![^\s;&|()`])")
# A pattern such as /[/*]/ stands where a value is expected, never after one.
_PATTERN = Token(
    r"(?:(?<=[=(,:\[!&|?{};+~^%<>])|(?<=[=(,:\[!&|?{};+~^%<>]\s)|(?<=return\s)|(?<![^\n]))"
    r"/(?![*/])(?=[^\n]*?/)",
    "/",
    "body",
    body=r"(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/",
)
# ${…} of a template may hold templates.
_TEMPLATE = Token(
    "`",
    "`",
    "body",
    body=r"(?:[^`\\$]|\\.|\$\{(?:[^{}`]|`[^`]*+`|\{[^{}`]*+\})*+\}|\$)*+`",
)
_C = (line("//", continued=True), _STARS)
_PYTHON = (
    long_string('"', comment=True),
    long_string("'", comment=True),
    _DOUBLE,
    _SINGLE,
    _HASH,
)
_JAVASCRIPT = (_SLASHES, _STARS, _DOUBLE, _SINGLE, _TEMPLATE, _PATTERN)
_MATLAB = (
    text(r"(?<=[\w)\]}.'])'", "'"),  # transposes
    nested("%{", "%}", inner=r"^[ \t]*%\{[ \t]*$"),
    nested("#{", "#}", inner=r"^[ \t]*#\{[ \t]*$"),
    Token(r"\.\.\.[ \t]*%?", ".", "line", comment=True),  # a continuation ends the code of a line
    line("%"),
    _HASH,
    _DOUBLE_TWICE,
    _SINGLE_TWICE,
)


def _fortran(quote: str) -> Token:
    """A string that ``&`` continues on the next line."""
    ordinary = f"[^{quote}&\n]|{quote}{quote}|&[ \t]*\n[ \t]*&?|&"
    return text(f"{quote}(?:{ordinary})*+{quote}?", quote)


def _perl_quote(opening: str, closing: str) -> str:
    inner = rf"(?:[^\\{opening}{closing}]|\\.)*+"
    return rf"\{opening}{inner}(?:\{opening}{inner}\{closing}{inner})*+\{closing}"


_PERL_BRACKETS = "|".join(_perl_quote(*pair) for pair in ("{}", "()", "[]", "<>"))
_PERL_BEGIN = r"(?<![\w$@%&*>{-])"
_PERL_FIRST = r"((?<!\w)(?:[qmsy]|tr|q[qwrx])(?!\w))"
_PERL = (
    Token("^=(?=[a-zA-Z])", "=", "text", "\n=cut", comment=True),
    text(
        rf"{_PERL_BEGIN}(?:q[qwrx]?|m)(?!\s*=>)"
        rf"(?:\s*(?:{_PERL_BRACKETS})|(?P<d>[^\w\s,;=)(\[{{<>}}\]])(?:(?!(?P=d))[^\\\n]|\\.)*+(?P=d))",
        _PERL_FIRST,
    ),
    text(
        rf"{_PERL_BEGIN}(?:s|tr|y)(?!\s*=>)"
        rf"(?:\s*(?:{_PERL_BRACKETS})\s*(?:{_PERL_BRACKETS})"
        r"|(?P<e>[^\w\s,;=)(\[{<>}\]])(?:(?:(?!(?P=e))[^\\\n]|\\.)*+(?P=e)){2})",
        _PERL_FIRST,
    ),
    text(r"(?:(?<=[=!]~\s)|(?<=[=!]~)|(?<=[(,])|(?<=split\s))/(?:[^/\\\n]|\\.)*+/", "/"),
    _SINGLE_LINES,
    _DOUBLE_LINES,
    _BACKTICK,
    here_document(),
    line("#", only_if=r"(?<!\$)"),
)
_RUBY = (
    Token("^=begin", "=", "text", "\n=end", comment=True),
    text(r"\?['\"#`](?!\w)", "?"),
    text(r"%[qQwWirx]?(?:\{[^{}]*+\}|\([^()]*+\)|\[[^\[\]]*+\]|<[^<>\n]*+>)", "%"),
    _SINGLE_LINES,
    _DOUBLE_LINES,
    _BACKTICK,
    here_document(),
    text(r"(?:(?<=[=(,~|&!]\s)|(?<=[=(,~|&!]))/(?:[^/\\\n]|\\.)*+/", "/"),
    line("#", only_if=r"(?<!\$)"),
)


def _r_closing(opening: str) -> str:
    quote, dashes, bracket = opening[0], opening[1:-1], opening[-1]
    return {"(": ")", "[": "]", "{": "}"}[bracket] + dashes + quote


_R = (
    raw(r"(?<![\w.][rR])(?<=[rR])[\"']-*+[(\[{]", "\"'", _r_closing),
    _DOUBLE_LINES,
    _SINGLE_LINES,
    string("`", escape=""),
    text(r"%[^%\n]*+%", "%"),
    _HASH,
)
_LUA = (
    Token(r"--\[=*+\[", r"\-", "text", lambda o: f"]{'=' * o.count('=')}]", comment=True),
    line("--"),
    raw(r"\[=*+\[", r"\[", lambda o: f"]{'=' * o.count('=')}]"),
    _DOUBLE,
    _SINGLE,
)
_RUST = (
    raw(r"(?<=r)#*+\"", '#"', lambda o: '"' + "#" * (len(o) - 1)),
    _SLASHES,
    _NESTED_STARS,
    _DOUBLE_LINES,
    _CHARACTER,
)
_BASH = (
    _ESCAPE,
    Token(r"(?<=\$)'", "'", "body", body=_SINGLE_LINES.body),
    string("'", escape="", lines=True),
    _DOUBLE_LINES,
    here_document(blank=r"[ \t]*"),
    _HASH_WORD,
)
_PHP = (
    raw(r"\?>", "?", "<?"),  # text outside the program
    _SLASHES,
    _STARS,
    line("#", only_if=r"(?!#\[)"),
    _SINGLE_LINES,
    _DOUBLE_LINES,
    here_document(opening="<<<"),
)
_POWERSHELL = (
    block("<#", "#>"),
    raw(r"@[\"'](?=\n)", "@", lambda o: f"\n{o[1]}@"),
    string('"', escape="`", lines=True),
    _SINGLE_TWICE,
    text("`.", "`"),
    _HASH_WORD,
)
_SAS = (
    _STARS,
    _SINGLE_TWICE,
    _DOUBLE_TWICE,
    Token(r"%?\*", r"%*", "text", ";", comment=True, guard=begins_statement),
)
_STATA = (
    _NESTED_STARS,
    line("///"),
    line("//", only_if=r"(?<!\S)"),
    text(r"`\"[^\n]*?\"'", "`"),
    _DOUBLE,
    Token(r"\*", "*", "line", comment=True, guard=begins_line),
)
_YAML = (
    text(r"(?<![^\s:,\[{-])'(?:[^'\n]|'')*+'", "'"),
    text(r'(?<![^\s:,\[{-])"(?:[^"\\\n]|\\.)*+"', '"'),
    line("#", only_if=r"(?<!\S)"),
)
_MAKE = (
    text(r"^\t(?:[^#'\"\\\n]|\\.|'[^'\n]*+'|\"(?:[^\"\\\n]|\\.)*+\"|(?<=\S)#)++", "\t"),
    line("#", only_if=r"(?<!\\)"),
)
_CSHARP = (
    _LONG_DOUBLE,
    raw(r"(?:(?<=@)|(?<=@\$))\"", '"', '"'),
    _SLASHES,
    _STARS,
    _DOUBLE,
    _CHARACTER,
)
_CPLUSPLUS = (
    raw(r"(?<=R)\"[^\s()\\\"]{0,16}\(", '"', lambda o: f'){o[1:-1]}"'),
    *_C,
    _DOUBLE,
    _CHARACTER,
)

LANGUAGES: tuple[Language, ...] = (
    Language("bash", ("sh", "bash", "zsh", "ksh"), _BASH, aliases=("sh", "shell", "zsh", "ksh")),
    Language("c", ("c", "h"), (*_C, _DOUBLE, _CHARACTER), "//"),
    Language(
        "c++",
        ("cpp", "cc", "cxx", "hpp", "hh", "hxx"),
        _CPLUSPLUS,
        "//",
        aliases=("c_cpp", "cpp", "cplusplus", "cxx"),
    ),
    Language("c#", ("cs", "csx"), _CSHARP, "//", aliases=("csharp", "cs")),
    Language(
        "fortran",
        ("f90", "f95", "f03", "f08", "f18"),
        (_fortran("'"), _fortran('"'), line("!")),
        "!",
    ),
    Language(
        "fortran77",
        ("f", "for", "f77", "ftn"),
        (
            Token("^[cC*]", "(^[cC*])", "line", comment=True),
            _SINGLE_TWICE,
            _DOUBLE_TWICE,
            line("!"),
        ),
        "C",
    ),
    Language(
        "go",
        ("go",),
        (_SLASHES, _STARS, _DOUBLE, string("`", escape="", lines=True), _CHARACTER),
        "//",
        aliases=("golang",),
    ),
    Language("java", ("java",), (_LONG_DOUBLE, _SLASHES, _STARS, _DOUBLE, _CHARACTER), "//"),
    Language(
        "javascript",
        ("js", "mjs", "cjs", "jsx"),
        _JAVASCRIPT,
        "//",
        aliases=("js", "node", "ecmascript"),
    ),
    Language("typescript", ("ts", "mts", "cts", "tsx"), _JAVASCRIPT, "//", aliases=("ts",)),
    Language(
        "julia", ("jl",), (_LONG_DOUBLE, _DOUBLE_LINES, _CHARACTER, nested("#=", "=#"), _HASH)
    ),
    Language("lua", ("lua",), _LUA, "--"),
    Language("matlab", ("m",), _MATLAB, "%", aliases=("octave",)),
    Language("perl", ("pl", "pm", "t"), _PERL),
    Language("php", ("php",), _PHP, "//", begins="<?"),
    Language("powershell", ("ps1", "psm1", "psd1"), _POWERSHELL, aliases=("pwsh",)),
    Language("python", ("py", "pyw", "pyi", "pyx"), _PYTHON, aliases=("py", "python3", "ipython")),
    Language("r", ("r",), _R),
    Language("ruby", ("rb",), _RUBY, filenames=("rakefile", "gemfile")),
    Language("rust", ("rs",), _RUST, "//"),
    Language("sas", ("sas",), _SAS, "*", ";"),
    Language(
        "scala",
        ("scala", "sc", "sbt"),
        (_LONG_DOUBLE, _SLASHES, _NESTED_STARS, _DOUBLE, _CHARACTER),
        "//",
    ),
    Language(
        "sql",
        ("sql", "ddl", "psql"),
        (line("--"), _NESTED_STARS, string("'", escape="'", lines=True), _DOUBLE_TWICE),
        "--",
    ),
    Language("stata", ("do", "ado"), _STATA, "*"),
    Language("swift", ("swift",), (_LONG_DOUBLE, _SLASHES, _NESTED_STARS, _DOUBLE), "//"),
    Language("yaml", ("yaml", "yml"), _YAML),
    Language(
        "makefile", ("mk", "mak"), _MAKE, aliases=("make",), filenames=("makefile", "gnumakefile")
    ),
    Language("snakefile", ("smk",), _PYTHON, aliases=("snakemake",), filenames=("snakefile",)),
    Language(
        "nextflow",
        ("nf", "groovy"),
        (_LONG_DOUBLE, _LONG_SINGLE, _SLASHES, _STARS, _DOUBLE, _SINGLE, _PATTERN),
        "//",
        aliases=("groovy",),
    ),
    Language("rmarkdown", ("rmd", "qmd"), (), aliases=("quarto", "rmd", "qmd")),
    Language("jupyter", ("ipynb",), (), aliases=("notebook", "ipynb")),
)  # fmt: skip - a table
"""Every language that is known, in the order of the documentation."""

_BY_NAME = {name: each for each in LANGUAGES for name in (each.name, *each.aliases)}
_BY_EXTENSION = {extension: each for each in LANGUAGES for extension in each.extensions}
_BY_FILENAME = {name: each for each in LANGUAGES for name in each.filenames}


def find_language(name: str) -> Language | None:
    """The language of that name, whatever its case; None when there is none."""
    return _BY_NAME.get(name.lower())


def language_named(name: str) -> Language:
    """The language of that name, whatever its case.

    Raises:
        UsageError: There is none.
    """
    found = find_language(name)
    if found is None:
        known = ", ".join(each.name for each in LANGUAGES)
        raise UsageError(
            f"unknown language {name!r}", hint=f"known: {known}; or say --comment DELIMITER"
        )
    return found


def language_of(path: str) -> Language | None:
    """The language of a file, by its name; None when the name does not tell."""
    name = path.rpartition("/")[2].lower()
    return _BY_FILENAME.get(name) or _BY_EXTENSION.get(name.rpartition(".")[2])


def language_with(delimiter: str) -> Language:
    """A language of which only the single-line comment delimiter is known."""
    return Language("", (), (line(delimiter),), delimiter)
