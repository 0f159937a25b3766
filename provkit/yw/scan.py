"""Find the comments of a source text, line by line.

A comment gives one :class:`~provkit.model.workflow.Comment` for each of its
lines that is not blank, without delimiters and white space around. What stands
in strings is never a comment (YesWorkflow 0.2.1.2 thought so).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from provkit.errors import AnnotationError
from provkit.model.workflow import Comment
from provkit.yw.languages import Language, Token, language_named, pattern_of

_LINE_ENDS = re.compile(r"\r\n?")
_BLANK = " \t\f\v\u00a0\ufeff"
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*\{?[ \t]*\.?(?P<language>[\w+#-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^(?P=fence)|\Z)"
    r"|<!--(?P<note>.*?)(?:-->|\Z)",
    re.DOTALL | re.MULTILINE,
)


_MOST_TOKENS = 500_000


def scan(text: str, language: Language, *, source: int = 1, path: str = "") -> Iterator[Comment]:
    """Comments of a text, in reading order, found as they are asked for.

    Args:
        text: Decoded; any of the three line ends, with or without byte order mark.
        language: How comments and strings look.
        source: Id of the source, put into each comment.
        path: Of the source, for errors.

    Raises:
        AnnotationError: A notebook that is not one, or a text that is no script.
    """
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff"))
    if language.name == "jupyter":
        return _scan_notebook(text, source, path)
    if language.name == "rmarkdown":
        return _scan_markdown(text, source, path)
    return _scan_code(text, language, source, path)


def _scan_code(
    text: str, language: Language, source: int, path: str, line: int = 1
) -> Iterator[Comment]:
    """Comments of a text whose first line has the number ``line``."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    find = pattern_of(language.tokens).search
    position = tokens = 0
    while (match := find(text, position)) is not None:
        tokens += 1
        if tokens > _MOST_TOKENS:
            row = bisect_right(starts, match.start()) - 1
            raise AnnotationError(
                f"more than {_MOST_TOKENS:,} comments and strings [YW108]",
                file=path,
                line=line + row,
                column=match.start() - starts[row] + 1,
                hint="is this text a script?",
            )
        token = language.tokens[int(str(match.lastgroup)[1:])]
        end = match.end()
        if token.role == "nested":
            end = _end_of_nested(text, end, token)
        position = end if end > match.start() else match.start() + 1
        if token.role != "skip":
            yield from _comment_lines(
                text[match.start() : end], match.start(), token, starts, source, line
            )


def _end_of_nested(text: str, position: int, token: Token) -> int:
    """Where a nested comment ends whose opening ends at ``position``."""
    depth = 1
    delimiter = re.compile(f"(?P<opening>{token.opening})|{token.closing}")
    for match in delimiter.finditer(text, position):
        depth += 1 if match["opening"] else -1
        if depth == 0:
            return match.end()
    return len(text)


def _comment_lines(
    raw: str, offset: int, token: Token, starts: list[int], source: int, line: int
) -> Iterator[Comment]:
    body = raw.lstrip(_BLANK + "\n") if token.role == "block" else raw.lstrip(_BLANK)
    lead = len(raw) - len(body)
    opening = re.match(token.opening, body)
    if opening is not None:
        lead, body = lead + opening.end(), body[opening.end() :]
    if token.closing:
        body = re.sub(rf"(?:{token.closing})\Z", "", body)
    row = bisect_right(starts, offset + lead) - 1
    for number, piece in enumerate(body.split("\n") if "\n" in body else (body,)):
        trimmed = piece.strip(_BLANK)
        if trimmed:
            begin = offset + lead if number == 0 else starts[row + number]
            column = begin - starts[row + number] + piece.index(trimmed) + 1
            yield Comment(source=source, line=line + row + number, column=column, text=trimmed)


def _scan_markdown(text: str, source: int, path: str) -> Iterator[Comment]:
    """R Markdown and Quarto: code chunks by their language, and HTML comments between them."""
    for match in _FENCE.finditer(text):
        name = match["language"]
        code, note = match["code"], match["note"]
        if note is not None:
            first = text.count("\n", 0, match.start("note")) + 1
            note_line = match.start("note") - (text.rfind("\n", 0, match.start("note")) + 1)
            for number, piece in enumerate(note.split("\n")):
                trimmed = piece.strip(_BLANK)
                if trimmed:
                    column = piece.index(trimmed) + 1 + (note_line if number == 0 else 0)
                    yield Comment(source=source, line=first + number, column=column, text=trimmed)
        elif name and (language := _known(name)) is not None:
            first = text.count("\n", 0, match.start("code")) + 1
            yield from _scan_code(code, language, source, path, first)


def _known(name: str) -> Language | None:
    if name.lower() in ("html", "css", "text", "yaml"):
        return None
    return language_named(name) if name.lower() in _NAMES else None


_NAMES = frozenset(
    (
        "r",
        "python",
        "bash",
        "sh",
        "julia",
        "sql",
        "stata",
        "sas",
        "matlab",
        "octave",
        "javascript",
        "js",
        "perl",
        "ruby",
    )
)


def _scan_notebook(text: str, source: int, path: str) -> Iterator[Comment]:
    """Code cells by the language of the kernel, markdown cells by their HTML comments.

    Source: nbformat 4, https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    try:
        notebook = json.loads(text)
        cells = notebook["cells"]
        metadata = notebook.get("metadata", {})
        kernel = metadata.get("kernelspec", {}).get("language") or metadata.get(
            "language_info", {}
        ).get("name", "python")
        parts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnnotationError(
            f"not a Jupyter notebook of format 4: {error!r}"[:200],
            file=path,
            hint="open and save it with Jupyter 4 or newer",
        ) from error
    language = language_named(kernel if isinstance(kernel, str) else "python")
    for number, (kind, code) in enumerate(parts, 1):
        cell = _LINE_ENDS.sub("\n", code)
        found = (
            _scan_code(cell, language, source, path)
            if kind == "code"
            else _scan_markdown(cell, source, path)
        )
        for each in found:
            yield Comment(
                source=source, line=each.line, column=each.column, text=each.text, cell=number
            )
