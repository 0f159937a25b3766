r"""Relations of facts, written so that other programs read back exactly what was there.

Prolog: quoted atoms by ISO/IEC 13211-1 (6.4.2.1), as SWI-Prolog and XSB read
them: ``'`` and ``\`` escaped, control characters as ``\xHH\``. CSV: RFC 4180
with the least quoting, one header line for each relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Cell = int | str
Row = tuple[Cell, ...]


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
    rows: tuple[Row, ...]


Facts = tuple[Relation, ...]

_ODD = re.compile(r"['\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NAMED = {"'": r"\'", "\\": r"\\", "\n": r"\n", "\t": r"\t"}
_CSV_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')


def write_prolog(facts: Facts) -> str:
    """Facts as Prolog text.

    A relation without rows is declared dynamic, so that asking it fails instead
    of raising. Text outside ASCII is announced as UTF-8, which SWI-Prolog would
    else read in the encoding of the machine.
    """
    parts = []
    for relation in facts:
        name = relation.name
        parts.append(f"\n% FACT: {name}({', '.join(relation.arguments)}).\n")
        if not relation.rows:
            parts.append(f":- dynamic({name}/{len(relation.arguments)}).\n")
        parts += [f"{name}({', '.join(map(_term, row))}).\n" for row in relation.rows]
    text = "".join(parts)
    return text if text.isascii() else ":- encoding(utf8).\n" + text


def _term(cell: Cell) -> str:
    return str(cell) if isinstance(cell, int) else quote_atom(cell)


def quote_atom(text: str) -> str:
    """A text as a quoted Prolog atom."""
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
    return "".join(write_csv_relation(relation) for relation in facts)


def write_csv_relation(relation: Relation) -> str:
    """One relation with its header line."""
    rows: Iterable[Row] = (relation.arguments, *relation.rows)
    return "".join(f"{','.join(map(_csv_cell, row))}\n" for row in rows)


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
