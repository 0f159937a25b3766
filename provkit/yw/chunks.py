"""Texts with pieces of code in them: notebooks, R Markdown and Quarto.

Each piece is read in its own language. Between them, HTML comments are comments
(a reader of the rendered page does not see them).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from provkit.errors import AnnotationError
from provkit.model.workflow import Comment, place_of
from provkit.yw.comments import lines_of, scan_code
from provkit.yw.languages import Language, find_language

_PIECE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n(?P<code>.*?)"
    r"(?:^[ \t]*(?P=fence)|\Z)"
    r"|<!--(?P<note>.*?)(?:-->|\Z)",
    re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r"\{?[ \t]*\.?(?P<name>[\w+#-]+)")
_MAGIC = re.compile(r"\s*%%(?P<name>\w+)")
# What kernels, engines and magics call a language, where that is not its name.
_NAMES = {
    "ir": "r",
    "script": "bash",
    "gnuoctave": "octave",
    "ijavascript": "javascript",
    "xcpp": "c++",
    "sos": "python",
}
# Languages of a chunk that are nobody's script.
_PROSE = ("html", "css", "text", "yaml", "json", "markdown", "latex")


def scan_chunks(
    text: str, language: Language, *, source: int = 1, path: str = ""
) -> Iterator[Comment]:
    """Comments of a notebook or of a text with code in it, in reading order.

    Raises:
        AnnotationError: A notebook that is not one.
    """
    if language.name == "rmarkdown":
        return _scan_markdown(text, source, path)
    return _scan_notebook(text, source, path)


def _scan_markdown(text: str, source: int, path: str) -> Iterator[Comment]:
    line, seen = 1, 0
    for piece in _PIECE.finditer(text):
        group = "code" if piece["note"] is None else "note"
        begin = piece.start(group)
        line += text.count("\n", seen, begin)
        seen = begin
        if group == "note":
            column = begin - (text.rfind("\n", 0, begin) + 1)
            yield from lines_of(piece["note"], source, line, column)
        elif (language := _language(piece["info"])) is not None:
            yield from scan_code(piece["code"], language, source=source, path=path, line=line)


def _language(info: str) -> Language | None:
    """Language of a fenced block, by the words behind its opening."""
    named = _NAME.match(info)
    if named is None or named["name"].lower() in _PROSE:
        return None
    return _find(named["name"])


def _find(name: str) -> Language | None:
    found = find_language(_NAMES.get(name.lower(), name))
    return found if found is not None and found.tokens else None


def _scan_notebook(text: str, source: int, path: str) -> Iterator[Comment]:
    """Code cells by the language of the kernel, markdown cells by their HTML comments.

    Source: nbformat 4, https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    kernel, cells = _read_notebook(text, path)
    spoken = _find(kernel) or _find("python")
    for number, (kind, code) in enumerate(cells, 1):
        if kind == "markdown":
            for note in re.finditer("<!--(.*?)(?:-->|\\Z)", code, re.DOTALL):
                begin = note.start(1)
                line = code.count("\n", 0, begin) + 1
                column = begin - (code.rfind("\n", 0, begin) + 1)
                yield from lines_of(note[1], source, line, column, number)
        elif kind == "code":
            magic = _MAGIC.match(code)
            language = (_find(magic["name"]) if magic else None) or spoken
            if language is not None:
                where = place_of(path, number)
                yield from scan_code(code, language, source=source, path=where, cell=number)


def _read_notebook(text: str, path: str) -> tuple[str, list[tuple[str, str]]]:
    """Language of a notebook, and the kind and text of each cell."""
    try:
        notebook = json.loads(text)
        cells = [(str(cell["cell_type"]), _plain(cell["source"])) for cell in notebook["cells"]]
        metadata = notebook.get("metadata", {})
        kernel = metadata.get("kernelspec", {}).get("language")
        kernel = kernel or metadata.get("language_info", {}).get("name")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnnotationError(
            f"not a Jupyter notebook of format 4: {error!r}"[:200],
            file=path,
            hint="open and save it with Jupyter 4 or newer",
        ) from error
    return kernel if isinstance(kernel, str) else "python", cells


def _plain(source: str | list[str]) -> str:
    """Text of a cell, with line feeds as line ends."""
    return "".join(source).replace("\r\n", "\n").replace("\r", "\n")
