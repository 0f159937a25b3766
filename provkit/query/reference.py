"""Write the reference page of the catalogue from the query files themselves.

A test holds ``docs/reference/questions.md`` to what this gives, with answers
from ``examples/c3c4``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from provkit.query.catalog import Catalog, Column, Parameter, Query

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Headers and rows of an example answer."""

_MOST_ROWS = 6
_HEAD = """\
# Questions

<!-- Generated: pytest tests/golden/test_questions_page.py --update-golden -->

`provkit ask` lists them, `provkit ask NAME [PARAMETER=VALUE]…` answers. A parameter in brackets
may be left out; then all is told. Each is a file that runs in any SPARQL 1.1 tool over the
[graph](graph.md), with the union of all graphs as default graph; a parameter is written `$name`
there. The answers are those of `examples/c3c4` after its five runs; times are left out.

| question | parameters | |
| --- | --- | --- |
"""


def questions_page(queries: Catalog, answer: Callable[[Query], Table | None]) -> str:
    """The page, in Markdown.

    Args:
        queries: The catalogue.
        answer: Gives an example answer, or None.
    """
    found = [queries[name] for name in queries.names("questions")]
    index = "\n".join(
        f"| [{_short(query)}](#{_short(query)}) | {_parameters(query)} | {query.summary} |"
        for query in found
    )
    parts = [line for query in found for line in _part(query, answer(query))]
    return f"{_HEAD}{index}\n\n" + "\n".join(parts).rstrip("\n") + "\n"


def _short(query: Query) -> str:
    return query.name.rpartition("/")[2]


def _parameters(query: Query) -> str:
    return " ".join(
        f"`{each.name}`" if each.required else f"[`{each.name}`]" for each in query.parameters
    )


def _part(query: Query, example: Table | None) -> Iterator[str]:
    yield f"## {_short(query)}"
    yield ""
    yield f"{query.summary} ([file](../../sparql/{query.name}.rq); {'; '.join(query.sources)})"
    yield ""
    for kind, members in (("parameter", query.parameters), ("column", query.columns)):
        yield from (_member(kind, each) for each in members)
    yield ""
    if example is not None:
        words = " ".join(f"{name}={value}" for name, value in query.example or ())
        yield "```console"
        yield f"$ provkit ask {_short(query)} {words}".rstrip()
        yield from _table(*example)
        yield "```"
        yield ""


def _member(kind: str, each: Parameter | Column) -> str:
    optional = isinstance(each, Parameter) and not each.required
    return f"- {kind} `{each.name}`: {each.kind}{', optional' if optional else ''}; {each.meaning}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    shown = [list(headers), *(list(row) for row in rows[:_MOST_ROWS])]
    widths = [max(len(row[at]) for row in shown) for at in range(len(headers))]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if len(rows) > _MOST_ROWS:
        yield f"… {len(rows) - _MOST_ROWS} more"
