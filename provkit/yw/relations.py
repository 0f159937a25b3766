r"""Relations of facts, written so that other programs read back exactly what was there.

Prolog: quoted atoms by ISO/IEC 13211-1 (6.4.2.1), as SWI-Prolog and XSB read
them: ``'`` and ``\`` escaped, control characters as ``\xHH\``. CSV: RFC 4180
with the least quoting, one header line for each relation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Cell = int | str
Row = tuple[Cell, ...]


class Rows:
    """Rows that are made anew each time they are read, so that millions need no room.

    Args:
        make: Gives them, always the same.
        texts: Gives every text that stands in them, in any order.
    """

    def __init__(
        self, make: Callable[[], Iterator[Row]], texts: Callable[[], Iterator[str]]
    ) -> None:
        self._make = make
        self.texts = texts

    def __iter__(self) -> Iterator[Row]:
        return self._make()


@dataclass(frozen=True, slots=True)
class Relation:
    """A named set of rows of one length.

    Attributes:
        name: In lower case, a Prolog atom without quotes.
        arguments: Name of each column.
        rows: In the order they are written.
    """

    name: str
    arguments: tuple[str, ...]
    rows: tuple[Row, ...] | Rows


Facts = tuple[Relation, ...]

_ODD = re.compile(r"['\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NAMED = {"'": r"\'", "\\": r"\\", "\n": r"\n", "\t": r"\t"}
_CSV_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')


def write_prolog(facts: Facts) -> str:
    """Facts as Prolog text."""
    return "".join(prolog_parts(facts))


def prolog_parts(facts: Facts) -> Iterator[str]:
    """Facts as Prolog text, piece by piece.

    A relation without rows is declared dynamic, so that asking it fails instead
    of raising. Text outside ASCII is announced as UTF-8, which SWI-Prolog would
    else read in the encoding of the machine.
    """
    if not all(map(_is_ascii, facts)):
        yield ":- encoding(utf8).\n"
    for relation in facts:
        name = relation.name
        yield f"\n% FACT: {name}({', '.join(relation.arguments)}).\n"
        empty = True
        for row in relation.rows:
            empty = False
            terms = [str(cell) if isinstance(cell, int) else quote_atom(cell) for cell in row]
            yield f"{name}({', '.join(terms)}).\n"
        if empty:
            yield f":- dynamic({name}/{len(relation.arguments)}).\n"


def _is_ascii(relation: Relation) -> bool:
    if isinstance(relation.rows, Rows):
        return all(map(str.isascii, relation.rows.texts()))
    return all(isinstance(cell, int) or cell.isascii() for row in relation.rows for cell in row)


def quote_atom(text: str) -> str:
    """A text as a quoted Prolog atom."""
    if text.isprintable() and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return f"'{_ODD.sub(_escape, text)}'"


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    named = _NAMED.get(sign)
    if named:
        return named
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        # Half of a surrogate pair is no character: a byte of a name becomes %XX, as in IRIs.
        return f"%{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "\ufffd"
    return f"\\x{code:x}\\"


def write_csv(facts: Facts) -> str:
    """All relations one after another, each with its header line."""
    return "".join(csv_parts(facts))


def csv_parts(facts: Facts) -> Iterator[str]:
    """All relations one after another, line by line."""
    for relation in facts:
        yield f"{','.join(relation.arguments)}\n"
        for row in relation.rows:
            yield f"{','.join(map(_csv_cell, row))}\n"


def _csv_cell(cell: Cell) -> str:
    text = str(cell)
    if not _CSV_QUOTED.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def to_json(facts: Facts) -> dict[str, list[dict[str, Cell]]]:
    """Each relation as a list of objects with the names of its arguments as keys."""
    return {
        relation.name: [dict(zip(relation.arguments, row, strict=True)) for row in relation.rows]
        for relation in facts
    }
