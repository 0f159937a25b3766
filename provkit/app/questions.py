"""Ask questions of the catalogue: by name, with values as a user writes them.

Every SELECT or ASK query in ``sparql/`` can be asked by its name; those in
``sparql/questions/`` also without the folder. A value is read by the kind of
its parameter: a path is from the working directory, a run is a number, the
start of an id or ``latest``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provkit.app.project import Project
from provkit.app.tabular import Tabular
from provkit.errors import IdentifierError, NotRecordedError, QueryParameterError, UsageError
from provkit.model.identifiers import clean_iri, content_iri, person_iri, run_iri
from provkit.query.catalog import Column, Kind, Query, catalog
from provkit.rdf.graphs import integer, moment, read_text, text
from provkit.store.base import Store
from provkit.times import read_time
from provkit.vocab.namespaces import XSD
from provkit.vocab.terms import IRI, Literal, Term

_FOLDER = "questions"
_CONTENT = "hash://sha256/"
_NUMBERS = (XSD.integer, XSD.double, XSD.decimal)


@dataclass(frozen=True, slots=True)
class QuestionAnswer(Tabular):
    """The answer to a question.

    Attributes:
        question: What was asked.
        header: Columns, those of the parameters included.
        cells: One row a finding; text, numbers or None.
        numbers: Number of each run that is named, by its id.
    """

    question: Query
    header: tuple[Column, ...]
    cells: tuple[tuple[Any, ...], ...]
    numbers: Mapping[str, int]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.header)

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """One row a finding."""
        return self.cells

    def to_json(self) -> list[dict[str, Any]]:
        """What ``ask --json`` prints."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.cells]


def list_questions(*, everything: bool = False) -> list[Query]:
    """The public questions, or every query that can be asked, by name."""
    names = list(catalog) if everything else catalog.names(_FOLDER)
    return [query for query in map(catalog.__getitem__, names) if query.form in ("select", "ask")]


def find_question(name: str) -> Query:
    """The question of that name.

    Raises:
        UsageError: There is none.
    """
    for candidate in (f"{_FOLDER}/{name}", name):
        query = catalog.get(candidate)
        if query is not None and query.form in ("select", "ask"):
            return query
    from difflib import get_close_matches  # noqa: PLC0415 - only for the mistaken

    known = [query.name.removeprefix(f"{_FOLDER}/") for query in list_questions()]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`provkit ask` lists the questions"
    raise UsageError(f"no question named {name!r}", hint=hint)


def read_values(words: Iterable[str]) -> dict[str, str]:
    """``K=V`` words as a mapping.

    Raises:
        UsageError: A word is not of that form, or a name comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"not a value: {word!r}", hint="write NAME=VALUE, as in path=data.csv")
        if name in found:
            raise UsageError(f"{name!r} is given twice", hint="give each parameter once")
        found[name] = value
    return found


def ask_question(project: Project, name: str, values: Mapping[str, str]) -> QuestionAnswer:
    """Answer a question.

    Args:
        project: Whom to ask.
        name: Of the question.
        values: Name of each parameter given, with its value as a user writes it.

    Raises:
        UsageError: No such question.
        QueryParameterError: A parameter is unknown, missing, or has a value that cannot be.
        NotRecordedError: A run that is named is not in the project.
    """
    query = find_question(name)
    query.check(values)
    bound = {
        each: read_value(project, query.parameter(each).kind, value)
        for each, value in values.items()
    }
    with project.store() as store:
        if query.form == "ask":
            yes = store.ask(query.text, **bound)
            answered = Column(name="answer", kind="string", meaning="yes or no")
            return QuestionAnswer(query, (answered,), (("yes" if yes else "no",),), {})
        found = store.select(query.text, **bound)
        if not found.rows:
            _check_paths(store, query, bound)
        runs = store.select(catalog["lineage/runs"].text).rows
    ids = {str(run): read_text(each) for run, each, *_ in runs if each is not None}
    numbers = {
        read_text(each): int(str(number))
        for _, each, number, *_ in runs
        if each is not None and number is not None
    }
    kinds = {each.name: each for each in query.columns} | {
        each.name: Column(name=each.name, kind=each.kind, meaning=each.meaning)
        for each in query.parameters
    }
    header = tuple(kinds[variable] for variable in found.variables)
    cells = tuple(
        tuple(_cell(column.kind, term, ids) for column, term in zip(header, row, strict=True))
        for row in found.rows
    )
    return QuestionAnswer(query, header, cells, numbers)


def _check_paths(store: Store, query: Query, bound: Mapping[str, Term]) -> None:
    """An empty answer about a file that was never recorded would mislead."""
    for name, value in bound.items():
        if query.parameter(name).kind == "path":
            known = store.select(catalog["lineage/known-path"].text, path=value).rows
            if not known:
                raise NotRecordedError(
                    f"never recorded: {read_text(value)}",
                    hint="no recorded run read, wrote or ran it",
                )


def read_value(project: Project, kind: Kind, value: str) -> Term:
    """A value as a user writes it, as a term.

    Raises:
        QueryParameterError: It is not of that kind.
        NotRecordedError: It names a run that is not in the project.
    """
    if kind == "path":
        return text(project.relative(value))
    if kind == "run":
        return _run(project, value)
    try:
        return _READERS[kind](value)
    except (ValueError, IdentifierError, UsageError) as error:
        raise QueryParameterError(
            f"not a value of kind {kind}: {value!r}", hint=f"for example {_EXAMPLES[kind]}"
        ) from error


def _read_iri(value: str) -> IRI:
    if ":" not in value:
        raise ValueError("an IRI has a scheme")
    return clean_iri(value)


def _read_sha256(value: str) -> IRI:
    return content_iri(value.removeprefix("sha256:").removeprefix(_CONTENT).lower())


_EXAMPLES = {
    "integer": "12",
    "number": "0.5",
    "time": "2026-01-31T09:30",
    "sha256": "the 64 hexadecimal digits that `sha256sum FILE` prints",
    "iri": "urn:uuid:…, from the JSON of another answer",
}
_READERS: Mapping[str, Callable[[str], Term]] = {
    "string": text,
    "person": person_iri,
    "integer": lambda value: integer(int(value)),
    "number": lambda value: Literal(repr(float(value)), XSD.double),
    "time": lambda value: moment(read_time(value)),
    "sha256": _read_sha256,
    "iri": _read_iri,
}


def _run(project: Project, value: str) -> IRI:
    try:
        return run_iri(project.resolve(value))
    except NotRecordedError:
        if value.startswith("urn:"):  # of a deleted run, or of somebody else's
            return clean_iri(value)
        raise


def _cell(kind: Kind, term: Term | None, ids: Mapping[str, str]) -> Any:
    if term is None:
        return None
    if isinstance(term, Literal):
        if term.datatype in _NUMBERS:
            return float(term.value) if term.datatype != XSD.integer else int(term.value)
        return read_text(term)
    if kind == "run":
        return ids.get(str(term), str(term))
    return str(term).removeprefix(_CONTENT) if kind == "sha256" else str(term)
