"""Outline an R script from its tokens: which calls read and write which files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from provkit.yw.annotate import Access, Block, Direction, Outline, word

# Function: place of the path among its arguments, from 0.
_READERS = {
    "read.csv": 0, "read.csv2": 0, "read.table": 0, "read.delim": 0, "read.delim2": 0,
    "read_csv": 0, "read_csv2": 0, "read_tsv": 0, "read_delim": 0, "read_table": 0, "read_rds": 0,
    "read_excel": 0, "read_xlsx": 0, "read.xlsx": 0, "read_feather": 0, "read_parquet": 0,
    "read_json": 0, "fromJSON": 0, "fread": 0, "readRDS": 0, "load": 0, "readLines": 0, "scan": 0,
    "raster": 0, "rast": 0, "stack": 0, "brick": 0, "readOGR": 0, "st_read": 0, "read_sf": 0,
    "vect": 0, "nc_open": 0, "readShapePoly": 0, "readxl": 0, "file.copy": 0, "file.rename": 0,
}  # fmt: skip
_WRITERS = {
    "write.csv": 1, "write.csv2": 1, "write.table": 1, "write_csv": 1, "write_csv2": 1,
    "write_tsv": 1, "write_delim": 1, "write_rds": 1, "write_feather": 1, "write_parquet": 1,
    "write.xlsx": 1, "write_xlsx": 1, "write_json": 1, "fwrite": 1, "saveRDS": 1, "writeLines": 1,
    "writeRaster": 1, "st_write": 1, "write_sf": 1, "writeOGR": 1, "ggsave": 0, "pdf": 0, "png": 0,
    "jpeg": 0, "tiff": 0, "svg": 0, "file.copy": 1, "file.rename": 1,
}  # fmt: skip
_NAMED_ONLY = {"save", "cat", "sink", "dump"}  # the path stands behind `file =`
_KNOWN = {*_READERS, *_WRITERS, *_NAMED_ONLY}
_PATH_NAMES = {"file", "path", "filename", "con", "dsn", "from", "to"}

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z.][\w.]*)
      | (?P<sign><-|<<-|->|==|::|[-+*/^<>=!&|~?:$@%(),;\[\]{}])
      | (?P<end>\n)
      | (?P<other>[^\s])""",
    re.VERBOSE | re.DOTALL,
)
_LOADS_PACKAGE = re.compile(r"\s*(?:library|require|suppressPackageStartupMessages)\s*\(")
_LONGEST_CALL = 2_000  # tokens; a call longer than this is data, not a file access


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def outline_r(text: str, name: str) -> Outline:
    """Outline of an R script: one block with all its files."""
    tokens = list(_tokens(text))
    lines = text.split("\n")
    code = sorted({token.line for token in tokens})
    first = next((line for line in code if not _LOADS_PACKAGE.match(lines[line - 1])), 1)
    last = len(lines) if lines[-1] else max(len(lines) - 1, 1)
    whole = Block(word(name) or "script", first, last)
    constants = _constants(tokens)
    for at, token in enumerate(tokens[:-1]):
        if token.text in _KNOWN and token.kind == "name" and tokens[at + 1].text == "(":
            whole.accesses += _accesses(token, _arguments(tokens, at + 1), constants)
    return Outline(whole, [])


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind == "end":
            line += 1
            continue
        if kind != "comment":
            yield _Token(kind, found.group(), line)
        line += found.group().count("\n")


Arguments = list[tuple[str, list[_Token]]]


def _arguments(tokens: list[_Token], opening: int) -> Arguments:
    """Arguments of a call: each with its name, or an empty one, and its tokens."""
    arguments: Arguments = [("", [])]
    depth = 0
    for token in tokens[opening + 1 : opening + _LONGEST_CALL]:
        if token.kind == "sign" and token.text in ")]}":
            if depth == 0:
                break
            depth -= 1
        if depth == 0 and token.text == ",":
            arguments.append(("", []))
            continue
        if depth == 0 and token.text == "=" and len(arguments[-1][1]) == 1:
            arguments[-1] = (arguments[-1][1][0].text, [])
            continue
        if token.kind == "sign" and token.text in "([{":
            depth += 1
        arguments[-1][1].append(token)
    return arguments


def _accesses(
    function: _Token, arguments: Arguments, constants: dict[str, str]
) -> Iterator[Access]:
    tables: tuple[tuple[Direction, dict[str, int]], ...] = (("in", _READERS), ("out", _WRITERS))
    for direction, table in tables:
        if function.text not in table and not (direction == "out" and function.text in _NAMED_ONLY):
            continue
        wanted = [value for name, value in arguments if name in _PATH_NAMES]
        unnamed = [value for name, value in arguments if not name]
        place = table.get(function.text)
        if function.text in ("file.copy", "file.rename") or not wanted:
            wanted = unnamed[place : place + 1] if place is not None else []
        path = _path(wanted[0], constants) if wanted else ""
        if path:
            yield Access(direction, path, function.line)


def _constants(tokens: list[_Token]) -> dict[str, str]:
    """Names that are given one text, and never anything else."""
    found: dict[str, str] = {}
    changed: set[str] = set()
    for at in range(len(tokens) - 2):
        name, sign = tokens[at], tokens[at + 1]
        if name.kind != "name" or sign.text not in ("<-", "=", "<<-"):
            continue
        value = [tokens[at + 2]]
        if at + 3 < len(tokens) and tokens[at + 3].text == "(":
            inner = _arguments(tokens, at + 3)
            value += [tokens[at + 3], *(t for _, part in inner for t in [*part, _COMMA])]
        path = _path(value, found)
        if sign.text == "=" and at and tokens[at - 1].text in "(,":
            continue  # an argument of a call
        if name.text in found or not path:
            changed.add(name.text)
        found[name.text] = path
    return {name: path for name, path in found.items() if name not in changed}


_COMMA = _Token("sign", ",", 0)


def _path(tokens: list[_Token], constants: dict[str, str]) -> str:
    """Path that an argument makes, as a URI template; empty when nothing of it is known."""
    if not tokens:
        return ""
    first = tokens[0]
    if len(tokens) == 1:
        return _text(first, constants)
    if first.text in ("file.path", "paste0", "paste", "here") and tokens[1].text == "(":
        parts = [
            _text(part[0], constants) if len(part) == 1 else "{}"
            for name, part in _arguments(tokens, 1)
            if not name and part
        ]
        return {"paste0": "", "paste": " "}.get(first.text, "/").join(parts)
    return ""


def _text(token: _Token, constants: dict[str, str]) -> str:
    if token.kind == "text":
        inside = re.sub(r"\\(.)", r"\1", token.text[1:-1])
        return "" if re.search(r"[{}]", inside) else inside
    if token.kind == "name":
        return constants.get(token.text, f"{{{token.text}}}")
    return ""
