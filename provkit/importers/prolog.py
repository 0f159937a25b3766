r"""Read files of Prolog facts, also those whose writer did not escape anything.

RunManager wrote ``execmeta('...', 'it's here', 5).`` with quotes and
backslashes as they came (spec of its ``exportPrologFacts``). A fact is
therefore read by where a quoted argument *can* end (before a comma or the
closing parenthesis) and by how many arguments the relation has; of several
readings the one whose first arguments are shortest is taken. Facts written
properly (ISO 13211-1, 6.4.2.1: ``''`` or ``\'`` for a quote, ``\\`` for a
backslash) read as what they mean.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Value = str | int | float
MAX_FACT_CHARACTERS = 1_000_000
"""A longer fact is refused: no real one comes near, and reading must end."""

_HEAD = re.compile(r"^[ \t]*([a-z]\w*)\(", re.MULTILINE)
_BARE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[a-z]\w*)\s*(?=[,)])")
_QUOTE_ENDS = re.compile(r"'(?=\s*(?:,\s*(?:'|[+-]?\d|[a-z]\w*\s*[,)])|\)\s*\.\s*\Z))")
_END = re.compile(r"\)\s*\.\s*\Z")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]+)\\|([0-7]+)\\|(.|\n))", re.DOTALL)
_LEGAL_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]+\\|[0-7]+\\|[abfnrtv0\\'\"`\n])")
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact.

    Attributes:
        line: Where it begins, from 1.
        relation: Name.
        values: Arguments; atoms are text.
        unescaped: A quote inside an argument was not escaped.
    """

    line: int
    relation: str
    values: tuple[Value, ...]
    unescaped: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Text that begins like a fact and is none.

    Attributes:
        line: Where it begins, from 1.
        why: One sentence.
    """

    line: int
    why: str


def read_facts(text: str, arities: Mapping[str, int]) -> Iterator[Fact | Unreadable]:
    """Facts of the relations asked for, in order; others are passed over.

    Args:
        text: A whole file. A fact begins at the start of a line.
        arities: Relation to number of arguments.
    """
    text = text.replace("\r\n", "\n")
    escaped = _uses_escapes(text)
    heads = list(_HEAD.finditer(text))
    line, counted = 1, 0
    at = 0
    while at < len(heads):
        head = heads[at]
        if head[1] not in arities:
            at += 1
            continue
        line += text.count("\n", counted, head.start())
        counted = head.start()
        taken, fact = _read_one(text, heads, at, arities[head[1]], escaped=escaped, line=line)
        yield fact
        at += taken


def _read_one(
    text: str, heads: list[re.Match[str]], at: int, arity: int, *, escaped: bool, line: int
) -> tuple[int, Fact | Unreadable]:
    """The fact at a head, and over how many heads it reaches.

    An argument may hold line ends, even one followed by what looks like the
    begin of a fact: the piece is made longer until it reads, but never over
    what reads by itself, and not for ever.
    """
    head = heads[at]
    for ahead in range(1, 5):
        end = _begin(text, heads, at + ahead)
        piece = _trim(text[head.end() : end])
        if len(piece) > MAX_FACT_CHARACTERS:
            return 1, Unreadable(line, f"fact of more than {MAX_FACT_CHARACTERS} characters")
        read = _arguments(piece, arity, escaped=escaped)
        if read is not None:
            values, unescaped = read
            return ahead, Fact(line, head[1], values, unescaped)
        if end == len(text):
            break
        alone = _trim(text[heads[at + ahead].end() : _begin(text, heads, at + ahead + 1)])
        if _arguments(alone, arity, escaped=escaped) is not None:
            break
    return 1, Unreadable(line, f"not a fact {head[1]}/{arity}")


def _begin(text: str, heads: list[re.Match[str]], at: int) -> int:
    return heads[at].start() if at < len(heads) else len(text)


def _trim(piece: str) -> str:
    """Without comment lines and blank lines after the fact."""
    lines = piece.split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("%")):
        lines.pop()
    return "\n".join(lines)


def _arguments(piece: str, arity: int, *, escaped: bool) -> tuple[tuple[Value, ...], bool] | None:
    """The arguments, by depth first search over the places where a quote may end."""
    ends = [match.start() for match in _QUOTE_ENDS.finditer(piece)]
    # (position, arguments so far); the reading tried next is last.
    open_readings: list[tuple[int, tuple[tuple[str, bool], ...]]] = [(0, ())]
    steps = 0
    while open_readings and steps < 10_000:
        steps += 1
        position, so_far = open_readings.pop()
        if len(so_far) == arity:
            if _END.match(piece, position - 1):
                return _values(so_far, escaped=escaped)
            continue
        start = position + len(piece[position:]) - len(piece[position:].lstrip())
        if piece.startswith("'", start):
            first = bisect_right(ends, start)
            open_readings += [
                (_after(piece, end + 1), (*so_far, (piece[start + 1 : end], True)))
                for end in reversed(ends[first : first + 2 * arity])
                if not (escaped and _escapes_quote(piece, start + 1, end))
            ]
        elif bare := _BARE.match(piece, position):
            open_readings.append((_after(piece, bare.end()), (*so_far, (bare[1], False))))
    return None


def _after(piece: str, position: int) -> int:
    """Behind the comma or parenthesis that follows an argument."""
    while position < len(piece) and piece[position].isspace():
        position += 1
    return position + 1


def _escapes_quote(piece: str, start: int, end: int) -> bool:
    r"""Whether the quote at ``end`` is itself escaped, in a file that escapes.

    The backslash that ends a ``\x7f\`` before it escapes nothing.
    """
    return _LEGAL_ESCAPE.sub("", piece[start:end]).endswith("\\")


def _values(
    found: tuple[tuple[str, bool], ...], *, escaped: bool
) -> tuple[tuple[Value, ...], bool]:
    values: list[Value] = []
    unescaped = False
    for text, quoted in found:
        if not quoted:
            values.append(_bare(text))
            continue
        value = text.replace("''", "'")
        if escaped:
            unescaped |= "'" in re.sub(r"''|\\.", "", text, flags=re.DOTALL)
            value = _ESCAPE.sub(_unescape, value)
        else:
            unescaped |= "'" in text.replace("''", "")
        values.append(value)
    return tuple(values), unescaped


def _bare(text: str) -> Value:
    if text[0].isalpha():
        return text
    return float(text) if any(c in text for c in ".eE") else int(text)


def _unescape(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        code = int(match[1], 16) if match[1] else int(match[2], 8)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    character = match[3]
    return "" if character == "\n" else _NAMED.get(character, character)


def _uses_escapes(text: str) -> bool:
    r"""Whether backslashes mean escapes: all of them legal, and one that only an escaper writes.

    A Windows path in a file that does not escape (``C:\data\site``) has others.
    """
    if "\\" not in text:
        return False
    return not _LEGAL_ESCAPE.sub("", text).count("\\") and bool(re.search(r"\\[\\']", text))
