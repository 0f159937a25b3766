"""Facts come back from Prolog and CSV exactly as they were."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from provkit.yw.relations import Relation, quote_atom, to_json, write_csv, write_prolog

ODD = [
    "it's", "a\\b", "\\", "a\nb", "a\rb", "\t", "\x00", "\x07", "\x7f", "\x85", "\u2028", "\ufeff",
    "\uffff", "é€😀", "", "'", "''", "%c", "/*", "0'c", "~w", "\\n", "a\\", "\xa0", '"', "`",
    "\u202e",
]  # fmt: skip
FACTS = (
    Relation("value", ("id", "text"), tuple(enumerate(ODD))),
    Relation("nothing", ("id",), ()),
)


def test_layout_is_yesworkflows() -> None:
    """Blank line, header comment, one fact a line; numbers bare, texts quoted."""
    facts = (Relation("annotation", ("annotation_id", "value"), ((1, "W"), (2, "it's"))),)

    assert write_prolog(facts) == (
        "\n% FACT: annotation(annotation_id, value).\n"
        "annotation(1, 'W').\n"
        "annotation(2, 'it\\'s').\n"
    )


def test_swi_prolog_reads_every_text_back(swipl: Callable[[str, str], list[str]]) -> None:
    """YesWorkflow escapes nothing, so one quote in a file name spoils its facts."""
    printed = swipl(
        write_prolog(FACTS),
        "forall(value(N, V), (atom_codes(V, Cs), write(N), "
        "forall(member(C, Cs), (write(' '), write(C))), nl)), \\+ nothing(_)",
    )

    rows = [list(map(int, line.split())) for line in printed]
    assert {row[0]: "".join(map(chr, row[1:])) for row in rows} == dict(enumerate(ODD))


@pytest.mark.parametrize(("text", "told"), [("caf\udce9", "'caf%E9'"), ("\ud800", "'\ufffd'")])
def test_half_a_character_is_shown(text: str, told: str) -> None:
    """A byte of a name that is not UTF-8 has no code point: it is written as in IRIs."""
    assert quote_atom(text) == told


def test_csv_comes_back() -> None:
    """RFC 4180, one header line for each relation."""
    text = write_csv((FACTS[0],))

    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["id", "text"]
    assert rows[1:] == [[str(number), value] for number, value in enumerate(ODD)]


def test_csv_quotes_only_what_needs_it() -> None:
    """Plain values stay readable, and diffs small."""
    assert (
        write_csv((Relation("r", ("a", "b"), ((1, "x y"), (2, 'q"'))),)) == 'a,b\n1,x y\n2,"q"""\n'
    )


def test_json_has_names_for_every_cell() -> None:
    """Readers of JSON do not count columns."""
    assert to_json(FACTS[:1])["value"][0] == {"id": 0, "text": "it's"}
