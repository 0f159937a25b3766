"""The catalogue: every query the program asks, as a file that says what it asks.

A query lies in ``sparql/<folder>/<name>.rq`` and is known as ``folder/name``. It
begins with lines that a reader, the documentation and this module understand::

    #+ summary: Which runs read a file.
    #+ param path: path, where the file is
    #+ param run: run?, only this run
    #+ column program: string, what ran
    #+ source: https://www.w3.org/TR/2013/REC-prov-o-20130430/#used
    #+ example: path=data/raw.csv

A line ``#+   more`` goes on with the one above it. A parameter stands in the query as
``$path``; the engine binds it, nothing is ever pasted. It is also projected,
so that a bound answer is the unbound answer's rows that match; hence a
parameter whose kind ends in ``?`` may be left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal as OneOf
from typing import NamedTuple, cast, get_args

from provkit.errors import QueryParameterError, ResourceError
from provkit.resources import resource_folder

Kind = OneOf["iri", "string", "integer", "number", "time", "path", "run", "sha256", "person"]
"""What a parameter or a column holds. ``path`` and ``string`` are plain literals, ``run``,
``sha256`` (a content) and ``person`` are IRIs for which a user may write something shorter."""

Form = OneOf["select", "ask", "construct", "describe"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*\Z")
_HEADER = re.compile(
    r"#\+ (?P<key>summary|param|column|source|example|graph|version)"
    r"(?: (?P<name>\w+))?: ?(?P<text>.*)\Z"
)
_TYPED = re.compile(r"(?P<kind>[a-z0-9]+)(?P<optional>\??)(?:, (?P<meaning>.+))?\Z", re.DOTALL)
_FORM = re.compile(r"^\s*(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", re.IGNORECASE | re.MULTILINE)


class Parameter(NamedTuple):
    """A value that a query is asked with.

    Attributes:
        required: The query makes no sense, or takes too long, without it.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool


class Column(NamedTuple):
    """A variable of the answer."""

    name: str
    kind: Kind
    meaning: str


class Query(NamedTuple):
    """A query and what its header says of it.

    Attributes:
        name: Folder and file name without extension.
        summary: One sentence: the question.
        sources: Where its rule comes from, as URLs or sections.
        example: Parameter names and texts that make a telling example; None when there is none.
        graph: Name of the derived graph that a rule owns; empty for questions.
        version: Version of that rule; another one means that its graph is made anew.
        text: The file as it is, header included.
    """

    name: str
    form: Form
    summary: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    sources: tuple[str, ...]
    example: tuple[tuple[str, str], ...] | None
    graph: str
    version: str
    text: str

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name.

        Raises:
            QueryParameterError: The query has none of that name.
        """
        for each in self.parameters:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.parameters) or "none"
        raise QueryParameterError(
            f"{self.name} has no parameter {name!r}", hint=f"its parameters: {known}"
        )

    def check(self, names: Iterable[str]) -> None:
        """Make sure that these are the parameters the query wants.

        Raises:
            QueryParameterError: One is unknown, or a required one is missing.
        """
        given = set(names)
        for name in sorted(given):
            self.parameter(name)
        for each in self.parameters:
            if each.required and each.name not in given:
                raise QueryParameterError(
                    f"{self.name} needs {each.name!r}: {each.meaning}",
                    hint=f"add {each.name}=VALUE ({each.kind})",
                )


class Catalog(Mapping[str, Query]):
    """All queries of a folder, read when asked for.

    Args:
        folder: The ``sparql`` folder that ships with provkit by default.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> str:
        """Absolute path of the folder."""
        return self._folder or resource_folder("sparql")

    def __getitem__(self, name: str) -> Query:
        if not _NAME.match(name):
            raise KeyError(name)
        try:
            with open(f"{self.folder}/{name}.rq", encoding="utf-8") as file:  # noqa: PTH123
                text = file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(name) from None
        return read_query(name, text)

    def __iter__(self) -> Iterator[str]:
        found = []
        for place, _, files in os.walk(self.folder):
            inside = os.path.relpath(place, self.folder)
            prefix = "" if inside == "." else f"{inside}/"
            found += [prefix + file[:-3] for file in files if file.endswith(".rq")]
        return iter(sorted(name for name in found if _NAME.match(name)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def names(self, folder: str) -> list[str]:
        """Names of the queries below one folder, in name order."""
        inside = Catalog(f"{self.folder}/{folder}")
        return [f"{folder}/{name}" for name in inside]


catalog = Catalog()
"""The queries that ship with provkit."""


def read_query(name: str, text: str) -> Query:
    """A query and its header, from the text of its file.

    Raises:
        ResourceError: The header is not one; such a file was never tested.
    """
    lines = _header(name, text)
    form = _FORM.search(text)
    summaries = [line for key, _, line in lines if key == "summary"]
    if form is None or len(summaries) != 1:
        raise ResourceError(f"{name}.rq needs one form and one '#+ summary:' line")
    single = {key: line for key, _, line in lines if key in ("graph", "version")}
    return Query(
        name=name,
        form=cast(Form, form[1].lower()),
        summary=summaries[0],
        parameters=tuple(
            _parameter(name, word, line) for key, word, line in lines if key == "param"
        ),
        columns=tuple(_column(name, word, line) for key, word, line in lines if key == "column"),
        sources=tuple(line for key, _, line in lines if key == "source"),
        example=_example([line for key, _, line in lines if key == "example"]),
        graph=single.get("graph", ""),
        version=single.get("version", ""),
        text=text,
    )


def _example(lines: list[str]) -> tuple[tuple[str, str], ...] | None:
    if not lines:
        return None
    pairs = (word.partition("=") for line in lines for word in line.split())
    return tuple((name, value) for name, _, value in pairs)


def _header(name: str, text: str) -> list[tuple[str, str, str]]:
    """(key, name, text) of each header line, continuation lines joined."""
    found: list[tuple[str, str, str]] = []
    for line in text.split("\n"):
        if not line.startswith("#+"):
            continue
        if line.startswith("#+  ") and found:
            key, word, so_far = found[-1]
            found[-1] = (key, word, f"{so_far} {line[2:].strip()}".strip())
            continue
        match = _HEADER.match(line.rstrip())
        if match is None:
            raise ResourceError(f"{name}.rq has a header line that cannot be read: {line!r}")
        found.append((match["key"], match["name"] or "", match["text"].strip()))
    return found


def _parameter(query: str, name: str, text: str) -> Parameter:
    kind, meaning, optional = _typed(query, name, text)
    return Parameter(name=name, kind=kind, meaning=meaning, required=not optional)


def _column(query: str, name: str, text: str) -> Column:
    kind, meaning, _ = _typed(query, name, text)
    return Column(name=name, kind=kind, meaning=meaning)


def _typed(query: str, name: str, text: str) -> tuple[Kind, str, bool]:
    match = _TYPED.match(text)
    if match is None or match["kind"] not in get_args(Kind) or not name:
        raise ResourceError(f"{query}.rq declares {name!r} in words not known: {text!r}")
    return cast(Kind, match["kind"]), match["meaning"] or "", bool(match["optional"])
